/**
 * Connections to members before the first request: `min=` of a member, taken over all threads as `max` is, so that each
 * thread opens its share. A generation warms up before it listens, and clients never pay for the connections that a
 * reload has closed. Members that are not to be asked now are left alone, and whoever does not answer in time holds nobody up.
 *
 * httpd differs: its `min` is the number of empty places in a child's pool, and connects nothing.
 * Thread: a worker, at its start.
 */
import { isSecure, isUsable, type MemberSettings } from './member.js';
import type { Pool } from './pool.js';
import type { Scoreboard } from './scoreboard.js';
import type { MemberTls } from './upstream/member-tls.js';

/** What a start waits for members at the most, ms. */
const PATIENCE_MS = 2000;

/** Connections that a thread opens of a member's `min`. */
export function shareOf(
  { min, max }: Pick<MemberSettings, 'min' | 'max'>,
  thread: number,
  threads: number,
): number {
  const all = max > 0 ? Math.min(min, max) : min;
  return Math.floor(all / threads) + (thread < all % threads ? 1 : 0);
}

/**
 * Warms pools up.
 * memberTls  how members are spoken to by TLS; undefined: those are not connected to
 * returns    resolves when all connections stand or have failed, or patience is over; never rejects
 */
export function warmUp(
  pools: readonly (Pool | undefined)[],
  board: Scoreboard,
  thread: number,
  threads: number,
  memberTls: () => MemberTls | undefined,
): Promise<void> {
  const asked = pools.filter((pool): pool is Pool => pool !== undefined && pool.member.min > 0);
  const usable = asked.filter(({ member }) => isUsable(board.statusOf(member.slot)));
  if (usable.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    let left = usable.length;
    const onDone = (): void => {
      left -= 1;
      if (left > 0) return;
      clearTimeout(timer);
      resolve();
    };
    for (const pool of usable) {
      const { member } = pool;
      const tls = isSecure(member) ? memberTls() : undefined;
      const way = tls === undefined ? undefined : { tls, name: member.host, prelude: undefined };
      pool.warm(shareOf(member, thread, threads), way, PATIENCE_MS, onDone);
    }
  });
}
