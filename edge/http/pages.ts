/**
 * The pages of errors and redirects, in httpd's form, so that whoever reads them by program finds what they expect.
 * Source: observed on httpd 2.4.71. Pure; not on the hot path.
 */
import type { Request } from '../request.js';
import { serverField } from '../server-token.js';
import { PAGE_TEXTS } from './page-texts.js';
import { reasonOf } from './status.js';
import { serverName, serverPort } from './variables.js';

const DOCTYPE = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">';

export const PAGE_TYPE = 'text/html; charset=iso-8859-1';

/** Text that stands in HTML. */
export function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? char,
  );
}

/** The `Reason:` of a proxy's error page. */
export function proxyNote(note: string): string {
  return `The proxy server could not handle the request<p>Reason: <strong>${note}</strong></p>`;
}

/**
 * A whole page.
 * reason  of the status line, which is the heading too
 * note    HTML put where the status has room for more, or empty
 * failed  status that came of fetching the ErrorDocument, which the page then mentions
 */
export function page(r: Request, status: number, reason: string, note: string, failed?: number): string {
  const more =
    failed === undefined
      ? ''
      : `<p>Additionally, a ${failed} ${reasonOf(failed)}\nerror was encountered while trying to use an ErrorDocument to handle the request.</p>\n`;
  return `${DOCTYPE}\n<html><head>\n<title>${status} ${reason}</title>\n</head><body>\n<h1>${reason}</h1>\n${bodyOf(r, status, note)}${more}${signature(r)}</body></html>\n`;
}

function signature(r: Request): string {
  const { admin } = r.server;
  const serverSignature = r.over?.serverSignature ?? r.server.serverSignature;
  if (serverSignature === 'Off') return '';
  const name =
    serverSignature === 'EMail'
      ? `<a href="mailto:${escapeHtml(admin)}">${serverName(r)}</a>`
      : serverName(r);
  return `<hr>\n<address>${serverField()} Server at ${name} Port ${serverPort(r)}</address>\n`;
}

function bodyOf(r: Request, status: number, note: string): string {
  const text = textOf(r, status, note);
  return text === '' ? '' : `${text}\n`;
}

function textOf(r: Request, status: number, note: string): string {
  const method = escapeHtml(r.exchange.method);
  switch (status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return `<p>The document has moved <a href="${escapeHtml(note)}">here</a>.</p>`;
    case 303:
      return `<p>The answer to your request is located <a href="${escapeHtml(note)}">here</a>.</p>`;
    case 400:
      return `<p>Your browser sent a request that this server could not understand.<br />\n${note}</p>`;
    case 401:
    case 407:
      return "<p>This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.</p>";
    case 403:
      return `<p>You don't have permission to access this resource.${note}</p>`;
    case 404:
      return '<p>The requested URL was not found on this server.</p>';
    case 405:
      return `<p>The requested method ${method} is not allowed for this URL.</p>`;
    case 408:
      return '<p>Server timeout waiting for the HTTP request from the client.</p>';
    case 411:
      return `<p>A request of the requested method ${method} requires a valid Content-length.<br />\n${note}</p>`;
    case 413:
      return `The requested resource does not allow request data with ${method} requests, or the amount of data provided in\nthe request exceeds the capacity limit.`;
    case 414:
      return `<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n${note}</p>`;
    case 417:
      return `<p>The expectation given in the Expect request-header\nfield could not be met by this server.\nThe client sent<pre>\n    Expect: ${note}\n</pre>\n</p><p>Only the 100-continue expectation is supported.</p>`;
    case 429:
      return '<p>The user has sent too many requests\nin a given amount of time.</p>';
    case 500:
      if (note !== '') return `${note}<p />`;
      return failureText(r);
    case 501:
      return `<p>${escapeHtml(method)} not supported for current URL.<br />\n${note}</p>`;
    case 502:
      return `<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n${note}</p>`;
    case 503:
      return '<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems. Please try again later.</p>';
    case 504:
      return '<p>The gateway did not receive a timely response\nfrom the upstream server or application.</p>';
    case 421:
      return '<p>The client needs a new connection for this\nrequest as the requested host name does not match\nthe Server Name Indication (SNI) in use for this\nconnection.</p>';
    default:
      return PAGE_TEXTS[status] ?? failureText(r);
  }
}

/** What is said of an error that has no text of its own. */
function failureText(r: Request): string {
  return `<p>The server encountered an internal error or\nmisconfiguration and was unable to complete\nyour request.</p>\n<p>Please contact the server administrator at \n ${escapeHtml(r.server.admin)} to inform them of the time this error occurred,\n and the actions you performed just before this error.</p>\n<p>More information about this error may be available\nin the server error log.</p>`;
}
