/**
 * What a generation hands to its successor: the rows of its members, found again by balancer and URL, since slots are
 * numbered anew by every configuration. A member in error stays in error until its retry time is over, what
 * balancer-manager changed stays changed, lbstatus goes on where it was, and counters go on counting.
 *
 * What the file says wins where the file changed: flags, lbfactor and lbset of a row are carried only as long as the
 * line that defined the member still says the same. What the old generation counts after the handover (it still finishes
 * requests) is added when it ends.
 *
 * Source: httpd 2.4, mod_proxy_balancer, slots of unchanged balancers over a graceful restart. Thread: control.
 */
import type { BalancerSettings } from './balancer-settings.js';
import { type MemberSettings, STATUS } from './member.js';
import type { Scoreboard } from './scoreboard.js';
import { addCounts, columnsOf, restoreColumns } from './scoreboard-rows.js';

/** One member's row, with what its configuration said. Plain data: it is sent from process to process. */
export interface CarriedMember {
  /** `balancer://name http://host:port`; a member without a balancer has the URL alone. */
  key: string;
  status: number;
  lbfactor: number;
  lbset: number;
  columns: number[];
}

export type Carried = CarriedMember[];

interface Configured {
  balancers: readonly BalancerSettings[];
  members: readonly MemberSettings[];
}

/** The flags that only a row knows: they never come from a file. */
const LIVE_FLAGS = STATUS.E | STATUS.C | STATUS.U;

/** Every member's row as it stands now. */
export function carry(board: Scoreboard, configured: Configured): Carried {
  return keyed(configured).map(([key, member]) => ({
    key,
    status: member.status,
    lbfactor: member.lbfactor,
    lbset: member.lbset,
    columns: columnsOf(board.viewOf(member.slot)),
  }));
}

/** Writes what a predecessor carried into rows that have been seeded; members it did not know stay as they are. */
export function takeOver(board: Scoreboard, configured: Configured, carried: Carried): void {
  const known = new Map(carried.map((row) => [row.key, row]));
  for (const [key, member] of keyed(configured)) {
    const row = known.get(key);
    if (row === undefined) continue;
    const seeded = { lbfactor: board.lbfactorOf(member.slot), lbset: board.lbsetOf(member.slot) };
    restoreColumns(board.viewOf(member.slot), row.columns);
    const live = board.statusOf(member.slot);
    if (row.status !== member.status) {
      board.clearStatus(member.slot, -1);
      board.setStatus(member.slot, member.status | STATUS.O | (live & LIVE_FLAGS));
    }
    if (row.lbfactor !== member.lbfactor || row.lbset !== member.lbset) {
      board.set(member.slot, 'lbfactor', seeded.lbfactor);
      board.set(member.slot, 'factor', seeded.lbfactor);
      board.set(member.slot, 'lbset', seeded.lbset);
    }
    // A health check that is not configured any more would never pass.
    if (member.health === undefined) board.clearStatus(member.slot, STATUS.C);
  }
}

/** Adds what the predecessor counted between two looks at its rows. */
export function addLate(board: Scoreboard, configured: Configured, before: Carried, after: Carried): void {
  const slots = new Map(keyed(configured).map(([key, member]) => [key, member.slot]));
  const earlier = new Map(before.map((row) => [row.key, row.columns]));
  for (const { key, columns } of after) {
    const slot = slots.get(key);
    const base = earlier.get(key);
    if (slot !== undefined && base !== undefined) addCounts(board.viewOf(slot), base, columns);
  }
}

/** Members by key, each row once: one that several balancers share goes by the first. */
function keyed({ balancers, members }: Configured): [string, MemberSettings][] {
  const owners = new Map<number, string>();
  for (const balancer of balancers) {
    for (const slot of balancer.members) if (!owners.has(slot)) owners.set(slot, balancer.name);
  }
  const times = new Map<string, number>();
  return members.map((member) => {
    const name = `${owners.get(member.slot) ?? ''} ${member.name}`.trimStart();
    // The same balancer name may occur in several vhosts: the order of the file tells them apart.
    const time = times.get(name) ?? 0;
    times.set(name, time + 1);
    return [time === 0 ? name : `${name} #${time}`, member];
  });
}
