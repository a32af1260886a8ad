/**
 * What is counted over all threads about clients: how many connections are open, and per client address how many requests
 * are under way and how fast they came. A table of fixed size, found by two hashes: a client that cannot be placed, because
 * all eight places of its row are busy, is let in rather than refused for others' sake.
 *
 *   header  16 x Int32 | open connections | accepted | refused | handshakes | resumed | failed | short of descriptors |
 *                      | spare x 9 |
 *   entry    4 x Int32 | tag (0: free) | due | under way | minute it was last found |     8 a row
 *
 * The rate is kept as one number, `due`: when the next request would come on time (the generic cell rate algorithm, ITU-T
 * I.371 annex A). Times are ticks of 10 µs since the table was made. `due` has 32 bits of them, which wrap after 12 hours:
 * it is at most 6 hours ahead, and what nobody has asked for in 5 hours is forgotten, so that the two are never mixed up.
 *
 * A place is given to another client by taking its count of requests from 0 to a number below all counts, and added to
 * again afterwards: whoever counts in meanwhile is counted, whichever client's the place is by then.
 *
 * Threads: any; every change is one atomic operation.
 */
const HEADER_INTS = 16;
const ENTRY_INTS = 4;
const WAYS = 8;
const ROWS = 8192;
const E = { tag: 0, due: 1, live: 2, minute: 3 } as const;

export const TICKS_PER_MS = 100;
const TICKS_PER_MINUTE = TICKS_PER_MS * 60_000;
/** A rate's burst is at most so long (edge-limits.ts): what is further ahead lies behind. */
const FARTHEST = 6 * 60 * TICKS_PER_MINUTE;
/** Minutes after which a client is as one that has never come. */
const FORGOTTEN = 5 * 60;
/** Stands for a count of requests while the place changes hands. */
const CLAIMED = -0x40000000;
/** A place that another thread is taking is looked at again: it is a few instructions until its tag is there to be found. */
const TRIES = 1000;
const LOST = -2;

/** Connections of clients: how many are open, and what has been since the start. */
export interface ConnectionCounts {
  open: number;
  accepted: number;
  /** Closed at once, because so many were open. */
  refused: number;
  /** TLS handshakes that were begun. */
  handshakes: number;
  /** Of these, as far as the engine tells. */
  resumed: number;
  failed: number;
}

const COUNTS = ['open', 'accepted', 'refused', 'handshakes', 'resumed', 'failed'] as const;
const SHORT = COUNTS.length;

/** Bytes of the counts; isKeyed: with the table of addresses. */
export function clientsBytes(isKeyed: boolean): number {
  return 4 * (HEADER_INTS + (isKeyed ? ROWS * WAYS * ENTRY_INTS : 0));
}

export class ClientCounts {
  readonly #ints: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#ints = new Int32Array(buffer);
  }

  // --- connections

  /** Counts one that was opened or closed; the new number over all threads. */
  addConnection(delta: 1 | -1): number {
    return Atomics.add(this.#ints, 0, delta) + delta;
  }

  get connections(): number {
    return Atomics.load(this.#ints, 0);
  }

  /** There are too few descriptors to take connections. Written by the control thread. */
  get isShort(): boolean {
    return Atomics.load(this.#ints, SHORT) === 1;
  }

  set isShort(short: boolean) {
    Atomics.store(this.#ints, SHORT, short ? 1 : 0);
  }

  countConnection(what: Exclude<keyof ConnectionCounts, 'open'>): void {
    Atomics.add(this.#ints, COUNTS.indexOf(what), 1);
  }

  connectionCounts(): ConnectionCounts {
    const counts = COUNTS.map((name, i) => [name, Atomics.load(this.#ints, i) >>> 0]);
    return Object.fromEntries(counts) as unknown as ConnectionCounts;
  }

  // --- addresses

  /**
   * The entry of a client, made if need be.
   * now      ticks since the table was made, more than 32 bits of them
   * returns  -1 when there is no room
   */
  find(key: string, now: number): number {
    const row = HEADER_INTS + (hash(key, 0x811c9dc5) & (ROWS - 1)) * WAYS * ENTRY_INTS;
    const tag = hash(key, 0x1000193) | 1;
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = this.#place(row, tag, now);
      if (entry !== LOST) return entry;
    }
    return -1;
  }

  /** The client's entry in a row, made if need be; -1 when there is no room, LOST when another thread took the place. */
  #place(row: number, tag: number, now: number): number {
    let free = -1;
    let freeTag = 0;
    for (let way = 0; way < WAYS; way++) {
      const at = row + way * ENTRY_INTS;
      const held = Atomics.load(this.#ints, at + E.tag);
      if (held === tag) {
        this.#touch(at, now);
        return at;
      }
      if (free >= 0) continue;
      if (held === 0 || (Atomics.load(this.#ints, at + E.live) === 0 && this.#isIdle(at, now))) {
        free = at;
        freeTag = held;
      }
    }
    if (free < 0) return -1;
    return this.#claim(free, freeTag, tag, now) ? free : LOST;
  }

  /** False: another thread took the place, perhaps for the same client, or counted a request in, in this moment. */
  #claim(entry: number, before: number, tag: number, now: number): boolean {
    if (Atomics.compareExchange(this.#ints, entry + E.live, 0, CLAIMED) !== 0) return false;
    const isMine = Atomics.compareExchange(this.#ints, entry + E.tag, before, tag) === before;
    if (isMine) {
      Atomics.store(this.#ints, entry + E.due, now | 0);
      Atomics.store(this.#ints, entry + E.minute, minuteOf(now));
    }
    Atomics.sub(this.#ints, entry + E.live, CLAIMED);
    return isMine;
  }

  #touch(entry: number, now: number): void {
    const minute = minuteOf(now);
    const last = Atomics.load(this.#ints, entry + E.minute);
    if (last === minute) return;
    if (minute - last > FORGOTTEN) Atomics.store(this.#ints, entry + E.due, now | 0);
    Atomics.store(this.#ints, entry + E.minute, minute);
  }

  /** Would it make no difference if the client were forgotten? */
  #isIdle(entry: number, now: number): boolean {
    const ahead = (Atomics.load(this.#ints, entry + E.due) - now) >>> 0;
    return ahead > FARTHEST || minuteOf(now) - Atomics.load(this.#ints, entry + E.minute) > FORGOTTEN;
  }

  /** Counts a request that begins; the new number. */
  enter(entry: number): number {
    return Atomics.add(this.#ints, entry + E.live, 1) + 1;
  }

  leave(entry: number): void {
    Atomics.sub(this.#ints, entry + E.live, 1);
  }

  /**
   * Takes one request of a rate.
   * now              as find's
   * interval, burst  ticks between requests, and how many may come at once beyond the rate
   * returns          0, or the ticks until there will be room
   */
  take(entry: number, now: number, interval: number, burst: number): number {
    const room = burst * interval;
    for (;;) {
      const due = Atomics.load(this.#ints, entry + E.due);
      let ahead = (due - now) >>> 0;
      if (ahead > room + interval) ahead = 0;
      if (ahead > room) return ahead - room;
      const next = (now + ahead + interval) | 0;
      if (Atomics.compareExchange(this.#ints, entry + E.due, due, next) === due) return 0;
    }
  }
}

function minuteOf(now: number): number {
  return Math.floor(now / TICKS_PER_MINUTE);
}

/** FNV-1a over the characters, with a seed of its own for each use; the avalanche is murmur3's. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
