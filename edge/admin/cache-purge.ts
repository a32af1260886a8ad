/**
 * A purge by the JSON API: `{"url": …}`, `{"prefix": …}` or `{"tags": [ … ]}`, and `"soft": true` for what is to be served as
 * stale still. URLs are those that clients ask for, or of CacheKeyBaseURL where that is set, in full. The same as the method
 * PURGE (edge/caching/purge.ts), for those who may use the API. Any thread.
 */
import type { PurgeRule } from '../../cache/disk/purge-list.js';
import type { CacheMemory } from '../../cache/memory/layout.js';
import { MemoryStore } from '../../cache/memory/store.js';
import { purge } from '../../cache/purge.js';
import { ChangeRefused } from './changes.js';

/** A store for purging alone; its counters' row is one behind those of the worker threads. */
const stores = new WeakMap<CacheMemory, MemoryStore>();

/**
 * Returns how many objects it took out, see purge.
 * errors  ChangeRefused for a body that says something else, and where nothing is cached
 */
export function purgeByApi(memory: CacheMemory | undefined, body: unknown): number {
  if (memory === undefined) throw new ChangeRefused('nothing is cached here');
  const { rule, isSoft } = parsePurge(body);
  let store = stores.get(memory);
  if (store === undefined) {
    store = new MemoryStore(memory, memory.threads);
    stores.set(memory, store);
  }
  return purge(store, rule, isSoft, Date.now());
}

function parsePurge(body: unknown): { rule: PurgeRule; isSoft: boolean } {
  const said = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const { url, prefix, tags, soft = false, ...others } = said;
  const given = [url, prefix, tags].filter((one) => one !== undefined);
  if (given.length !== 1 || typeof soft !== 'boolean' || Object.keys(others).length > 0)
    throw new ChangeRefused('a purge has one of url, prefix and tags, and soft');
  if (url !== undefined) return { rule: { key: keyOfUrl(url, false) }, isSoft: soft };
  if (prefix !== undefined) return { rule: { prefix: keyOfUrl(prefix, true) }, isSoft: soft };
  const words = Array.isArray(tags) ? (tags as unknown[]) : [];
  if (words.length === 0 || !words.every((word) => typeof word === 'string' && word !== ''))
    throw new ChangeRefused('tags must be a list of words');
  return { rule: { tags: words as string[] }, isSoft: soft };
}

/** A URL as keys have it: with its port, and a question mark behind its path. Of a prefix, only what was said. */
function keyOfUrl(text: unknown, isPrefix: boolean): string {
  const match =
    typeof text === 'string'
      ? /^(https?):\/\/(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?(\/[^?#]*)?(\?[^#]*)?$/i.exec(text)
      : null;
  if (match === null) throw new ChangeRefused('a URL begins with http:// or https:// and has a host');
  const scheme = (match[1] as string).toLowerCase();
  const port = match[3] ?? (scheme === 'https' ? '443' : '80');
  const query = match[5] ?? (isPrefix ? '' : '?');
  return `${scheme}://${(match[2] as string).toLowerCase()}:${port}${match[4] ?? '/'}${query}`;
}
