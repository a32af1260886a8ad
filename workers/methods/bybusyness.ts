/**
 * Pending requests: the member with the fewest requests under way; among equals the largest debt of request counting,
 * so that an idle pool is served in turn and lbfactor matters there only.
 * Source: httpd 2.4 manual, mod_lbmethod_bybusyness. Any worker thread, lock held.
 */
import { LEAST_LBSTATUS, type Scoreboard } from '../scoreboard.js';
import type { Method } from './method.js';

export class ByBusyness implements Method {
  pick(board: Scoreboard, candidates: readonly number[]): number {
    let total = 0;
    let best = -1;
    let fewest = 0;
    let most = 0;
    for (let i = 0; i < candidates.length; i += 1) {
      const slot = candidates[i] as number;
      const factor = board.factorOf(slot);
      total += factor;
      const debt = board.addLbstatus(slot, factor);
      const busy = board.busyOf(slot);
      if (best >= 0 && (busy > fewest || (busy === fewest && debt <= most))) continue;
      best = slot;
      fewest = busy;
      most = debt;
    }
    if (board.addLbstatus(best, -total) < LEAST_LBSTATUS) board.easeLbstatus(candidates);
    return best;
  }
}
