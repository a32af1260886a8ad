/**
 * The Host field: `name[:port]`, `[v6][:port]`. Source: RFC 9110 7.2, RFC 3986 3.2.2; httpd 2.4 "HttpProtocolOptions
 * Strict" as observed. Any thread.
 */

export interface HostParts {
  /** Lower case, without port and without a final dot; IPv6 in brackets. */
  name: string;
  /** 0 when there was none. */
  port: number;
}

const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::(\d{0,5}))?$/;

/** Undefined for what is no host (answered with 400). */
export function parseHost(field: string): HostParts | undefined {
  const match = HOST.exec(field);
  if (match === null) return undefined;
  const name = (match[1] as string).toLowerCase();
  const port = match[2] === undefined || match[2] === '' ? 0 : Number(match[2]);
  if (port > 65535 || name.includes('..') || name.startsWith('.')) return undefined;
  return { name: name.endsWith('.') ? name.slice(0, -1) : name, port };
}
