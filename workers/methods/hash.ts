/**
 * Consistent hashing with bounded load: requests of one key go to one member, whichever thread they come to. Every
 * member draws a number from the key and its own name, and the highest draw wins, weighted by the factor (rendezvous
 * hashing). There is no table to build or to agree on: a member that leaves gives away its own keys only, evenly, and a
 * new one takes its share from all and moves nothing else. The price is one draw a member and request, about 20 ns.
 *
 * A key that is too popular would drown its member. A member that has more than a quarter above its fair share of the
 * balancer's requests under way (and more than a handful) is passed over, and the key's next member serves meanwhile.
 *
 * Names, not slots, are hashed, so that the order of a configuration does not matter. Seeds are constants: all threads,
 * and all appliances with the same members, must agree.
 * Source: D. G. Thaler, C. V. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998); V. Mirrokni et al.,
 * "Consistent Hashing with Bounded Loads" (2016). Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Asker, Method, MethodTools } from './method.js';

/** How far above its share of the requests under way a member may be. */
const BOUND = 1.25;
/** Requests under way that a member always may have: shares of a few requests say nothing. */
const ALWAYS = 8;

export class Hash implements Method {
  readonly #nameOf: (slot: number) => string;
  /** Hash of the name by slot. */
  readonly #seeds: number[] = [];

  constructor(tools: MethodTools) {
    this.#nameOf = tools.nameOf;
  }

  pick(board: Scoreboard, candidates: readonly number[], asker: Asker): number {
    const key = hashText(asker.hashKey);
    let busy = 1;
    let total = 0;
    for (let i = 0; i < candidates.length; i += 1) {
      busy += board.busyOf(candidates[i] as number);
      total += board.factorOf(candidates[i] as number);
    }
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < candidates.length; i += 1) {
      const slot = candidates[i] as number;
      const factor = board.factorOf(slot);
      if (board.busyOf(slot) >= Math.max((BOUND * busy * factor) / total, ALWAYS)) continue;
      const draw = (mix(key ^ this.#seedOf(slot)) + 0.5) / 2 ** 32;
      const score = -factor / Math.log(draw);
      if (score <= highest) continue;
      best = slot;
      highest = score;
    }
    return best;
  }

  #seedOf(slot: number): number {
    let seed = this.#seeds[slot];
    if (seed === undefined) {
      seed = mix(hashText(this.#nameOf(slot)));
      this.#seeds[slot] = seed;
    }
    return seed;
  }
}

/** FNV-1a over UTF-16 units. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Spreads 32 bits: each bit of the input changes about half of the output's (MurmurHash3's last step). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
