/**
 * What a balancing method is: how one candidate compares with the best so far, and what the winner is charged. Which
 * members are candidates (sets, standbys, spares, drain) is the same for all and stands in balancer.ts.
 *
 * A method lives per thread and balancer; all its calls of one selection happen with the balancer's lock held.
 * Must not allocate: this runs on every request.
 */
import type { Scoreboard } from '../scoreboard.js';

export interface Method {
  /** Starts a selection. */
  begin(): void;
  /**
   * Is this usable member better than the best so far? May change counters of the candidate.
   * best  slot, or -1 when there is none yet
   */
  isBetter(board: Scoreboard, candidate: number, best: number): boolean;
  /** Charges the member that was picked. */
  charge(board: Scoreboard, winner: number): void;
}
