/**
 * The PID file: who writes it, whether the process in it is still ours, and who may remove it. It is written under another
 * name and renamed into place, so a reader never sees half a number. A file left by a machine that lost power may name a
 * process that is something else today: a number counts as running only while that process calls itself drover
 * (supervisor.ts sets the title). Supervisor process and -k commands.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EdgeError, messageOf } from '../errors.js';

/** The supervisor's process title. */
export const PROCESS_NAME = 'drover';
/** The title of an edge process, and of one that waits to become one. */
export const EDGE_NAME = `${PROCESS_NAME}-edge`;
export const SPARE_NAME = `${PROCESS_NAME}-spare`;

/** The number in the file, whether or not such a process lives; undefined when there is none or it is no number. */
export function readPid(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
  const pid = /^\s*(\d+)\s*$/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** The pid of the drover that runs by this file, or undefined. */
export function runningPid(file: string): number | undefined {
  const pid = readPid(file);
  return pid !== undefined && pid > 0 && runs(pid) ? pid : undefined;
}

/** Does a drover of this number run, whatever the file says? It removes its file before it is gone. */
export function runs(pid: number): boolean {
  return isRunning(pid) && isDrover(pid);
}

/**
 * Writes this process's pid.
 * errors  EdgeError E_PIDFILE
 */
export function writePid(file: string, pid: number): void {
  const fresh = `${file}.${pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(fresh, `${pid}\n`, { mode: 0o644 });
    renameSync(fresh, file);
  } catch (error) {
    throw new EdgeError('E_PIDFILE', { file, reason: messageOf(error) }, error);
  }
}

/**
 * Writes this process's pid where no other drover runs by this file: one that was started at the same moment may have been
 * first since it was looked.
 * errors  EdgeError E_RUNNING, E_PIDFILE
 */
export function claimPid(file: string, pid: number): void {
  const other = runningPid(file);
  if (other !== undefined && other !== pid) throw new EdgeError('E_RUNNING', { pid: other });
  writePid(file, pid);
}

/** Removes the file if it still names this pid; a successor's file stays. */
export function removePid(file: string, pid: number): void {
  if (readPid(file) === pid) rmSync(file, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function isDrover(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0', 1)[0] === PROCESS_NAME;
  } catch {
    return true; // no /proc to ask: better to believe the file than to start twice
  }
}
