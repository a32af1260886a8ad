/**
 * Weighted traffic counting: the member that has moved the fewest bytes for its factor, both ways together.
 * The division is integer, by the factor times 100, as httpd's. lbstatus is not touched.
 * Source: httpd 2.4 manual, mod_lbmethod_bytraffic. Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Method } from './method.js';

export class ByTraffic implements Method {
  begin(): void {}

  isBetter(board: Scoreboard, candidate: number, best: number): boolean {
    return best < 0 || trafficOf(board, candidate) < trafficOf(board, best);
  }

  charge(): void {}
}

function trafficOf(board: Scoreboard, slot: number): number {
  const factor = board.lbfactorOf(slot);
  return Math.floor(board.sentOf(slot) / factor) + Math.floor(board.readOf(slot) / factor);
}
