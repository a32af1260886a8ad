/**
 * Names in a TLS hello that a vhost has, but that uWebSockets.js does not find: it compares them byte by byte and takes `*`
 * for one label, while names are equal in any case (RFC 6066 3) and a ServerAlias may have wildcards anywhere. When such a
 * name comes, the library asks for it in the middle of the handshake, and it is added as it was spelled.
 *
 * What is added stays, since connections point at it; so there are bounds. Files that do not fit together at this moment
 * would spoil the handshake, and are looked at before: the client is shown the address's first certificate then.
 * Thread: worker.
 */
import { X509Certificate } from 'node:crypto';
import { readPair } from '../../../tls/pem.js';
import { SniTable } from '../../../tls/sni.js';
import type { NamedTls } from '../../secure/handshakes.js';

/** Spellings of an address; each takes some 10 KB. Whoever sends random ones gets the first certificate sooner or later. */
const MOST_NAMES = 256;

export class LateNames {
  readonly #table: SniTable<NamedTls>;
  readonly #add: (name: string, entry: NamedTls) => void;
  #left = MOST_NAMES;

  /** add: a name as it was spelled, and the vhost that has it */
  constructor(entries: readonly NamedTls[], add: (name: string, entry: NamedTls) => void) {
    this.#table = new SniTable(entries.map((entry) => ({ names: entry.names, value: entry })));
    this.#add = add;
  }

  /** name: as in the hello. errors: what `add` throws */
  meet(name: string): void {
    const entry = this.#table.find(name);
    if (entry === undefined || this.#left === 0) return;
    this.#left -= 1;
    if (isUsable(entry)) this.#add(name, entry);
  }
}

function isUsable({ tls: { certificates } }: NamedTls): boolean {
  const [pair] = certificates;
  if (pair === undefined) return false;
  try {
    const { certificates: chain, key } = readPair(pair);
    return new X509Certificate(chain[0] ?? '').checkPrivateKey(key);
  } catch {
    return false;
  }
}
