/**
 * Which certificate a TLS address shows: the vhosts of the address that have SSLEngine on, each under its ServerName and
 * aliases; the first is the default. Thread: worker, at its start.
 */
import type { NamedTls } from '../secure/handshakes.js';
import type { ServerSettings } from '../settings.js';

/** Empty for an address without TLS. */
export function certificatesOf(servers: readonly ServerSettings[]): NamedTls[] {
  const list: NamedTls[] = [];
  for (const server of servers) {
    if (server.tls === undefined || server.tls.certificates.length === 0) continue;
    const names = [server.name, ...server.aliases].filter((name) => name !== '' && !name.includes('?'));
    list.push({ names: [...new Set(names)], tls: server.tls });
  }
  return list;
}
