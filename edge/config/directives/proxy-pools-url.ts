/**
 * URLs of members as mod_proxy reads them: scheme and host in lower case, the scheme's own port dropped from the name,
 * everything after the host kept as written. A name is how members are told apart, shown and shared.
 * In a ProxyPassMatch the URL may have `$1` in its path, which begins at the first `$1` after the host as well:
 * `http://host$1`. When it stands for the host itself, no member can be told in advance.
 *
 * Source: httpd 2.4 manual, mod_proxy, "Workers"; messages from httpd itself.
 * Thread: main, at load.
 */
import { BadParameter } from './proxy-params-values.js';

export interface MemberUrl {
  /** As httpd shows it. */
  name: string;
  scheme: string;
  /** Without the brackets of an IPv6 address. */
  host: string;
  port: number;
  /** Unix socket instead of host and port. */
  socketPath?: string;
  /** What follows host and port: path, query, fragment. */
  path: string;
  /** A `$1` or `${` in the host or port: it is known only when a request comes. */
  isHostOpen: boolean;
}

/** Schemes of members, and the port that goes without saying. */
export const SCHEMES: Readonly<Record<string, { port: number }>> = {
  http: { port: 80 },
  https: { port: 443 },
  ws: { port: 80 },
  wss: { port: 443 },
  ajp: { port: 8009 },
  h2: { port: 443 },
  h2c: { port: 80 },
};

/** Schemes that a module of httpd serves. */
const FOREIGN_SCHEMES = new Set(['fcgi', 'scgi', 'uwsgi', 'ftp', 'fd']);
const LONGEST_HOST = 255;

/**
 * pattern  of the ProxyPassMatch that the URL belongs to, if any
 * errors   BadParameter with httpd's words, or drover's where httpd would take a URL that drover cannot serve
 */
export function parseMemberUrl(url: string, pattern?: string): MemberUrl {
  const socket = splitSocket(url);
  if (socket.path === '') return parseNetworkUrl(url, pattern);
  return { ...parseNetworkUrl(socket.url, pattern), socketPath: socket.path };
}

/** `unix:/path|http://host/` is the URL with the socket it is reached by; the path is empty for any other URL. */
export function splitSocket(url: string): { path: string; url: string } {
  const parts = /^unix:([^|]+)\|(.*)$/is.exec(url);
  return parts === null ? { path: '', url } : { path: parts[1] ?? '', url: parts[2] ?? '' };
}

function parseNetworkUrl(url: string, pattern?: string): MemberUrl {
  const before = /^([^:/?#]*):/.exec(url)?.[1];
  if (before !== undefined && !/^[a-z][a-z0-9+.-]*$/i.test(before)) {
    throw new BadParameter(`Unable to parse URL: ${url}`);
  }
  const parts = /^([^:/?#]+):\/\/([^/?#]*)(.*)$/s.exec(url);
  if (parts === null) throw new BadParameter(`URL must be absolute!: ${url}`);
  const scheme = (parts[1] ?? '').toLowerCase();
  const [authority, rest] = splitAtGroup(parts[2] ?? '', parts[3] ?? '', pattern);
  const { host, port, user } = parseAuthority(authority, url);
  if (host === '') throw new BadParameter(`URL must be absolute!: ${url}`);
  if (host.length > LONGEST_HOST) throw new BadParameter(`worker hostname (${host}) too long`);
  const known = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (known === undefined) throw new BadParameter(foreign(scheme, url));
  const path = rest + (parts[3] ?? '');
  const shownPort = port === undefined || port === known.port ? '' : `:${port}`;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    name: `${scheme}://${user}${shownHost}${shownPort}${path}`,
    scheme,
    host,
    port: port ?? known.port,
    path,
    isHostOpen: authority.includes('$'),
  };
}

/**
 * `http://host$1` where $1 begins with a slash: host and path. Any other `$1` before the path belongs to the host, but
 * for one after the port, which can only be a path.
 */
function splitAtGroup(text: string, path: string, pattern: string | undefined): [string, string] {
  const group = pattern === undefined ? null : /^(.*[^@])(\$(\d).*)$/s.exec(text);
  if (pattern === undefined || group === null) return [text, ''];
  const [, host = '', rest = '', n = ''] = group;
  const isPath =
    /:\d*$/.test(host) || (path === '' && rest.length === 2 && beginsWithSlash(pattern, Number(n)));
  return isPath ? [host, rest] : [text, ''];
}

/** Does what the nth group of a pattern matches begin with a slash, if it matches at all? */
function beginsWithSlash(pattern: string, n: number): boolean {
  const bare = pattern.replace(/\\\//g, '/');
  if (n === 0) return /^\^\//.test(bare);
  const groups = [...bare.replace(/\\./gs, '__').matchAll(/\[(?:[^\]])*\]|\((?!\?(?!P?<[^=!]|'))/g)];
  const open = groups.filter((found) => found[0] === '(')[n - 1];
  return open !== undefined && bare.startsWith('(/', open.index);
}

function parseAuthority(text: string, url: string) {
  const at = text.lastIndexOf('@') + 1;
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*|(?:\$\d)+))?$/s.exec(text.slice(at));
  if (parts === null) throw new BadParameter(`Unable to parse URL: ${url}`);
  const port = Number(parts[2] ?? '') || 0;
  // httpd differs: it takes a port above 65535 and connects to what is left of it in 16 bits.
  if (port > 65535) throw new BadParameter(`Unable to parse URL: ${url}`);
  return {
    user: text.slice(0, at),
    host: (parts[1] ?? '').replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === 0 ? undefined : port,
  };
}

// httpd differs: it takes any scheme and answers 500 to each request when no module serves it (AH01144).
function foreign(scheme: string, url: string): string {
  if (FOREIGN_SCHEMES.has(scheme)) {
    return `scheme '${scheme}' is known to httpd but not to drover: requests to ${url} cannot be served`;
  }
  return `no protocol handler is valid for the URL ${url} (scheme '${scheme}')`;
}

/** The URL with everything before its path in lower case: what httpd compares with names of members. */
export function lowerHost(url: string): { text: string; hostLength: number } | undefined {
  const colon = url.indexOf(':');
  if (colon === -1 || !url.startsWith('//', colon + 1) || url.length === colon + 3) return undefined;
  const slash = url.indexOf('/', colon + 3);
  const hostLength = slash === -1 ? url.length : slash;
  return { text: url.slice(0, hostLength).toLowerCase() + url.slice(hostLength), hostLength };
}

export function isBalancerUrl(url: string): boolean {
  return /^balancer:/i.test(url);
}

/**
 * The name of the balancer that a URL means, in lower case and without what follows it; undefined when there is none.
 */
export function balancerName(url: string): string | undefined {
  const lower = lowerHost(url);
  return lower === undefined ? undefined : lower.text.slice(0, lower.hostLength);
}

/** `unix:path|` must be followed by a scheme. */
export function isBrokenSocketUrl(url: string): boolean {
  return /^unix:[^|]*\|[^:]*$/i.test(url);
}
