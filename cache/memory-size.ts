/**
 * How much memory a cache takes when nobody says: a quarter of what this process may use, which is the machine's memory or
 * the limit of its control group. Only touched pages cost anything. Main thread, at start.
 */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

const LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];
const PART = 4;

/** Bytes. */
export function defaultCacheBytes(): number {
  return Math.floor(Math.min(totalmem(), groupLimit()) / PART);
}

function groupLimit(): number {
  for (const file of LIMIT_FILES) {
    try {
      const limit = Number(readFileSync(file, 'latin1').trim());
      if (Number.isFinite(limit) && limit > 0) return limit;
    } catch {
      // This kernel has the other one, or none.
    }
  }
  return Number.POSITIVE_INFINITY;
}
