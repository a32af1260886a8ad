/**
 * Why a request was answered as it was, and why a response was not stored: two closed lists of words, as logs, metrics,
 * X-Cache-Detail and Cache-Status show them. A word that is once used is never given another meaning.
 * The sentences are httpd's where it has one.
 */

/** Why a response is not stored. */
export type StoreReason =
  | 'status'
  | 'broken-expires'
  | 'expired'
  | 'zero-max-age'
  | 'query'
  | 'not-modified'
  | 'partial'
  | 'no-freshness'
  | 'no-store'
  | 'must-understand'
  | 'private'
  | 'authorization'
  | 'vary-any'
  | 'variants'
  | 'set-cookie'
  | 'no-cache-variable'
  | 'head'
  | 'too-large'
  | 'too-small'
  | 'no-room'
  | 'incomplete'
  | 'disabled';

/** Why a stored response could not be sent as it was. */
export type FetchReason =
  | 'miss'
  | 'vary-miss'
  | 'stale'
  | 'no-cache'
  | 'request'
  | 'purged'
  | 'range'
  | 'method'
  | 'bypass';

/** httpd's sentence for X-Cache-Detail. detail: what the sentence quotes */
export function storeSentence(reason: StoreReason, detail = ''): string {
  switch (reason) {
    case 'status':
      return `Response status ${detail}`;
    case 'broken-expires':
      return `Broken expires header: ${detail}`;
    case 'expired':
      return 'Expires header already expired; not cacheable';
    case 'zero-max-age':
      return 's-maxage or max-age zero and no Last-Modified or Etag; not cacheable';
    case 'query':
      return 'Query string present but no explicit expiration time';
    case 'not-modified':
      return 'HTTP Status 304 Not Modified';
    case 'partial':
      return 'Response status 206';
    case 'no-freshness':
      return 'No Last-Modified; Etag; Expires; Cache-Control:max-age or Cache-Control:s-maxage headers';
    case 'no-store':
      return 'Cache-Control: no-store present';
    case 'must-understand':
      return 'Cache-Control: must-understand present, and the status is not understood';
    case 'private':
      return 'Cache-Control: private present';
    case 'authorization':
      return 'Authorization required';
    case 'vary-any':
      return "Vary header contains '*'";
    case 'variants':
      return 'Too many variants of this URL';
    case 'set-cookie':
      return 'Set-Cookie present';
    case 'no-cache-variable':
      return "environment variable 'no-cache' is set";
    case 'head':
      return 'HEAD response without a stored GET';
    case 'too-large':
    case 'too-small':
    case 'no-room':
      return 'cache miss: cache unwilling to store response';
    case 'incomplete':
      return 'Response incomplete';
    case 'disabled':
      return 'Caching disabled for this URL';
  }
}
