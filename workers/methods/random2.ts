/**
 * Two members drawn at random, by their factors, and of the two the less busy one for its factor. Nearly as even as the
 * least busy of all, but threads and balancers that decide at the same moment by the same counters do not all run to the
 * same member, and a member that fails fast does not draw everybody.
 * Source: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001). Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Method, MethodTools } from './method.js';

export class Random2 implements Method {
  readonly #random: () => number;

  constructor(tools: MethodTools) {
    this.#random = tools.random;
  }

  pick(board: Scoreboard, candidates: readonly number[]): number {
    let total = 0;
    for (let i = 0; i < candidates.length; i += 1) total += board.factorOf(candidates[i] as number);
    const first = this.#draw(board, candidates, total, -1);
    if (candidates.length === 1) return first;
    const second = this.#draw(board, candidates, total - board.factorOf(first), first);
    const isSecondLessBusy =
      board.busyOf(second) * board.factorOf(first) < board.busyOf(first) * board.factorOf(second);
    return isSecondLessBusy ? second : first;
  }

  /** One of the candidates but not `except`, each as likely as its factor is of the total. */
  #draw(board: Scoreboard, candidates: readonly number[], total: number, except: number): number {
    let left = this.#random() * total;
    let last = -1;
    for (let i = 0; i < candidates.length; i += 1) {
      const slot = candidates[i] as number;
      if (slot === except) continue;
      last = slot;
      left -= board.factorOf(slot);
      if (left < 0) break;
    }
    return last;
  }
}
