/**
 * Fields behind a request's body, as far as a member may have them. What frames or routes a message, says who sends it or
 * changes how it is read has no place there (RFC 9110 6.5.1), and a name that the request has as a field already would be
 * a second word on it, unseen by the rules: all of these are left out.
 *
 * httpd differs: it hands on no trailers of requests; here HTTP/2 has them, for which gRPC was made. Thread: worker; pure.
 */

const KEPT_BACK = new Set(
  `accept-encoding age authorization cache-control connection content-encoding content-length content-range content-type
  cookie date expect forwarded host http2-settings keep-alive max-forwards pragma proxy-authenticate proxy-authorization
  proxy-connection range set-cookie te trailer transfer-encoding upgrade via www-authenticate`.split(/\s+/),
);
const PREFIXES = ['if-', 'x-forwarded-', 'sec-', ':'];

/**
 * trailers  name, value, name, value … in lower case, as the client sent them
 * fields    the request's own, as rules have left them
 */
export function requestTrailers(trailers: readonly string[], fields: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string;
    if (KEPT_BACK.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    if (!hasField(fields, name)) kept.push(name, trailers[i + 1] as string);
  }
  return kept;
}

function hasField(fields: readonly string[], name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) if ((fields[i] as string).toLowerCase() === name) return true;
  return false;
}
