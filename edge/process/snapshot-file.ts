/**
 * The file in which a generation hands its hot cached objects to the next (cache-handover.ts): beside the PID file, made by
 * the supervisor, which may write there, and given to the account that fills it. It is gone when the next one
 * serves. Supervisor process.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import type { Settings } from '../settings.js';
import { giveToAccount } from './privileges.js';

/** An empty file for a generation with these settings; undefined where none can be made: its cache is not handed over. */
export function makeSnapshotFile({ pidFile, user, group }: Settings): string | undefined {
  const file = `${pidFile.replace(/\.pid$/, '')}.cache.${process.pid}`;
  // One that a killed supervisor of the same number has left.
  removeSnapshotFile(file);
  try {
    closeSync(openSync(file, 'wx', 0o600));
    giveToAccount(file, user, group);
    return file;
  } catch {
    removeSnapshotFile(file);
    return undefined;
  }
}

/** What cannot be removed now is when the next one is made. */
export function removeSnapshotFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A file system that has just become read-only: no reason to stop a reload.
  }
}
