/**
 * The atomic operations on cache memory, and the only file of the cache with Atomics on it. Two things are made of them:
 *
 *   the lock    one word; held for a lookup in the directory, an allocation or a change of either, a microsecond or two.
 *               A hit in a thread's own index takes no lock
 *   a pin       a slot's count of readers. An object in the directory has one pin by being there; whoever sends from its
 *               bytes holds another one. Its memory is free again when the last pin is gone, and not a moment before
 *
 * A reader pins first and compares the slot's generation after that: from then on the object can be taken out of the
 * directory, but its bytes stay. All else that threads share lies behind the lock, whose release publishes plain writes.
 * Threads: any.
 */

/** Spins before a thread sleeps: a holder that runs is gone in a microsecond, one that was descheduled is not. */
const SPINS = 400;
const SLEEP_MS = 0.05;

/** Takes the lock in a word; nothing between lock and unlock may throw or wait. */
export function lock(words: Int32Array, at: number): void {
  let spins = 0;
  while (Atomics.compareExchange(words, at, 0, 1) !== 0) {
    spins += 1;
    if (spins > SPINS) Atomics.wait(words, at, 1, SLEEP_MS);
  }
}

export function unlock(words: Int32Array, at: number): void {
  Atomics.store(words, at, 0);
}

/**
 * Pins a slot that is in use and of that generation.
 * refs, generation  words of the slot
 * returns  'pinned'; 'gone' when the object is not there any more; 'last' when it went meanwhile and the pin that was
 *          taken and given back was the last one: the caller has to free the slot
 */
export function pin(
  words: Int32Array,
  refs: number,
  generation: number,
  expected: number,
): 'pinned' | 'gone' | 'last' {
  let count = Atomics.load(words, refs);
  for (;;) {
    if (count <= 0) return 'gone';
    const seen = Atomics.compareExchange(words, refs, count, count + 1);
    if (seen === count) break;
    count = seen;
  }
  if (Atomics.load(words, generation) === expected) return 'pinned';
  return unpin(words, refs) ? 'last' : 'gone';
}

/** Gives a pin back; true when it was the last one, so that the slot has to be freed. */
export function unpin(words: Int32Array, refs: number): boolean {
  return Atomics.sub(words, refs, 1) === 1;
}

/** Moves a slot to its next generation: from now on no thread finds what it held. */
export function age(words: Int32Array, generation: number): number {
  return Atomics.add(words, generation, 1) + 1;
}

export function load(words: Int32Array, at: number): number {
  return Atomics.load(words, at);
}

export function add(words: Int32Array, at: number, delta: number): number {
  return Atomics.add(words, at, delta) + delta;
}
