/**
 * Pending requests: the member with the fewest requests under way; among equals the largest debt of request counting,
 * so that an idle pool is served in turn and lbfactor matters there only.
 * Source: httpd 2.4 manual, mod_lbmethod_bybusyness. Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Method } from './method.js';

export class ByBusyness implements Method {
  #total = 0;

  begin(): void {
    this.#total = 0;
  }

  isBetter(board: Scoreboard, candidate: number, best: number): boolean {
    const factor = board.lbfactorOf(candidate);
    this.#total += factor;
    const debt = board.addLbstatus(candidate, factor);
    if (best < 0) return true;
    const less = board.busyOf(candidate) - board.busyOf(best);
    return less < 0 || (less === 0 && debt > board.lbstatusOf(best));
  }

  charge(board: Scoreboard, winner: number): void {
    board.addLbstatus(winner, -this.#total);
  }
}
