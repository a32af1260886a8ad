/**
 * Is an address free? Worker threads listen with SO_REUSEPORT, which would let a second drover of the same user share a
 * port with the first and take half of its connections without a word. So before a first generation starts, each
 * address is bound once without that option. The message is httpd's. Supervisor process.
 */
import { createServer } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import type { Listen, Settings } from '../settings.js';

/** httpd's line for the first address that cannot be had, or undefined when all are free. */
export async function firstBusy(listens: readonly Listen[]): Promise<string | undefined> {
  for (const listen of listens) {
    const error = await tryBind(listen);
    if (error !== undefined) return bindFailure(listen, error);
  }
  return undefined;
}

/**
 * The same for the ports that new settings have and old ones have not. A port that the old ones listen on, at whatever
 * address, cannot be probed while they do.
 */
export function newlyTaken(fresh: Settings, old: Settings): Promise<string | undefined> {
  const all = ({ listens, healthAddresses }: Settings): Listen[] => [...listens, ...healthAddresses];
  const known = new Set(all(old).map(({ port }) => port));
  return firstBusy(all(fresh).filter(({ port }) => !known.has(port)));
}

/** `(98)Address already in use: AH00072: make_sock: could not bind to address 127.0.0.1:80` */
export function bindFailure({ address, port }: Pick<Listen, 'address' | 'port'>, error: Error): string {
  const host = address === '' ? '[::]' : address.includes(':') ? `[${address}]` : address;
  return `${osErrorText(error)}: AH00072: make_sock: could not bind to address ${host}:${port}`;
}

/** `(98)Address already in use`: the number and the words of the C library, as httpd prints them. */
export function osErrorText(error: Error): string {
  const number = 'errno' in error ? error.errno : undefined;
  if (typeof number !== 'number') return error.message;
  const words = getSystemErrorMap().get(number)?.[1] ?? error.message;
  return `(${-number})${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function tryBind({ address, port }: Listen): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, ...(address === '' ? {} : { host: address }) }, () => {
      server.close(() => resolve(undefined));
    });
  });
}
