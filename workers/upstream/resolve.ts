/**
 * Names of members to addresses. The system's resolver gives the addresses (so that /etc/hosts counts), DNS gives the
 * TTL they are kept for; where DNS does not know the name they are kept for DEFAULT_TTL. A name that stops resolving
 * keeps its last addresses: a resolver that is down must not take the pool down.
 *
 * httpd differs: it resolves a name once per process unless addressttl is set; drover follows the TTL.
 * One per worker thread; at most one question per name is under way.
 */
import dns from 'node:dns';
import net from 'node:net';

const DEFAULT_TTL_MS = 60_000;
/** A TTL of 0 would ask for every connection. */
const MIN_TTL_MS = 1000;
/** How long a failed name is not asked for again while old addresses serve. */
const FAILURE_TTL_MS = 5000;
/** Names that are known at a time. */
const MAX_NAMES = 10_000;

/** Gets addresses in the order they are tried, or the error of the resolver. */
export type OnAddresses = (error: NodeJS.ErrnoException | undefined, addresses: readonly string[]) => void;

interface Known {
  addresses: readonly string[];
  freshUntil: number;
  waiting: OnAddresses[] | undefined;
}

/** The system's questions, injected by tests. */
export interface Lookups {
  addresses(name: string, done: (error: NodeJS.ErrnoException | null, addresses: string[]) => void): void;
  /** TTL in seconds, or -1 when DNS does not say. */
  ttl(name: string, done: (seconds: number) => void): void;
}

const SYSTEM: Lookups = {
  addresses(name, done) {
    dns.lookup(name, { all: true, order: 'verbatim' }, (error, found) => {
      done(error, error === null ? found.map((entry) => entry.address) : []);
    });
  },
  ttl(name, done) {
    dns.resolve4(name, { ttl: true }, (error, records) => {
      done(error === null && records.length > 0 ? Math.min(...records.map((record) => record.ttl)) : -1);
    });
  },
};

export class Resolver {
  readonly #known = new Map<string, Known>();
  readonly #lookups: Lookups;
  readonly #now: () => number;

  constructor(lookups: Lookups = SYSTEM, now: () => number = Date.now) {
    this.#lookups = lookups;
    this.#now = now;
  }

  /**
   * Calls back at once when the addresses are known and fresh, or stale while they are asked for again.
   * addressttl  seconds, -1 for the DNS record's
   */
  resolve(name: string, addressttl: number, done: OnAddresses): void {
    if (net.isIP(name) !== 0) {
      done(undefined, [name]);
      return;
    }
    let known = this.#known.get(name);
    if (known === undefined) {
      this.#makeRoom();
      known = { addresses: [], freshUntil: 0, waiting: undefined };
      this.#known.set(name, known);
    }
    const isFresh = this.#now() < known.freshUntil;
    if (known.addresses.length > 0) {
      if (!isFresh && known.waiting === undefined) this.#ask(name, addressttl, known);
      done(undefined, known.addresses);
    } else if (known.waiting !== undefined) known.waiting.push(done);
    else {
      known.waiting = [done];
      this.#ask(name, addressttl, known);
    }
  }

  /** Names may come from requests ([P] to any host): what has been known longest is forgotten. */
  #makeRoom(): void {
    if (this.#known.size < MAX_NAMES) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #ask(name: string, addressttl: number, known: Known): void {
    known.waiting ??= [];
    this.#lookups.addresses(name, (error, addresses) => {
      const waiting = known.waiting ?? [];
      known.waiting = undefined;
      if (error === null && addresses.length > 0) {
        known.addresses = addresses;
        known.freshUntil = this.#now() + (addressttl >= 0 ? addressttl * 1000 : DEFAULT_TTL_MS);
        if (addressttl < 0) this.#askTtl(name, known);
      } else known.freshUntil = this.#now() + FAILURE_TTL_MS;
      const result = known.addresses.length > 0 ? undefined : (error ?? undefined);
      for (const done of waiting) done(result, known.addresses);
    });
  }

  #askTtl(name: string, known: Known): void {
    this.#lookups.ttl(name, (seconds) => {
      if (seconds >= 0) known.freshUntil = this.#now() + Math.max(seconds * 1000, MIN_TTL_MS);
    });
  }
}
