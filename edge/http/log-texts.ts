/** Lines of the error log in httpd's words, where they are long. Pure. */

export function redirectLoopText(most: number): string {
  const what = `Request exceeded the limit of ${most} internal redirects due to probable configuration error.`;
  const advice = "Use 'LimitInternalRecursion' to increase the limit if necessary.";
  return `AH00124: ${what} ${advice} Use 'LogLevel debug' to get a backtrace.`;
}

export function noProtocolText(uri: string, url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? 'balancer';
  const advice =
    'If you are using a DSO version of mod_proxy, make sure the proxy submodules are included in the configuration using LoadModule.';
  return `AH01144: No protocol handler was valid for the URL ${uri} (scheme '${scheme}'). ${advice}`;
}

export function longBodyText(bytes: number, limit: number): string {
  return `AH01588: Requested content-length of ${bytes} is larger than the configured limit of ${limit}`;
}
