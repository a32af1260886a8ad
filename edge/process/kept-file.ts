/**
 * The file of BalancerPersist: live changes of balancers, beside the PID file, for root's and the supervisor's eyes only. It
 * is written whole to another name, synced and renamed, so that a crash leaves the old one or the new one, never half of
 * one. Supervisor.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Settings } from '../settings.js';

/** `/run/drover.pid` → `/run/drover.balancers.json` */
export function keptFileOf({ pidFile }: Pick<Settings, 'pidFile'>): string {
  return `${pidFile.replace(/\.pid$/, '')}.balancers.json`;
}

export function persists(settings: Settings): boolean {
  return settings.servers.some((server) => server.proxy.balancerPersist);
}

/** What was kept; empty for nothing. errors what reading says */
export function readKept(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Empty: there is nothing to keep, and the file goes. errors what writing says */
export function writeKept(file: string, text: string): void {
  if (text === '') {
    rmSync(file, { force: true });
    return;
  }
  const fresh = `${file}.new`;
  const fd = openSync(fresh, 'w', 0o600);
  try {
    writeSync(fd, `${text}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, file);
  // The rename itself lies in the directory.
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
