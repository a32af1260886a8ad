/**
 * The addresses that engines open: the Listen lines, and beside a wildcard Listen one for every IP that a vhost of its
 * port names. uWebSockets.js cannot tell on which local address a connection came in; a socket bound to the IP itself
 * can, and the kernel prefers it to the wildcard. Pure.
 */
import { isIP } from 'node:net';
import type { Listen, Settings } from './settings.js';

export function addressesOf(settings: Settings): Listen[] {
  const all: Listen[] = [];
  for (const listen of settings.listens) {
    all.push(listen);
    if (listen.address !== '' && listen.address !== '0.0.0.0' && listen.address !== '::') continue;
    for (const server of settings.servers) {
      for (const { address, port } of server.addresses) {
        const isOwn = isIP(address) !== 0 && (port === listen.port || port === 0);
        if (
          isOwn &&
          !hasAddress(settings.listens, address, listen.port) &&
          !hasAddress(all, address, listen.port)
        ) {
          all.push({ ...listen, address });
        }
      }
    }
  }
  return all;
}

function hasAddress(list: readonly Listen[], address: string, port: number): boolean {
  return list.some((listen) => listen.address === address && listen.port === port);
}
