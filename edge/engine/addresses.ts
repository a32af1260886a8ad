/**
 * The addresses that engines open: the Listen lines, and beside a wildcard Listen one for every IP that a vhost of its
 * port names. uWebSockets.js cannot tell on which local address a connection came in; a socket bound to the IP itself
 * can, and the kernel prefers it to the wildcard. The node engine has the wildcard alone, and looks. Pure.
 */
import { isIP } from 'node:net';
import type { Listen, Settings } from '../settings.js';
import { chooseEngine, isWildcard } from './engine-choice.js';

export function addressesOf(settings: Settings): Listen[] {
  const all: Listen[] = [];
  for (const listen of settings.listens) {
    all.push(listen);
    // The node engine tells the local address of each connection, and Node.js 20 can not bind both.
    if (!isWildcard(listen.address) || chooseEngine(settings, listen).engine === 'node') continue;
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

/**
 * The IPs that a wildcard socket of the node engine answers on apart from all others: those that vhosts of its port name
 * and no Listen does.
 */
export function addressesWithin(settings: Settings, listen: Listen): string[] {
  if (!isWildcard(listen.address)) return [];
  const named = settings.servers.flatMap(({ addresses }) =>
    addresses.flatMap(({ address, port }) =>
      isIP(address) !== 0 && (port === listen.port || port === 0) ? [address] : [],
    ),
  );
  return [...new Set(named)].filter((address) => !hasAddress(settings.listens, address, listen.port));
}

function hasAddress(list: readonly Listen[], address: string, port: number): boolean {
  return list.some((listen) => listen.address === address && listen.port === port);
}
