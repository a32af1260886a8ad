/**
 * Slow start: a member that comes back (from an error, a failed health check, or by an operator's hand) has cold caches
 * and no open connections; at once it would get its whole share, or more where the method prefers the idle. With
 * `slowstart=30` its factor begins at a hundredth and grows evenly to the whole over 30 seconds.
 *
 * Nothing of it is on the way of a request: the control thread looks a few times a second and writes the factor in force
 * to the scoreboard, which methods read anyway. While a member is out its factor is kept at the beginning of the ramp,
 * so that the first request after its return meets it there. Members are whole when the process starts; one that is added
 * later begins as if it had just come back. Control thread.
 */
import { isUsable, type MemberSettings, type Ms } from './member.js';
import type { Scoreboard } from './scoreboard.js';

/** Of its factor, what a member begins with. */
const FIRST_SHARE = 0.01;

interface Ramp {
  slot: number;
  /** The member's URL: a slot may be given to another. */
  name: string;
  slowstart: Ms;
  /** When it was first seen back, ms since the epoch; undefined: it has its whole factor. */
  since: number | undefined;
  isOut: boolean;
}

export class SlowStart {
  readonly #board: Scoreboard;
  #ramps: Ramp[];

  /** members  all at the start; those without slowstart are left alone */
  constructor(members: readonly MemberSettings[], board: Scoreboard) {
    this.#board = board;
    this.#ramps = members.flatMap((member) => rampOf(member, false));
  }

  /** Members as they are now: live control may have added some. Ramps of others go on. */
  adopt(members: readonly MemberSettings[]): void {
    this.#ramps = members.flatMap((member) => {
      const known = this.#ramps.find(({ slot, name }) => slot === member.slot && name === member.name);
      return known === undefined ? rampOf(member, true) : [known];
    });
  }

  /** Is there anything to look at? */
  get isNeeded(): boolean {
    return this.#ramps.length > 0;
  }

  /** now  ms since the epoch */
  tick(now: number): void {
    for (const ramp of this.#ramps) this.#move(ramp, now);
  }

  #move(ramp: Ramp, now: number): void {
    const { slot, slowstart } = ramp;
    const whole = this.#board.lbfactorOf(slot);
    if (!isUsable(this.#board.statusOf(slot))) {
      ramp.isOut = true;
      ramp.since = undefined;
      this.#board.setFactor(slot, shareOf(whole, FIRST_SHARE));
      return;
    }
    if (ramp.isOut) {
      ramp.isOut = false;
      ramp.since = now;
    }
    if (ramp.since === undefined) return;
    const share = (now - ramp.since) / slowstart;
    if (share >= 1) ramp.since = undefined;
    this.#board.setFactor(slot, shareOf(whole, Math.min(Math.max(share, FIRST_SHARE), 1)));
  }
}

/** Empty where the member does not ask for it. */
function rampOf({ slot, name, slowstart }: MemberSettings, isOut: boolean): Ramp[] {
  return slowstart === undefined ? [] : [{ slot, name, slowstart, since: undefined, isOut }];
}

/** What a member begins with that was not there before. */
export function firstFactor({ lbfactor, slowstart }: Pick<MemberSettings, 'lbfactor' | 'slowstart'>): number {
  return slowstart === undefined ? lbfactor : shareOf(lbfactor, FIRST_SHARE);
}

function shareOf(factor: number, share: number): number {
  return Math.max(Math.round(factor * share), 1);
}
