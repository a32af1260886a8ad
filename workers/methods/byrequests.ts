/**
 * Weighted request counting: every candidate's debt grows by its factor, the largest debt is served and pays the sum.
 * Over a cycle each member gets its share, smoothly interleaved: factors 3,1,1 give b1 b2 b1 b3 b1. A member that is out
 * keeps its debt as it is, so that it does not come back to a burst.
 * Source: httpd 2.4 manual, mod_lbmethod_byrequests, "Request Counting Algorithm". Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Method } from './method.js';

export class ByRequests implements Method {
  #total = 0;

  begin(): void {
    this.#total = 0;
  }

  isBetter(board: Scoreboard, candidate: number, best: number): boolean {
    const factor = board.lbfactorOf(candidate);
    this.#total += factor;
    const debt = board.addLbstatus(candidate, factor);
    return best < 0 || debt > board.lbstatusOf(best);
  }

  charge(board: Scoreboard, winner: number): void {
    board.addLbstatus(winner, -this.#total);
  }
}
