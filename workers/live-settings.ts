/**
 * Settings that may change while drover runs: what a configuration said, and over it what live control (management page,
 * API, command) has changed. status, lbfactor and lbset lie on the scoreboard as numbers, because every pick reads them;
 * all else is a record of text on the scoreboard, read again only when its epoch has grown.
 *
 *   whoever changes: record → epoch + 1        every other thread, at its next pick: epoch seen? no → read the records
 *
 * Each thread has one LiveSettings. Its settings objects are changed in place, so that whoever holds one (a pool, a
 * balancer) sees the change. A member that was added lives in one of the balancer's spare slots (growth), and its record
 * carries all its settings; when it is taken out, its slot becomes free after its last request.
 */
import { type BalancerSettings, defaultAttempts, type StickySettings } from './balancer-settings.js';
import { type HealthChange, type HealthCheckSettings, type MemberSettings, NO_CHECK } from './member.js';
import type { Scoreboard } from './scoreboard.js';

/** What was changed of a balancer; absent: as configured. */
export interface BalancerChanges {
  lbmethod?: string;
  /** null: none. */
  sticky?: StickySettings | null;
  nofailover?: boolean;
  timeout?: number;
  maxattempts?: number;
}

/** What was changed of a member; absent: as configured. */
export interface MemberChanges {
  route?: string;
  redirect?: string;
  health?: HealthChange;
  /** All settings of a member that was added. */
  added?: MemberSettings;
  /** It is being taken out: no new requests, and its slot is free after the last one. */
  isLeaving?: boolean;
}

/** Hears of members that have come to or gone from a slot; undefined: gone. */
export type MemberHearer = (slot: number, member: MemberSettings | undefined) => void;

export interface LiveBase {
  balancers: readonly BalancerSettings[];
  /** By slot; free growth slots have no entry. */
  members: readonly MemberSettings[];
  slots: number;
}

export class LiveSettings {
  /** As they are now, by row; the objects stay the same for the thread's life. */
  readonly balancers: readonly BalancerSettings[];
  readonly #base: LiveBase;
  readonly #members: (MemberSettings | undefined)[] = [];
  readonly #board: Scoreboard;
  /** Row of the balancer that a growth slot belongs to. */
  readonly #rowOfGrowth = new Map<number, number>();
  /** Records as last read; balancers, then slots. */
  readonly #seen: string[] = [];
  /** What was read of members that were added, by slot. */
  readonly #added = new Map<number, string>();
  #epoch = 0;
  #onMember: MemberHearer = () => {};

  constructor(base: LiveBase, board: Scoreboard) {
    this.#base = base;
    this.#board = board;
    this.balancers = base.balancers.map((balancer) => ({
      ...balancer,
      members: [...balancer.members],
      maxattempts: balancer.maxattempts ?? defaultAttempts(balancer),
    }));
    for (const member of base.members) this.#members[member.slot] = { ...member };
    let slot = base.members.length;
    for (const { row, growth } of base.balancers) {
      for (let n = 0; n < growth; n += 1, slot += 1) this.#rowOfGrowth.set(slot, row);
    }
    this.refresh();
  }

  /** What a member's or balancer's line says, whatever has been changed since; undefined for one that was added. */
  configuredMember(slot: number): MemberSettings | undefined {
    return this.#base.members.find((member) => member.slot === slot);
  }

  configuredBalancer(row: number): BalancerSettings {
    return this.#base.balancers[row] as BalancerSettings;
  }

  /** Members that have a slot now, in order of slots. */
  get members(): MemberSettings[] {
    return this.#members.filter((member) => member !== undefined);
  }

  /** How a member is checked, or would be: what was said of it stays while the method is NONE. */
  healthOf(slot: number): HealthChange {
    return (
      this.changesOfMember(slot).health ??
      this.configuredMember(slot)?.health ??
      this.#members[slot]?.health ??
      NO_CHECK
    );
  }

  memberAt(slot: number): MemberSettings | undefined {
    return this.#members[slot];
  }

  membersOf(row: number): MemberSettings[] {
    const { members } = this.balancers[row] as BalancerSettings;
    return members.flatMap((slot) => this.#members[slot] ?? []);
  }

  /** Growth slots of a balancer, used or not. */
  growthSlots(row: number): number[] {
    return [...this.#rowOfGrowth].filter(([, of]) => of === row).map(([slot]) => slot);
  }

  /** From now on hears of members that come and go; called at once with those that were added already. */
  hear(onMember: MemberHearer): void {
    this.#onMember = onMember;
    for (const slot of this.#rowOfGrowth.keys()) {
      const member = this.#members[slot];
      if (member !== undefined) onMember(slot, member);
    }
  }

  /** Reads the records anew if any has changed. returns the epoch that is now in force */
  refresh(): number {
    const epoch = this.#board.records.epoch();
    if (epoch === this.#epoch) return epoch;
    this.#epoch = epoch;
    const { balancers } = this;
    for (let slot = 0; slot < this.#base.slots; slot += 1) {
      const at = balancers.length + slot;
      const text = this.#board.records.ofMember(slot);
      if (text === (this.#seen[at] ?? '')) continue;
      this.#seen[at] = text;
      this.#adoptMember(slot, parse<MemberChanges>(text));
    }
    for (const balancer of balancers) {
      const text = this.#board.records.ofBalancer(balancer.row);
      if (text === (this.#seen[balancer.row] ?? '')) continue;
      this.#seen[balancer.row] = text;
      adoptBalancer(balancer, this.configuredBalancer(balancer.row), parse<BalancerChanges>(text));
    }
    return epoch;
  }

  #adoptMember(slot: number, changes: MemberChanges): void {
    const row = this.#rowOfGrowth.get(slot);
    const base = row === undefined ? this.configuredMember(slot) : changes.added;
    const words = changes.added && JSON.stringify(changes.added);
    // The same one, unless it went and came again with other settings while this thread did not look.
    const isKnown = words === this.#added.get(slot);
    if (words === undefined) this.#added.delete(slot);
    else this.#added.set(slot, words);
    if (base !== undefined && isKnown && this.#members[slot]?.name === base.name) {
      adoptMember(this.#members[slot], base, changes);
      return;
    }
    if (row === undefined) return;
    if (this.#members[slot] !== undefined) this.#onMember(slot, undefined);
    const member = base === undefined ? undefined : { ...base };
    if (member !== undefined) adoptMember(member, member, changes);
    this.#members[slot] = member;
    const balancer = this.balancers[row] as BalancerSettings;
    balancer.members = [
      ...this.configuredBalancer(row).members,
      ...this.growthSlots(row).filter((each) => this.#members[each] !== undefined),
    ];
    if (member !== undefined) this.#onMember(slot, member);
  }

  // --- changes; thread: any, one change at a time is enough: the last one wins

  changesOfMember(slot: number): MemberChanges {
    return parse<MemberChanges>(this.#board.records.ofMember(slot));
  }

  changesOfBalancer(row: number): BalancerChanges {
    return parse<BalancerChanges>(this.#board.records.ofBalancer(row));
  }

  /** Replaces what is changed of a member; an empty object: as configured, or the slot is free. */
  changeMember(slot: number, changes: MemberChanges): void {
    this.#board.records.writeMember(slot, textOf(changes));
    this.refresh();
  }

  /** Gives a free slot to a member that is added; false when another thread was first. prepare: makes its row, must not throw */
  claimSlot(added: MemberSettings, prepare: () => void): boolean {
    const isMine = this.#board.records.claimMember(added.slot, textOf({ added }), prepare);
    this.refresh();
    return isMine;
  }

  changeBalancer(row: number, changes: BalancerChanges): void {
    this.#board.records.writeBalancer(row, textOf(changes));
    this.refresh();
  }
}

function textOf(changes: object): string {
  return Object.keys(changes).length === 0 ? '' : JSON.stringify(changes);
}

function parse<Changes extends object>(text: string): Changes {
  return (text === '' ? {} : JSON.parse(text)) as Changes;
}

function isCheck(health: HealthChange): health is HealthCheckSettings {
  return health.method !== 'NONE';
}

function adoptMember(member: MemberSettings, base: MemberSettings, changes: MemberChanges): void {
  member.route = changes.route ?? base.route;
  member.redirect = changes.redirect ?? base.redirect;
  const health = changes.health ?? base.health;
  if (health === undefined || !isCheck(health)) delete member.health;
  else member.health = health;
}

function adoptBalancer(balancer: BalancerSettings, base: BalancerSettings, changes: BalancerChanges): void {
  balancer.lbmethod = changes.lbmethod ?? base.lbmethod;
  balancer.nofailover = changes.nofailover ?? base.nofailover;
  balancer.timeout = changes.timeout ?? base.timeout;
  const sticky = changes.sticky === undefined ? base.sticky : (changes.sticky ?? undefined);
  if (sticky === undefined) delete balancer.sticky;
  else balancer.sticky = sticky;
  balancer.maxattempts = changes.maxattempts ?? base.maxattempts ?? defaultAttempts(base);
}
