/**
 * Takes objects out of memory and of every CacheRoot: a URL with its variants, all that begin so, or all with one of some
 * tags. When it returns no thread serves them, and nothing that was being fetched meanwhile is stored.
 * Thread: any that has a MemoryStore.
 */
import type { PurgeRule } from './disk/purge-list.js';
import type { MemoryStore } from './memory/store.js';
import type { StoredMeta } from './stored.js';

/**
 * Purges, and counts it.
 * isSoft   they are only stale from now on
 * now      ms since the epoch
 * returns  how many objects it took out of memory, and of disk where one is named; of those that lie on disk alone nobody
 *          knows before they are asked for
 * errors   what the file system says when a purge cannot be written down: it has not been done then
 */
export function purge(store: MemoryStore, rule: PurgeRule, isSoft: boolean, now: number): number {
  const isOne = 'key' in rule;
  // What is named is unlinked; what is meant in another way is written down before memory is looked through.
  if (!isOne || isSoft) for (const disk of store.disks) disk.purge(rule, isSoft, now);
  store.counters.add('purges');
  if ('tags' in rule) return purgeTags(store, rule.tags, isSoft);
  if ('prefix' in rule) return store.purge((key) => key.startsWith(rule.prefix), isSoft);
  // Variants lie under keys of their own that begin with the URL's; without the list that leads to them they are lost.
  const variants = isSoft ? store.purge((key) => key.startsWith(`${rule.key}\n`), true) : 0;
  return variants + (store.invalidate(rule.key, isSoft) ? 1 : 0);
}

function purgeTags(store: MemoryStore, words: readonly string[], isSoft: boolean): number {
  const wanted = new Set(words);
  return store.purge((_, meta) => {
    if (!meta.includes('"tags":')) return false;
    const { tags = [] } = JSON.parse(meta) as StoredMeta;
    return tags.some((tag) => wanted.has(tag));
  }, isSoft);
}
