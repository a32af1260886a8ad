/** Another program in place of a test's own: SIGUSR2 to it, and who it is by then. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Appliance } from './appliance.js';
import { isAlive } from './process-run.js';

/** What the PID file says; 0 where there is none. */
export function pidOf(drover: Appliance): number {
  try {
    return Number(readFileSync(join(drover.folder, 'drover.pid'), 'latin1'));
  } catch {
    return 0;
  }
}

/** Puts another program in place of the one that runs; its pid, once it serves. */
export async function upgrade(drover: Appliance): Promise<number> {
  const before = pidOf(drover);
  process.kill(before, 'SIGUSR2');
  while (pidOf(drover) === before) await sleep(5);
  return pidOf(drover);
}

/** Ends a program that has taken over. */
export async function terminate(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  while (isAlive(pid)) await sleep(10);
}

/** All that still has a file of the test's folder open, of supervisors and edge processes: their logs. */
export function processesOf({ folder }: Appliance): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && hasOpen(pid, folder));
}

function hasOpen(pid: number, folder: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(folder),
    );
  } catch {
    return false; // it, or a descriptor of it, has gone since it was listed
  }
}
