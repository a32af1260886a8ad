/**
 * The Host field: `name[:port]`, `[v6][:port]`. Source: RFC 9110 7.2, RFC 3986 3.2.2; httpd 2.4 "HttpProtocolOptions
 * Strict" as observed. Any thread.
 */
import { isIPv6 } from 'node:net';

export interface HostParts {
  /** Lower case, without port and without a final dot; IPv6 in brackets. */
  name: string;
  /** 0 when there was none. */
  port: number;
}

const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9\-_.]+)(?::(\d{1,5}))?$/;
const DOTTED_DECIMAL = /^[\d.]+$/;
/** Four numbers without leading zeros. */
const ADDRESS = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){3}$/;

/** Undefined for what is no host (answered with 400). An empty field, which HTTP/1.0 may have, names nobody. */
export function parseHost(field: string): HostParts | undefined {
  if (field === '') return { name: '', port: 0 };
  const match = HOST.exec(field);
  if (match === null) return undefined;
  const whole = (match[1] as string).toLowerCase();
  const port = match[2] === undefined ? 0 : Number(match[2]);
  if (port > 65535 || (match[2] !== undefined && port === 0)) return undefined;
  if (whole.startsWith('[')) return isIPv6(whole.slice(1, -1)) ? { name: whole, port } : undefined;
  if (whole === '.' || !isHostName(whole)) return undefined;
  return { name: whole.endsWith('.') ? whole.slice(0, -1) : whole, port };
}

/** No empty label within; numbers and dots alone are an address; the last label begins with a letter (RFC 1123 2.1). */
function isHostName(name: string): boolean {
  if (name.includes('..')) return false;
  if (DOTTED_DECIMAL.test(name)) return ADDRESS.test(name);
  const last = name.lastIndexOf('.');
  return last < 0 || last === name.length - 1 || /[a-z]/.test(name.charAt(last + 1));
}
