/**
 * What a server costs, read from /proc: processor time and memory of a process and all its descendants. Processor time
 * is utime + stime of every thread (the kernel adds threads up in the process's own line), plus that of children which
 * have ended and were waited for. The kernel scales both so that their sum is exact to one clock tick.
 *
 * Source: proc_pid_stat(5), proc_pid_smaps(5).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessRow {
  pid: number;
  parent: number;
  /** utime + stime + cutime + cstime, in clock ticks. */
  ticks: number;
}

/** Parses one line of /proc/PID/stat. The name in brackets may hold blanks and brackets: it ends at the last one. */
export function parseStat(line: string): ProcessRow {
  const pid = Number.parseInt(line, 10);
  const columns = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const column = (index: number): number => Number(columns[index]);
  return { pid, parent: column(1), ticks: column(11) + column(12) + column(13) + column(14) };
}

/** Proportional set size in bytes out of /proc/PID/smaps_rollup: memory shared by n processes counts 1/n for each. */
export function parsePss(text: string): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

/** root and all its descendants among rows. */
export function treeOf(root: number, rows: readonly ProcessRow[]): ProcessRow[] {
  const members = new Set([root]);
  for (let before = 0; before !== members.size; ) {
    before = members.size;
    for (const { pid, parent } of rows) if (members.has(parent)) members.add(pid);
  }
  return rows.filter(({ pid }) => members.has(pid));
}

let ticksPerSecond: number | undefined;

/** Processor time used so far by a process tree, in microseconds. */
export function cpuMicros(root: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const ticks = treeOf(root, readRows()).reduce((sum, row) => sum + row.ticks, 0);
  return (ticks * 1e6) / ticksPerSecond;
}

/** Memory of a process tree, in bytes. */
export function memoryBytes(root: number): number {
  return treeOf(root, readRows()).reduce(
    (sum, { pid }) => sum + parsePss(readProc(`${pid}/smaps_rollup`)),
    0,
  );
}

function readRows(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readProc(`${pid}/stat`))
    .filter((line) => line !== '')
    .map(parseStat);
}

/** Empty when the process has ended meanwhile. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
