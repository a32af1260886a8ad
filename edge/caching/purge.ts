/**
 * What a purge takes out. By method PURGE:
 *
 *   PURGE /a/b                            this URL, with all its variants
 *   PURGE /a/*                            every URL of this server that begins so
 *   PURGE / and Surrogate-Key: x y        every object with one of these words in its Surrogate-Key or Cache-Tag
 *   and X-Purge-Mode: soft                they are stale from now on, and served as stale while newer ones are fetched
 *
 * When it has returned, no thread serves what it has taken out, and nothing that was being fetched meanwhile is stored.
 * Thread: worker.
 */
import type { MemoryStore } from '../../cache/memory/store.js';
import type { StoredMeta } from '../../cache/stored.js';
import type { Request } from '../request.js';

/** Returns how many objects it took out. base: `scheme://host:port`; key: of the URL itself */
export function purge(store: MemoryStore, r: Request, base: string, key: string): number {
  const isSoft = r.header('x-purge-mode')?.toLowerCase() === 'soft';
  const words = [
    ...(r.header('surrogate-key') ?? '').split(/\s+/),
    ...(r.header('cache-tag') ?? '').split(',').map((tag) => tag.trim()),
  ].filter((word) => word !== '');
  store.counters.add('purges');
  if (words.length > 0) return purgeTags(store, words, isSoft);
  if (r.rawPath.endsWith('*')) return purgePrefix(store, base + r.rawPath.slice(0, -1), isSoft);
  // Variants lie under keys of their own that begin with the URL's.
  const variants = isSoft ? store.purge((found) => found.startsWith(`${key}\n`), true) : 0;
  return variants + (store.invalidate(key, isSoft) ? 1 : 0);
}

export function purgePrefix(store: MemoryStore, prefix: string, isSoft: boolean): number {
  return store.purge((key) => key.startsWith(prefix), isSoft);
}

export function purgeTags(store: MemoryStore, words: readonly string[], isSoft: boolean): number {
  const wanted = new Set(words);
  return store.purge((_, meta) => {
    if (!meta.includes('"tags":')) return false;
    const { tags = [] } = JSON.parse(meta) as StoredMeta;
    return tags.some((tag) => wanted.has(tag));
  }, isSoft);
}
