/**
 * Addresses as Listen and <VirtualHost> write them: `80`, `host:80`, `[::1]:80`, `*:80`; and host names to addresses.
 *
 * A name is looked up once, when the configuration is read, as httpd does; the lookup waits, so it goes through the
 * system's own tool and only where a name is really written. IPv6 addresses are given in their short form.
 *
 * Source: apr_parse_addr_port's behaviour, observed through httpd; httpd 2.4 manual, "Binding to Addresses and Ports".
 */
import { execFileSync } from 'node:child_process';
import { isIP, SocketAddress } from 'node:net';

export interface AddressPort {
  /** Empty when only a port was written; without brackets and zone. */
  host: string;
  port: number | undefined;
}

const LOOKUP_LIMIT_MS = 5000;

/** undefined when it is no address and port. */
export function parseAddressPort(text: string): AddressPort | undefined {
  const trimmed = text.trim();
  if (/^\d+$/.test(text)) return withPort('', text);
  const [, , bracketed, tail] = /^(\[([^\]%]+)(?:%[^\]]*)?\])(.*)$/.exec(trimmed) ?? [];
  if (trimmed.startsWith('[')) {
    if (bracketed === undefined || isIP(bracketed) !== 6) return undefined;
    if (tail === '') return { host: canonical(bracketed), port: undefined };
    return tail?.startsWith(':') === true ? withPort(canonical(bracketed), tail.slice(1)) : undefined;
  }
  const colon = trimmed.lastIndexOf(':');
  if (colon < 0) return { host: trimmed, port: undefined };
  if (colon === 0) return undefined;
  const port = trimmed.slice(colon + 1);
  // Not a number after the colon: httpd takes the whole as a host.
  if (!/^\d+$/.test(port)) return { host: trimmed, port: undefined };
  return withPort(trimmed.slice(0, colon), port);
}

function withPort(host: string, digits: string): AddressPort | undefined {
  const port = Number(digits);
  return port >= 1 && port <= 65535 ? { host: isIP(host) === 6 ? canonical(host) : host, port } : undefined;
}

/** An IPv6 address in its short form. */
function canonical(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** One address of a host; a literal is itself (`127.1` is 127.0.0.1). undefined: there is no such host. */
export function resolveHost(host: string): string | undefined {
  const family = isIP(host);
  if (family !== 0) return family === 6 ? canonical(host) : host;
  return lookedUp(host)[0];
}

/** All addresses of a host, IPv4 and IPv6. */
export function lookedUp(host: string): string[] {
  const family = isIP(host);
  if (family !== 0) return [family === 6 ? canonical(host) : host];
  // Nothing that is not a name goes to another program.
  if (!/^[\w.-]+$/.test(host) || host.startsWith('-')) return [];
  try {
    const text = execFileSync('getent', ['ahosts', host], {
      encoding: 'utf8',
      timeout: LOOKUP_LIMIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const addresses = text.split('\n').map((line) => line.split(/\s/)[0] ?? '');
    return [...new Set(addresses.filter((address) => isIP(address) !== 0))];
  } catch {
    return [];
  }
}
