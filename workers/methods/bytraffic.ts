/**
 * Weighted traffic counting: the member that has moved the fewest bytes for its factor, both ways together.
 * The division is integer, by the factor times 100, as httpd's. lbstatus is not touched.
 * Source: httpd 2.4 manual, mod_lbmethod_bytraffic. Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Method } from './method.js';

export class ByTraffic implements Method {
  pick(board: Scoreboard, candidates: readonly number[]): number {
    let best = -1;
    let least = 0;
    for (let i = 0; i < candidates.length; i += 1) {
      const slot = candidates[i] as number;
      const factor = board.factorOf(slot);
      const traffic = Math.floor(board.sentOf(slot) / factor) + Math.floor(board.readOf(slot) / factor);
      if (best >= 0 && traffic >= least) continue;
      best = slot;
      least = traffic;
    }
    return best;
  }
}
