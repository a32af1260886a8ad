/**
 * Least response time: what a request would wait at a member is about the member's average time to its answer's head
 * times the requests that would then be under way; the least of that for its factor is served. Slow members get fewer
 * requests without anybody measuring their machines.
 *
 * The average moves by one eighth of each new time (Scoreboard.observeTime). A member that is not asked would stay as slow
 * as it was once, so an average that nothing moved fades, by half every ten seconds, until the member is tried again. A
 * member without any is taken for as fast as the fastest. Among equals the largest debt of request counting is served,
 * so that an idle pool of equals goes in turn.
 * Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Asker, Method } from './method.js';

/** Ms in which an average that nothing moves loses half of it. */
const HALF_LIFE = 10_000;
/** µs: below this the difference between members is noise of the clock, which has whole milliseconds. */
const FLOOR = 1000;

export class LeastTime implements Method {
  readonly observesTime = true;

  pick(board: Scoreboard, candidates: readonly number[], _asker: Asker, now: number): number {
    let total = 0;
    let best = -1;
    let least = 0;
    let most = 0;
    for (let i = 0; i < candidates.length; i += 1) {
      const slot = candidates[i] as number;
      const factor = board.factorOf(slot);
      total += factor;
      const debt = board.addLbstatus(slot, factor);
      const faded = board.timeOf(slot) * 0.5 ** (board.timeAgeOf(slot, now) / HALF_LIFE);
      const wait = (Math.max(faded, FLOOR) * (board.busyOf(slot) + 1)) / factor;
      if (best >= 0 && (wait > least || (wait === least && debt <= most))) continue;
      best = slot;
      least = wait;
      most = debt;
    }
    board.addLbstatus(best, -total);
    return best;
  }
}
