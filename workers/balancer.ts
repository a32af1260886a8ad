/**
 * Which member serves a request: session route first, then the balancing method over the candidates. Sets are tried from
 * 0 up; a set's hot spares replace as many members as are unusable in it, its hot standbys serve when it has nothing
 * else, so that a standby of set 0 comes before a regular member of set 1. Drained members are only found by their route.
 *
 * Everything that decides lies on the scoreboard, so that all threads decide as one; the balancer's lock is held from
 * the first comparison to the charge. A pick allocates only when a session route was found.
 * Source: httpd 2.4, mod_proxy_balancer. Any worker thread.
 */
import { type BalancerSettings, defaultAttempts } from './balancer-settings.js';
import type { LiveSettings } from './live-settings.js';
import { isHttp2, isUsable, type MemberSettings, STATUS } from './member.js';
import type { Asker, Method } from './methods/method.js';
import { createMethod } from './methods/registry.js';
import { observeOutcome } from './outlier.js';
import { LEAST_LBSTATUS, type Scoreboard } from './scoreboard.js';
import { sessionRoute } from './sticky.js';

/** Why nobody was picked: no members at all, none usable, or none for the session's route (nofailover). */
export type NoPick = 'empty' | 'none' | 'route';

/** What a request tells the balancer; a Job is one. */
export interface Asking extends Asker {
  /** Path and query the member will be asked for. */
  readonly path: string;
  /** The request's Cookie field. */
  readonly cookies: string | undefined;
}

const NOBODY: readonly number[] = [];
/** Retries at a time that a budget allows however few requests are under way. */
const FEWEST_RETRIES = 3;
/** Ms: a failure that took longer says something about the member's speed. */
const FAILED_SLOWLY = 500;

export class Balancer {
  readonly settings: BalancerSettings;
  /** Of the last pick: the route the request asked for and the name it was found under, or empty. */
  route = '';
  routeName = '';
  /** Of the last pick: did the session land on another route than it asked for? */
  isRouteChanged = false;
  /** Words for the log that the last pick has left, or empty. */
  notice = '';
  /** Some member may answer while a request is still coming: none is kept back for its body. */
  converses: boolean;
  readonly #board: Scoreboard;
  readonly #live: LiveSettings | undefined;
  #members: readonly MemberSettings[];
  #method: Method;
  #bySlot: ReadonlyMap<number, MemberSettings>;
  /** Live settings and the method as last adopted. */
  #epoch = 0;
  #lbmethod: string;
  /** How much of what is wrong with members is overlooked now (EdgePanicThreshold). */
  #overlooked = 0;
  /** Slots, of the selection that is going on. */
  readonly #candidates: number[] = [];
  readonly #spares: number[] = [];
  readonly #standbys: number[] = [];

  /**
   * members  of this balancer, in configuration order
   * live     where changes come from while drover runs; undefined: there are none
   */
  constructor(
    settings: BalancerSettings,
    members: readonly MemberSettings[],
    board: Scoreboard,
    live?: LiveSettings,
  ) {
    this.settings = settings;
    this.#live = live;
    this.#members = members;
    this.converses = members.some(isHttp2);
    this.#board = board;
    this.#bySlot = new Map(members.map((member) => [member.slot, member]));
    this.#lbmethod = settings.lbmethod;
    this.#method = this.#createMethod();
  }

  #createMethod(): Method {
    return createMethod(this.#lbmethod, {
      nameOf: (slot) => this.#bySlot.get(slot)?.name ?? '',
      random: Math.random,
    });
  }

  /** Somebody has changed settings while drover runs: members, method and the rest anew. */
  #adopt(live: LiveSettings): void {
    this.#epoch = live.refresh();
    this.#members = live.membersOf(this.settings.row);
    this.converses = this.#members.some(isHttp2);
    this.#bySlot = new Map(this.#members.map((member) => [member.slot, member]));
    this.#lbmethod = this.settings.lbmethod;
    this.#method = this.#createMethod();
  }

  /** Does anything here decide by how members answer? Only then `hear` need be called. */
  get hears(): boolean {
    return this.#method.observesTime === true || this.settings.outlier !== undefined;
  }

  /**
   * A member has answered, or has failed to.
   * status  of the answer, 0 for none;  time  ms from the request to the answer's head;  now  ms since the epoch
   * returns words for the log when the member is left alone from now on
   */
  hear(slot: number, status: number, time: number, now: number): string | undefined {
    // A refusal within a millisecond does not make a member quick.
    if (this.#method.observesTime === true && (status !== 0 || time > FAILED_SLOWLY))
      this.#board.observeTime(slot, time, now);
    const { outlier, lock } = this.settings;
    if (outlier === undefined) return undefined;
    return observeOutcome(outlier, this.#board, this.#members, lock, slot, status, now);
  }

  /** May one more request be tried again (EdgeRetryBudget)? Then giveRetries when it has ended. */
  takeRetry(): boolean {
    const { retryBudget, row } = this.settings;
    if (retryBudget === undefined) return true;
    let live = 0;
    for (const member of this.#members) live += this.#board.busyOf(member.slot);
    return this.#board.life.takeRetry(row, Math.max(Math.floor(retryBudget * live), FEWEST_RETRIES));
  }

  giveRetries(count: number): void {
    if (this.settings.retryBudget !== undefined) this.#board.life.giveRetries(this.settings.row, count);
  }

  get size(): number {
    return this.#members.length;
  }

  /** Extra tries after the first. */
  get maxattempts(): number {
    return this.settings.maxattempts ?? defaultAttempts(this.settings);
  }

  /**
   * Picks a member and counts it as elected.
   * now    ms since the epoch
   * tried  slots that the request has been at already and shall not be given again
   */
  pick(asking: Asking, now: number, tried: readonly number[] = NOBODY): MemberSettings | NoPick {
    if (this.#live !== undefined && this.#board.records.epoch() !== this.#epoch) this.#adopt(this.#live);
    const { sticky } = this.settings;
    this.route = '';
    this.routeName = '';
    this.isRouteChanged = false;
    if (this.#members.length === 0) return 'empty';
    this.#forceRecovery(now);
    if (this.settings.panic !== undefined) this.#lookForPanic(this.settings.panic, now);
    if (sticky !== undefined) {
      const session = sessionRoute(asking.path, asking.cookies, sticky);
      if (session !== undefined) {
        this.route = session.route;
        this.routeName = session.name;
        const member = this.#memberOfRoute(session.route, now, 0);
        if (member !== undefined && !tried.includes(member.slot)) {
          this.isRouteChanged = member.route !== session.route;
          this.#chargeSession(member);
          return member;
        }
        if (this.settings.nofailover && this.#members.some((m) => m.route === session.route)) return 'route';
      }
    }
    let best = this.#best(asking, now, tried);
    if (best === undefined && this.#overlooked !== 0) {
      this.#overlooked |= STATUS.E;
      best = this.#best(asking, now, tried);
    }
    if (best === undefined) return 'none';
    this.isRouteChanged = sticky !== undefined;
    return best;
  }

  /**
   * With every member in error a balancer forgets the errors rather than to refuse (forcerecovery).
   * Members whose retry time is over leave the error state here too.
   */
  #forceRecovery(now: number): void {
    for (const member of this.#members) {
      if ((this.#board.statusOf(member.slot) & STATUS.E) === 0 || this.#mayRetry(member, now)) return;
    }
    if (!this.settings.forcerecovery) return;
    for (const member of this.#members) this.#board.clearError(member.slot);
  }

  /** Takes a member out of error when its retry time is over; true when it is not in error any more. */
  #mayRetry(member: MemberSettings, now: number): boolean {
    const status = this.#board.statusOf(member.slot);
    if ((status & STATUS.E) === 0) return true;
    if ((status & STATUS.S) !== 0) return false;
    if ((status & STATUS.I) === 0 && now <= this.#errorEnd(member)) return false;
    this.#board.clearError(member.slot);
    return true;
  }

  /** An ejection has its own time, an error retry's. */
  #errorEnd(member: MemberSettings): number {
    const failedAt = this.#board.errorTimeOf(member.slot);
    const ejectedUntil = this.#board.life.ejectedUntilOf(member.slot);
    return ejectedUntil > failedAt ? ejectedUntil : failedAt + member.retry;
  }

  /**
   * With too few usable members left, those that are out by a health check or by ejection are better than none: the few
   * would drown. Members that an operator has disabled or stopped stay out.
   */
  #lookForPanic(threshold: number, now: number): void {
    let all = 0;
    let usable = 0;
    this.#overlooked = 0;
    for (const member of this.#members) {
      if ((this.#board.statusOf(member.slot) & (STATUS.D | STATUS.S)) !== 0) continue;
      all += 1;
      if (this.#isUsable(member, now)) usable += 1;
    }
    const isPanic = usable < threshold * all;
    if (isPanic) this.#overlooked = STATUS.C;
    if (!this.#board.life.setPanic(this.settings.row, isPanic)) return;
    const { name } = this.settings;
    this.notice = isPanic
      ? `${name}: ${usable} of ${all} members usable, less than EdgePanicThreshold: health checks and ejections are overlooked`
      : `${name}: ${usable} of ${all} members usable: health checks and ejections count again`;
  }

  /** Usable now, or once its retry time is found to be over? */
  #isUsable(member: MemberSettings, now: number): boolean {
    const status = this.#board.statusOf(member.slot);
    if (isUsable(status)) return true;
    if (this.#overlooked !== 0) {
      const ejected = this.#board.life.isEjected(member.slot) ? STATUS.E : 0;
      if (isUsable(status & ~(this.#overlooked | ejected))) return true;
    }
    return (
      (status & STATUS.E) !== 0 && this.#mayRetry(member, now) && isUsable(this.#board.statusOf(member.slot))
    );
  }

  #memberOfRoute(route: string, now: number, depth: number): MemberSettings | undefined {
    if (depth > this.#members.length) return undefined;
    for (const isStandbyPass of [false, true]) {
      for (const member of this.#members) {
        if (member.route !== route) continue;
        if (((this.#board.statusOf(member.slot) & STATUS.H) !== 0) !== isStandbyPass) continue;
        if (this.#isUsable(member, now)) return member;
        if (member.redirect === '') continue;
        const other = this.#memberOfRoute(member.redirect, now, depth + 1);
        if (other !== undefined) return other;
      }
    }
    return undefined;
  }

  /** A session's request counts in the method's books as if it had been picked. */
  #chargeSession(winner: MemberSettings): void {
    const board = this.#board;
    board.lock(this.settings.lock);
    let total = 0;
    for (const member of this.#members) {
      if (!isUsable(board.statusOf(member.slot))) continue;
      const factor = board.lbfactorOf(member.slot);
      board.addLbstatus(member.slot, factor);
      total += factor;
    }
    if (board.addLbstatus(winner.slot, -total) < LEAST_LBSTATUS)
      board.easeLbstatus(this.#members.map(({ slot }) => slot));
    board.elect(winner.slot);
    board.enter(winner.slot);
    board.unlock(this.settings.lock);
  }

  #best(asking: Asking, now: number, tried: readonly number[]): MemberSettings | undefined {
    const board = this.#board;
    const { lock } = this.settings;
    board.lock(lock);
    let best = -1;
    if (this.#method.ignoresSets === true) {
      if (this.#collectAll(now, tried)) best = this.#method.pick(board, this.#candidates, asking, now);
    } else {
      for (let set = 0; best < 0 && (set === 0 || set <= this.#highestSet()); set += 1) {
        if (this.#collectSet(set, now, tried)) best = this.#method.pick(board, this.#candidates, asking, now);
      }
    }
    if (best >= 0) {
      board.elect(best);
      board.enter(best);
    }
    board.unlock(lock);
    return best < 0 ? undefined : this.#bySlot.get(best);
  }

  #highestSet(): number {
    let highest = 0;
    for (const member of this.#members) highest = Math.max(highest, this.#board.lbsetOf(member.slot));
    return highest;
  }

  /** Candidates of a method that looks at every member; false for none. */
  #collectAll(now: number, tried: readonly number[]): boolean {
    clear(this.#candidates);
    for (const member of this.#members) {
      if (this.#isUsable(member, now) && !tried.includes(member.slot)) this.#candidates.push(member.slot);
    }
    return this.#candidates.length > 0;
  }

  /** Candidates of a set: its members, as many spares as members are unusable, or else the standbys; false for none. */
  #collectSet(set: number, now: number, tried: readonly number[]): boolean {
    const board = this.#board;
    const candidates = this.#candidates;
    let unusable = 0;
    clear(candidates);
    clear(this.#spares);
    clear(this.#standbys);
    for (let i = 0; i < this.#members.length; i += 1) {
      const member = this.#members[i] as MemberSettings;
      const { slot } = member;
      if (board.lbsetOf(slot) !== set) continue;
      const status = board.statusOf(slot);
      const isReserve = (status & (STATUS.R | STATUS.H)) !== 0;
      if ((status & STATUS.N) !== 0) {
        if (!isReserve) unusable += 1;
        continue;
      }
      const usable =
        (isUsable(status) || this.#isUsable(member, now)) && (tried.length === 0 || !tried.includes(slot));
      if (isReserve) {
        if (usable) ((status & STATUS.R) !== 0 ? this.#spares : this.#standbys).push(slot);
      } else if (usable) candidates.push(slot);
      else unusable += 1;
    }
    for (let i = 0; i < this.#spares.length && i < unusable; i += 1) {
      candidates.push(this.#spares[i] as number);
    }
    if (candidates.length === 0) for (const standby of this.#standbys) candidates.push(standby);
    return candidates.length > 0;
  }
}

/** Empties a list that is filled anew at each pick: `length = 0` gives its memory away, and goes through the runtime. */
function clear(list: number[]): void {
  while (list.length > 0) list.pop();
}
