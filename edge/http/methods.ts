/** Methods as httpd knows them. Source: httpd 2.4, core. Any thread; pure. */

/** What a path that is not proxied allows, beside TRACE. */
export const ALLOWED = 'OPTIONS,HEAD,GET,POST';

/** Methods httpd knows by itself; others are answered with 501 where nothing is proxied. */
export function isRegistered(method: string): boolean {
  return /^(?:PUT|DELETE|PATCH|TRACE|CONNECT|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK)$/.test(method);
}
