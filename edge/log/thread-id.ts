/** Kernel id of the calling thread, as httpd's `tid`; Node has no call for it, /proc has. Any thread. */
import { readlinkSync } from 'node:fs';

let known: number | undefined;

/** The process id where there is no /proc. */
export function threadId(): number {
  known ??= readThreadId();
  return known;
}

function readThreadId(): number {
  try {
    // `1234/task/1240`
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1)) || process.pid;
  } catch {
    return process.pid;
  }
}
