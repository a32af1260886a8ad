/**
 * Weighted request counting: every candidate's debt grows by its factor, the largest debt is served and pays the sum.
 * Over a cycle each member gets its share, smoothly interleaved: factors 3,1,1 give b1 b2 b1 b3 b1. A member that is out
 * keeps its debt as it is, so that it does not come back to a burst.
 * Source: httpd 2.4 manual, mod_lbmethod_byrequests, "Request Counting Algorithm". Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Method } from './method.js';

export class ByRequests implements Method {
  pick(board: Scoreboard, candidates: readonly number[]): number {
    let total = 0;
    let best = -1;
    let most = 0;
    for (let i = 0; i < candidates.length; i += 1) {
      const slot = candidates[i] as number;
      const factor = board.factorOf(slot);
      total += factor;
      const debt = board.addLbstatus(slot, factor);
      if (best >= 0 && debt <= most) continue;
      best = slot;
      most = debt;
    }
    board.addLbstatus(best, -total);
    return best;
  }
}
