/**
 * What a request by method PURGE takes out:
 *
 *   PURGE /a/b                            this URL, with all its variants
 *   PURGE /a/*                            every URL of this server that begins so
 *   PURGE / and Surrogate-Key: x y        every object with one of these words in its Surrogate-Key or Cache-Tag
 *   and X-Purge-Mode: soft                they are stale from now on, and served as stale while newer ones are fetched
 *
 * Thread: worker.
 */
import type { PurgeRule } from '../../cache/disk/purge-list.js';
import type { Request } from '../request.js';

/** What a request means. base: `scheme://host:port`; key: of the URL itself */
export function purgeRuleOf(r: Request, base: string, key: string): PurgeRule {
  const tags = [
    ...(r.header('surrogate-key') ?? '').split(/\s+/),
    ...(r.header('cache-tag') ?? '').split(',').map((tag) => tag.trim()),
  ].filter((word) => word !== '');
  if (tags.length > 0) return { tags };
  return r.rawPath.endsWith('*') ? { prefix: base + r.rawPath.slice(0, -1) } : { key };
}

/** Is what it takes out to be served as stale still? */
export function isSoftPurge(r: Request): boolean {
  return r.header('x-purge-mode')?.toLowerCase() === 'soft';
}
