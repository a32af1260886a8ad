/**
 * What the cache has done, as pages and metrics name it: one row a figure, so that all of them show the same ones in the
 * same order. Nothing is shown where nothing is cached. The sums are read from shared memory when they are asked for.
 * Any thread.
 */
import { type CacheCounts, readCounters } from '../../cache/counters.js';
import type { Figure } from './figure.js';
import type { Overview } from './overview.js';

export const CACHE_FIGURES: readonly Figure<CacheCounts>[] = [
  row('hits', 'Hits', 'hits_total', 'hits', 'Answers from the cache, stale ones included.'),
  row('misses', 'Misses', 'misses_total', 'misses', 'Requests of cached URLs that a member answered.'),
  row('stale', 'Stale', 'stale_total', 'stale hits', 'Hits that were stale.'),
  row('revalidated', 'Revalidated', 'revalidated_total', 'revalidated', 'Copies that a member confirmed.'),
  row(
    'collapsed',
    'Collapsed',
    'collapsed_total',
    'collapsed',
    "Requests that another one's fetch was enough for.",
  ),
  row('stores', 'Stores', 'stores_total', 'stored', 'Responses that were stored.'),
  row('refused', 'Refused', 'refused_total', 'refused', 'Responses that may not be stored.'),
  row('evictions', 'Evictions', 'evictions_total', 'evicted', 'Objects that made room for others.'),
  row(
    'invalidations',
    'Invalidations',
    'invalidations_total',
    'invalidated',
    'Objects that a request to change their resource made useless.',
  ),
  row('purges', 'Purges', 'purges_total', 'purges', 'PURGE requests that were followed.'),
  row('bytesServed', 'HitBytes', 'hit_bytes_total', 'bytes of hits', 'Bytes of bodies in hits.'),
  row('diskHits', 'DiskHits', 'disk_hits_total', 'read from disk', 'Objects that came back from disk.'),
  row(
    'diskStores',
    'DiskStores',
    'disk_stores_total',
    'written to disk',
    'Objects that were written to disk.',
  ),
  row('diskBytes', 'DiskBytes', 'disk_written_bytes_total', 'bytes written to disk', 'Bytes of them.'),
  row(
    'diskBroken',
    'DiskBroken',
    'disk_broken_total',
    'broken files',
    'Files of the cache that were not whole or not right, and not served.',
  ),
  row(
    'diskFailures',
    'DiskFailures',
    'disk_failures_total',
    'disk failures',
    'What the file system refused the cache.',
  ),
  row('objects', 'Objects', 'objects', 'objects', 'Objects in the cache.'),
  row('bytesUsed', 'UsedBytes', 'used_bytes', 'bytes used', 'Memory that objects take.'),
  row('bytesTotal', 'SizeBytes', 'size_bytes', 'bytes in all', 'Memory that there is for objects.'),
];

// httpd: keys that begin with Cache are those of its store of TLS sessions.
function row(
  of: keyof CacheCounts,
  key: string,
  metric: string,
  label: string,
  help: string,
): Figure<CacheCounts> {
  return { of, key: `EdgeCache${key}`, metric: `cache_${metric}`, label, help };
}

/** The sums of all threads; undefined where nothing is cached. */
export function cacheCounts({ cache }: Overview): CacheCounts | undefined {
  return cache && readCounters(cache);
}

/** The same as plain data, in the figures' order; null where nothing is cached. */
export function cacheState(overview: Overview): Record<string, number> | null {
  const counts = cacheCounts(overview);
  return counts === undefined ? null : Object.fromEntries(CACHE_FIGURES.map(({ of }) => [of, counts[of]]));
}

/** Share of hits in all answers of cached URLs, `93 %`; `–` before the first. */
export function hitRatio({ hits, misses }: CacheCounts): string {
  const all = hits + misses;
  return all === 0 ? '–' : `${Math.round((hits / all) * 100)} %`;
}
