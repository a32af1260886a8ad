/**
 * How the edge process and its threads stand, as plain data, for `drover top`: `GET /process` on the control socket. All of
 * it is read at the moment of the question; nothing is counted for it. Control thread.
 */
import { descriptorLimit, descriptorsLeft } from '../process/descriptors.js';
import type { LoopDelay } from './loop-delay.js';
import type { Overview } from './overview.js';

export interface ThreadState {
  thread: number;
  /** Requests under way. */
  live: number;
  /** Since the start of the edge process, as all that follows. */
  requests: number;
  bytesSent: number;
  /** How late its event loop was in the last two seconds, ms; undefined where no page asks for it. */
  lateMs?: { p99: number; max: number };
}

export interface ProcessState {
  pid: number;
  uptimeSeconds: number;
  threads: ThreadState[];
  cpuSeconds: number;
  residentBytes: number;
  descriptors: { open: number; limit: number };
}

export function processState(overview: Overview, now: number): ProcessState {
  const { board, threads, startedAt, delays } = overview;
  const { user, system } = process.cpuUsage();
  const limit = descriptorLimit();
  return {
    pid: process.pid,
    uptimeSeconds: Math.floor((now - startedAt) / 1000),
    threads: Array.from({ length: threads }, (_, thread) => ({
      thread,
      live: board.liveOf(thread),
      requests: board.requestsOf(thread),
      bytesSent: board.bytesOf(thread),
      ...lateOf(delays?.of(thread)),
    })),
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    descriptors: { open: limit - descriptorsLeft(limit), limit },
  };
}

function lateOf(delay: LoopDelay | undefined): Pick<ThreadState, 'lateMs'> {
  return delay === undefined ? {} : { lateMs: { p99: delay.p99 * 1000, max: delay.max * 1000 } };
}
