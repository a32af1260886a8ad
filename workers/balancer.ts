/**
 * Which member serves a request: session route first, then the balancing method over the candidates. Sets are tried from
 * 0 up; a set's hot spares replace as many members as are unusable in it, its hot standbys serve when it has nothing
 * else, so that a standby of set 0 comes before a regular member of set 1. Drained members are only found by their route.
 *
 * Everything that decides lies on the scoreboard, so that all threads decide as one; the balancer's lock is held from
 * the first comparison to the charge. A pick allocates only when a session route was found.
 * Source: httpd 2.4, mod_proxy_balancer. Any worker thread.
 */
import type { BalancerSettings } from './balancer-settings.js';
import { isUsable, type MemberSettings, STATUS } from './member.js';
import type { Method } from './methods/method.js';
import { createMethod } from './methods/registry.js';
import type { Scoreboard } from './scoreboard.js';
import { sessionRoute } from './sticky.js';

/** Why nobody was picked: no members at all, none usable, or none for the session's route (nofailover). */
export type NoPick = 'empty' | 'none' | 'route';

export class Balancer {
  readonly settings: BalancerSettings;
  /** Of the last pick: the route the request asked for and the name it was found under, or empty. */
  route = '';
  routeName = '';
  /** Of the last pick: did the session land on another route than it asked for? */
  isRouteChanged = false;
  readonly #board: Scoreboard;
  readonly #members: readonly MemberSettings[];
  readonly #method: Method;
  readonly #spares: number[] = [];
  readonly #standbys: number[] = [];

  /** members  of this balancer, in configuration order */
  constructor(settings: BalancerSettings, members: readonly MemberSettings[], board: Scoreboard) {
    this.settings = settings;
    this.#members = members;
    this.#board = board;
    this.#method = createMethod(settings.lbmethod);
  }

  get size(): number {
    return this.#members.length;
  }

  /** Extra tries after the first. */
  get maxattempts(): number {
    return this.settings.maxattempts ?? Math.max(this.#members.length - 1, 0);
  }

  /**
   * Picks a member and counts it as elected.
   * url      path and query the member will be asked for
   * cookies  the request's Cookie field
   * now      ms since the epoch
   */
  pick(url: string, cookies: string | undefined, now: number): MemberSettings | NoPick {
    const { sticky } = this.settings;
    this.route = '';
    this.routeName = '';
    this.isRouteChanged = false;
    if (this.#members.length === 0) return 'empty';
    this.#forceRecovery(now);
    if (sticky !== undefined) {
      const session = sessionRoute(url, cookies, sticky);
      if (session !== undefined) {
        this.route = session.route;
        this.routeName = session.name;
        const member = this.#memberOfRoute(session.route, now, 0);
        if (member !== undefined) {
          this.isRouteChanged = member.route !== session.route;
          this.#chargeSession(member);
          return member;
        }
        if (this.settings.nofailover && this.#members.some((m) => m.route === session.route)) return 'route';
      }
    }
    const best = this.#best(now);
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
    if ((status & STATUS.I) === 0 && now <= this.#board.errorTimeOf(member.slot) + member.retry) return false;
    this.#board.clearError(member.slot);
    return true;
  }

  /** Usable now, or once its retry time is found to be over? */
  #isUsable(member: MemberSettings, now: number): boolean {
    const status = this.#board.statusOf(member.slot);
    if (isUsable(status)) return true;
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
    board.addLbstatus(winner.slot, -total);
    board.elect(winner.slot);
    board.enter(winner.slot);
    board.unlock(this.settings.lock);
  }

  #best(now: number): MemberSettings | undefined {
    const board = this.#board;
    board.lock(this.settings.lock);
    this.#method.begin();
    let best: MemberSettings | undefined;
    let highest = 0;
    for (let set = 0; best === undefined && set <= highest; set += 1) {
      highest = this.#highestSet();
      best = this.#bestOfSet(set, now);
    }
    if (best !== undefined) {
      this.#method.charge(board, best.slot);
      board.elect(best.slot);
      board.enter(best.slot);
    }
    board.unlock(this.settings.lock);
    return best;
  }

  #highestSet(): number {
    let highest = 0;
    for (const member of this.#members) highest = Math.max(highest, this.#board.lbsetOf(member.slot));
    return highest;
  }

  #bestOfSet(set: number, now: number): MemberSettings | undefined {
    const board = this.#board;
    let best: MemberSettings | undefined;
    let unusable = 0;
    this.#spares.length = 0;
    this.#standbys.length = 0;
    for (let i = 0; i < this.#members.length; i += 1) {
      const member = this.#members[i] as MemberSettings;
      if (board.lbsetOf(member.slot) !== set) continue;
      const status = board.statusOf(member.slot);
      const isReserve = (status & (STATUS.R | STATUS.H)) !== 0;
      if ((status & STATUS.N) !== 0) {
        if (!isReserve) unusable += 1;
        continue;
      }
      const usable = this.#isUsable(member, now);
      if (isReserve) {
        if (usable) ((status & STATUS.R) !== 0 ? this.#spares : this.#standbys).push(i);
      } else if (!usable) unusable += 1;
      else if (this.#method.isBetter(board, member.slot, best?.slot ?? -1)) best = member;
    }
    for (let i = 0; i < this.#spares.length && i < unusable; i += 1) {
      best = this.#better(this.#spares[i] as number, best);
    }
    if (best !== undefined) return best;
    for (const standby of this.#standbys) best = this.#better(standby, best);
    return best;
  }

  #better(index: number, best: MemberSettings | undefined): MemberSettings | undefined {
    const member = this.#members[index] as MemberSettings;
    return this.#method.isBetter(this.#board, member.slot, best?.slot ?? -1) ? member : best;
  }
}
