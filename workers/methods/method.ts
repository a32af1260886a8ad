/**
 * What a balancing method is: it takes one of the members that may serve. Which members these are (sets, standbys,
 * spares, drain) is the same for all and stands in balancer.ts; so does what a session costs.
 *
 * A method lives per thread and balancer and is called with the balancer's lock held, on every request: it must not
 * allocate, wait or throw.
 */
import type { Scoreboard } from '../scoreboard.js';

/** What a request says that a method may decide by. Job has it. */
export interface Asker {
  /** Value of EdgeHashKey for this request; only asked for by `hash`. */
  readonly hashKey: string;
}

export interface Method {
  /** It looks at every usable member, whatever sets and flags say. */
  readonly ignoresSets?: boolean;
  /** Response times of the members shall be observed (Scoreboard.observeTime). */
  readonly observesTime?: boolean;
  /**
   * Picks a member and writes it into the method's books.
   * candidates  slots of usable members in configuration order, at least one
   * now         ms since the epoch
   * returns     one of the candidates, or -1 for none of them
   */
  pick(board: Scoreboard, candidates: readonly number[], asker: Asker, now: number): number;
}

/** What a method may be made with. */
export interface MethodTools {
  /** Name of the member in a slot: what `hash` places it by. */
  readonly nameOf: (slot: number) => string;
  /** In [0, 1). */
  readonly random: () => number;
}
