/**
 * Two independent 32-bit hashes of a key, which together name it in the shared directory; the key itself is compared
 * where there is one. The seeds are constants, because all threads must agree. Any thread; pure.
 */

/** Both hashes of the key hashed last. */
export const HASH = { a: 0, b: 0 };

/** Hashes a latin1 key into HASH. */
export function hashKey(key: string): void {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < key.length; i += 1) {
    const code = key.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
    b ^= b >>> 15;
  }
  HASH.a = mix(a);
  HASH.b = mix(b ^ key.length);
}

/** Spreads every bit over all bits (the finaliser of MurmurHash3). */
function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
