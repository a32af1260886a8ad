/**
 * Require host and forward-dns: questions that DNS has to answer. What it said is remembered for a minute; a request
 * that needs a name nobody has asked for yet waits for it, others never do.
 * `host` believes a client's name only when that name leads back to its address, or anybody could call itself anything.
 * Source: httpd 2.4, mod_authz_host; getnameinfo(3) and getaddrinfo(3) by libuv's threads, so that /etc/hosts counts.
 * Thread: worker; nothing here throws.
 */
import { lookup, lookupService } from 'node:dns';
import type { Request } from '../request.js';
import type { Question } from './access.js';

/** How long an answer holds; getaddrinfo tells no TTL. A failure is asked about again sooner. */
const KEEP_MS = 60_000;
const KEEP_FAILURE_MS = 10_000;
const MAX_KEPT = 1000;

type Asker = (key: string, tell: (names: string[]) => void) => void;

/** Answers of DNS by what was asked. */
export class NameMemory {
  readonly #ask: Asker;
  readonly #now: () => number;
  readonly #known = new Map<string, { names: readonly string[]; until: number }>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(ask: Asker, now: () => number = Date.now) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Undefined: nobody knows yet. */
  get(key: string): readonly string[] | undefined {
    const known = this.#known.get(key);
    return known !== undefined && known.until > this.#now() ? known.names : undefined;
  }

  /** Asks, and calls back when `get` knows. */
  find(key: string, done: () => void): void {
    const others = this.#waiting.get(key);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    this.#waiting.set(key, [done]);
    this.#ask(key, (names) => {
      if (this.#known.size >= MAX_KEPT) this.#known.clear();
      this.#known.set(key, { names, until: this.#now() + (names.length > 0 ? KEEP_MS : KEEP_FAILURE_MS) });
      const hearers = this.#waiting.get(key) ?? [];
      this.#waiting.delete(key);
      for (const hear of hearers) hear();
    });
  }
}

function addressesOf(name: string, tell: (addresses: string[]) => void): void {
  lookup(name, { all: true }, (error, addresses) => {
    tell(error === null ? addresses.map(({ address }) => address) : []);
  });
}

/** The name of an address, if it is an address of that name. */
function confirmedNameOf(address: string, tell: (names: string[]) => void): void {
  lookupService(address, 0, (error, name) => {
    if (error !== null) {
      tell([]);
      return;
    }
    addressesOf(name, (addresses) => tell(addresses.includes(address) ? [name.toLowerCase()] : []));
  });
}

const namesOfAddresses = new NameMemory(confirmedNameOf);
const addressesOfNames = new NameMemory(addressesOf);

/** `Require host`: the client's name is one of these, or ends in one. */
export function compileHosts(domains: readonly string[], memory: NameMemory = namesOfAddresses): Question {
  const wanted = domains.map((domain) => domain.toLowerCase());
  return (r) => {
    const names = memory.get(r.clientAddress);
    if (names === undefined) return waitFor(r, memory, r.clientAddress);
    r.clientHost = names[0] ?? '';
    return names.some((name) => wanted.some((domain) => isWithin(name, domain))) ? 'granted' : 'denied';
  };
}

/** `Require forward-dns`: the client's address is one of these names'. */
export function compileNames(names: readonly string[], memory: NameMemory = addressesOfNames): Question {
  return (r) => {
    for (const name of names) {
      const addresses = memory.get(name);
      if (addresses === undefined) return waitFor(r, memory, name);
      if (addresses.includes(r.clientAddress)) return 'granted';
    }
    return 'denied';
  };
}

function waitFor(r: Request, memory: NameMemory, key: string): 'waits' {
  r.waitsFor = (done) => memory.find(key, done);
  return 'waits';
}

/** `example.org` holds `www.example.org` and itself; `.example.org` only what is below it. */
export function isWithin(name: string, domain: string): boolean {
  if (!name.endsWith(domain)) return false;
  if (name.length === domain.length || domain.startsWith('.')) return true;
  return name.charCodeAt(name.length - domain.length - 1) === 0x2e;
}
