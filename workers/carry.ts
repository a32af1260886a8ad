/**
 * What has happened to members, as a generation hands it to its successor: errors and failed checks, lbstatus, averages,
 * counters. Rows are found again by balancer and URL, since slots are numbered anew by every configuration. A member in
 * error stays in error until its retry time is over, and counters go on counting. Settings (flags, factor, set) are not
 * among it: the file says them, and over it what was changed live (edge/admin/kept-changes.ts).
 *
 * What the old generation counts after the handover (it still finishes requests) is added when it ends. Thread: control.
 */
import { type MemberSettings, STATUS } from './member.js';
import type { Scoreboard } from './scoreboard.js';
import { addCounts, columnsOf, restoreColumns } from './scoreboard-rows.js';

/** One member's row. Plain data: it is sent from process to process, and from one version of drover to the next. */
export interface CarriedMember {
  /** `balancer://name http://host:port`; a member without a balancer has the URL alone. */
  key: string;
  columns: number[];
}

export type Carried = CarriedMember[];

/** Balancers and members as they are now, those that were added live among them. */
interface Known {
  balancers: readonly { name: string; members: readonly number[] }[];
  members: readonly MemberSettings[];
}

/** Every member's row as it stands now. */
export function carry(board: Scoreboard, known: Known): Carried {
  return keyed(known).map(([key, { slot }]) => ({ key, columns: columnsOf(board.viewOf(slot)) }));
}

/** Writes what a predecessor carried into rows that have been seeded; members it did not know stay as they are. */
export function takeOver(board: Scoreboard, known: Known, carried: Carried): void {
  const rows = new Map(carried.map(({ key, columns }) => [key, columns]));
  for (const [key, { slot, health }] of keyed(known)) {
    const columns = rows.get(key);
    if (columns === undefined) continue;
    restoreColumns(board.viewOf(slot), columns);
    // A health check that is not configured any more would never pass.
    if (health === undefined) board.clearStatus(slot, STATUS.C);
  }
}

/** Adds what the predecessor counted between two looks at its rows. */
export function addLate(board: Scoreboard, known: Known, before: Carried, after: Carried): void {
  const slots = new Map(keyed(known).map(([key, member]) => [key, member.slot]));
  const earlier = new Map(before.map((row) => [row.key, row.columns]));
  for (const { key, columns } of after) {
    const slot = slots.get(key);
    const base = earlier.get(key);
    if (slot !== undefined && base !== undefined) addCounts(board.viewOf(slot), base, columns);
  }
}

/** Members by key, each row once: one that several balancers share goes by the first. */
function keyed({ balancers, members }: Known): [string, MemberSettings][] {
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
