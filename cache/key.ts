/**
 * The key of a stored response: `scheme://host:port/path?query`, as in httpd. The path is the one that was sent, so that
 * two spellings of one path never share what a member may answer differently.
 * Any thread; pure.
 */

export interface KeyRules {
  ignoreQuery: boolean;
  /** CacheIgnoreURLSessionIdentifiers: names. */
  sessionIds: readonly string[];
}

/**
 * base  `scheme://host:port` of the request or of CacheKeyBaseURL, host in lower case
 * path  as sent
 */
export function keyOf(base: string, path: string, query: string | undefined, rules: KeyRules): string {
  if (rules.sessionIds.length > 0) return keyWithoutSession(base, path, query, rules);
  return query === undefined || rules.ignoreQuery ? `${base}${path}?` : `${base}${path}?${query}`;
}

function keyWithoutSession(base: string, path: string, query: string | undefined, rules: KeyRules): string {
  let shortPath = path;
  let shortQuery = rules.ignoreQuery ? undefined : query;
  for (const name of rules.sessionIds) {
    // Only the last parameter of a path can be a session: `/x;jsessionid=…`.
    const at = shortPath.lastIndexOf(';');
    if (at >= 0 && shortPath.startsWith(`${name}=`, at + 1) && !shortPath.includes('/', at))
      shortPath = shortPath.slice(0, at);
    if (shortQuery === undefined) continue;
    const kept = shortQuery.split('&').filter((part) => part !== name && !part.startsWith(`${name}=`));
    shortQuery = kept.length === 0 ? undefined : kept.join('&');
  }
  return shortQuery === undefined ? `${base}${shortPath}?` : `${base}${shortPath}?${shortQuery}`;
}
