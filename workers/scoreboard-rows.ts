/**
 * A member's row as a whole: read for a successor, written where one begins, and added to when what a predecessor counted
 * late arrives. What is open or under way in another process is left out. Thread: control.
 */
import { STATUS } from './member.js';
import { M, MB, MEMBER_BIGS, MEMBER_INTS } from './scoreboard-layout.js';

/** The columns of one row, shared. */
export interface RowView {
  ints: Int32Array;
  bigs: BigInt64Array;
}

/** Columns of what happens in one process alone, and of what configuration and operator say. */
const OWN: ReadonlySet<number> = new Set([
  ...[M.busy, M.inUse, M.open, M.waiting],
  ...[M.status, M.lbfactor, M.lbset, M.factor],
]);
/** Flags that members get by what happens to them. */
const HAPPENED = STATUS.E | STATUS.C;
/** Columns that only ever grow. */
const COUNTS = [MB.elected, MB.errors, MB.sent, MB.read, MB.requests];

/** Every column, Int32 ones first, as plain numbers. */
export function columnsOf({ ints, bigs }: RowView): number[] {
  return [
    ...Array.from({ length: MEMBER_INTS }, (_, column) => Atomics.load(ints, column)),
    ...Array.from({ length: MEMBER_BIGS }, (_, column) => Number(Atomics.load(bigs, column))),
  ];
}

/** Writes what columnsOf gave, but for settings, whose columns stay; before any worker looks. */
export function restoreColumns({ ints, bigs }: RowView, columns: readonly number[]): void {
  for (let column = 0; column < MEMBER_INTS; column++) {
    if (!OWN.has(column)) Atomics.store(ints, column, columns[column] ?? 0);
  }
  Atomics.or(ints, M.status, (columns[M.status] ?? 0) & HAPPENED);
  for (let column = 0; column < MEMBER_BIGS; column++) {
    Atomics.store(bigs, column, whole(columns[MEMBER_INTS + column]));
  }
}

/** Adds what a predecessor counted between two looks at its row. */
export function addCounts({ bigs }: RowView, before: readonly number[], after: readonly number[]): void {
  for (const column of COUNTS) {
    const more = whole(after[MEMBER_INTS + column]) - whole(before[MEMBER_INTS + column]);
    if (more > 0n) Atomics.add(bigs, column, more);
  }
}

function whole(value = 0): bigint {
  return BigInt(Math.floor(value));
}
