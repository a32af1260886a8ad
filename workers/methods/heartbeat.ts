/**
 * Heartbeat: members say how many requests they could take (mod_heartbeat), and one is drawn at random by that. Who was
 * not heard for ten seconds does not count; who has no request under way may have just started and counts a quarter.
 * As in httpd, sets, standbys, spares, drain and lbfactor do not matter here.
 * Source: httpd 2.4 manual, mod_lbmethod_heartbeat. Any worker thread, lock held.
 */
import type { Scoreboard } from '../scoreboard.js';
import type { Asker, Method, MethodTools } from './method.js';

/** Seconds. */
const FORGOTTEN_AFTER = 10;

export class Heartbeat implements Method {
  readonly ignoresSets = true;
  readonly #random: () => number;

  constructor(tools: MethodTools) {
    this.#random = tools.random;
  }

  pick(board: Scoreboard, candidates: readonly number[], _asker: Asker, now: number): number {
    const second = Math.floor(now / 1000);
    let open = 0;
    for (let i = 0; i < candidates.length; i += 1) open += openOf(board, candidates[i] as number, second);
    if (open === 0) return -1;
    let left = this.#random() * open;
    let picked = -1;
    for (let i = 0; i < candidates.length; i += 1) {
      const slots = openOf(board, candidates[i] as number, second);
      if (slots === 0) continue;
      picked = candidates[i] as number;
      left -= slots;
      if (left < 0) break;
    }
    return picked;
  }
}

function openOf(board: Scoreboard, slot: number, second: number): number {
  if (second - board.life.hbSeenOf(slot) >= FORGOTTEN_AFTER) return 0;
  const ready = board.life.hbReadyOf(slot);
  return board.life.hbBusyOf(slot) === 0 ? Math.floor(ready / 4) : ready;
}
