/**
 * What live changes outlive, all of it: every successor of the edge process (a graceful restart, an upgrade, one that
 * died), whatever the file says by then, and with BalancerPersist On a stop and start too. They are kept as text: only what
 * differs from the configuration, by names of balancers and members, so that it fits a file that was edited meanwhile.
 * The control thread writes it down after each change and hands it to the supervisor, which gives it to the next generation
 * and puts it into a file where BalancerPersist asks for that (edge/process/kept-file.ts).
 *
 * What was changed live wins over what the file says, as httpd's BalancerPersist has it; each such difference is told at
 * start, and the page marks it and can undo it. What no longer has a balancer or member is dropped and told. What merely
 * happened to members (errors, counters) goes its own way: workers/carry.ts.
 * httpd differs: it keeps all values of a balancer, so that edits of others are overridden too; and a graceful restart
 * without BalancerPersist forgets them all, which would put a drained member back to work with every renewed certificate.
 * Control thread.
 */
import type { BalancerSettings } from '../../workers/balancer-settings.js';
import type { BalancerChanges, MemberChanges } from '../../workers/live-settings.js';
import { type MemberSettings, STATUS } from '../../workers/member.js';
import type { Overview } from './overview.js';
import { LETTERS, type Letter } from './status-text.js';

interface KeptMember extends MemberChanges {
  lbfactor?: number;
  lbset?: number;
  flags?: Partial<Record<Letter, boolean>>;
}

interface KeptBalancer extends BalancerChanges {
  members?: Record<string, KeptMember>;
}

interface Kept {
  version: 1;
  balancers: Record<string, KeptBalancer>;
}

/** Health checks decide C anew. */
const KEPT_LETTERS = LETTERS.filter((letter) => letter !== 'C');

/** Vhosts may have balancers of one name: the second is `balancer://x#2`. */
function keysOf(balancers: readonly BalancerSettings[]): string[] {
  const seen = new Map<string, number>();
  return balancers.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}

/** All that was changed; empty when nothing was. */
export function keptText(overview: Overview): string {
  const { live } = overview;
  live.refresh();
  const kept: Kept = { version: 1, balancers: {} };
  const keys = keysOf(live.balancers);
  // Members that several balancers share are kept once.
  const done = new Set<number>();
  for (const { row } of live.balancers) {
    const members: Record<string, KeptMember> = {};
    for (const member of live.membersOf(row)) {
      if (done.has(member.slot)) continue;
      done.add(member.slot);
      const changes = memberChanges(overview, member);
      if (Object.keys(changes).length > 0) members[member.name] = changes;
    }
    const changes: KeptBalancer = live.changesOfBalancer(row);
    if (Object.keys(members).length > 0) changes.members = members;
    if (Object.keys(changes).length > 0) kept.balancers[keys[row] as string] = changes;
  }
  return Object.keys(kept.balancers).length === 0 ? '' : JSON.stringify(kept, undefined, 1);
}

function memberChanges({ board, live }: Overview, member: MemberSettings): KeptMember {
  const { slot } = member;
  const changes: KeptMember = live.changesOfMember(slot);
  if (changes.isLeaving === true) return {};
  const base = live.configuredMember(slot) ?? changes.added;
  if (base === undefined) return changes;
  if (board.lbfactorOf(slot) !== base.lbfactor) changes.lbfactor = board.lbfactorOf(slot);
  if (board.lbsetOf(slot) !== base.lbset) changes.lbset = board.lbsetOf(slot);
  const status = board.statusOf(slot);
  const flags: KeptMember['flags'] = {};
  for (const letter of KEPT_LETTERS) {
    const isSet = (status & STATUS[letter]) !== 0;
    if (isSet !== ((base.status & STATUS[letter]) !== 0)) flags[letter] = isSet;
  }
  if (Object.keys(flags).length > 0) changes.flags = flags;
  return changes;
}

/**
 * Makes the changes again, before any thread looks.
 * say     hears of each difference from the configuration, and of what could not be kept
 * errors  none: a text that cannot be read is told and dropped
 */
export function restoreChanges(overview: Overview, text: string, say: (line: string) => void): void {
  let kept: Kept;
  try {
    kept = JSON.parse(text) as Kept;
    if ((kept.version as number) !== 1) throw new SyntaxError(`version ${kept.version}`);
  } catch (error) {
    say(`live changes that were kept cannot be read, and are dropped: ${String(error)}`);
    return;
  }
  const keys = keysOf(overview.live.balancers);
  for (const [key, { members = {}, ...changes }] of Object.entries(kept.balancers)) {
    const row = keys.indexOf(key);
    if (row < 0) {
      say(`${key}: live changes are dropped: there is no such balancer any more`);
      continue;
    }
    if (Object.keys(changes).length > 0) {
      overview.live.changeBalancer(row, changes);
      say(`${key}: changed live and kept: ${Object.keys(changes).join(', ')}`);
    }
    for (const [name, member] of Object.entries(members)) {
      say(`${key} ${name}: ${restoreMember(overview, row, name, member)}`);
    }
  }
}

/** Returns what became of it. */
function restoreMember(overview: Overview, row: number, name: string, kept: KeptMember): string {
  const { board, live } = overview;
  const { lbfactor, lbset, flags = {}, ...changes } = kept;
  const known = live.membersOf(row).find((member) => member.name === name);
  let slot = known?.slot;
  if (known === undefined) {
    if (changes.added === undefined) return 'live changes are dropped: there is no such member any more';
    slot = live.growthSlots(row).find((each) => live.memberAt(each) === undefined);
    if (slot === undefined) return 'the member that was added live is dropped: no spare slot is free';
    changes.added = { ...changes.added, slot };
    board.reseed(changes.added);
  } else delete changes.added;
  if (slot === undefined) return 'dropped';
  if (Object.keys(changes).length > 0) live.changeMember(slot, changes);
  if (lbfactor !== undefined) {
    board.set(slot, 'lbfactor', lbfactor);
    board.set(slot, 'factor', lbfactor);
  }
  if (lbset !== undefined) board.set(slot, 'lbset', lbset);
  for (const letter of KEPT_LETTERS) {
    if (flags[letter] === true) board.setStatus(slot, STATUS[letter]);
    else if (flags[letter] === false) board.clearStatus(slot, STATUS[letter]);
  }
  return `changed live and kept: ${Object.keys(kept).join(', ')}`;
}
