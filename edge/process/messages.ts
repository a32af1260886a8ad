/**
 * What the parts of drover say to each other: supervisor ↔ edge process over the fork's channel, control thread ↔ worker
 * thread over one MessagePort per worker. Plain data only; both ends are always of the same build, so there are no
 * versions. Nothing here is sent per request.
 */
import type { MessagePort } from 'node:worker_threads';
import type { CacheMemory } from '../../cache/memory/layout.js';
import type { Invalidated } from '../../cache/memory/snapshot.js';
import type { Carried } from '../../workers/carry.js';
import type { SharedCounters } from '../admin/overview.js';
import type { CaptureBatch } from '../capture/outbox.js';
import type { ProgramTarget } from '../log/piped-log.js';
import type { Staple } from '../secure/stapling.js';
import type { Settings } from '../settings.js';
import type { Inheritance } from './held-sockets.js';

/** A socket address as the kernel reports it after listen; IPv6 without brackets. */
export interface BoundAddress {
  address: string;
  port: number;
}

/** What a worker thread is given; the port is transferred, the board is shared. */
export interface ServeTask {
  settings: Settings;
  board: SharedArrayBuffer;
  /** Shared by all threads; undefined where nothing is cached. */
  cache: CacheMemory | undefined;
  /** 48 bytes by which TLS sessions are resumed on every thread. */
  ticketKeys: Uint8Array;
  /** Counts of clients over all threads. */
  clients: SharedArrayBuffer;
  /** 0-based; a replaced worker gets the number of the one it replaces. */
  thread: number;
  threads: number;
  /** When the edge process was started, ms since the epoch. */
  startedAt: number;
  /** Counters for management pages; undefined where there are none. */
  counters: SharedCounters | undefined;
  port: MessagePort;
  /** Sockets of the `node` engine to listen on by descriptor; empty in a replaced thread, whose are closed. */
  sockets: ThreadSocket[];
}

/** A bound socket that this thread alone may listen on and close. */
export interface ThreadSocket {
  address: string;
  port: number;
  fd: number;
}

/** The function that a Piscina thread runs: it resolves after a drain or stop, once nothing is open any more. */
export type Serve = (task: ServeTask) => Promise<void>;

/** Worker thread → control thread. */
export type WorkerMessage =
  /** All addresses are open, and so are the logs. */
  | { type: 'listening'; addresses: BoundAddress[] }
  /** Something broke; before `listening`, fatal means that the generation cannot start. */
  | { type: 'failed'; message: string; fatal: boolean }
  /** The last request of a drain has been answered; the task ends next. */
  | { type: 'drained' }
  /** Lines for a program that the control thread has (edge/log/piped-log.ts). */
  | { type: 'log'; target: ProgramTarget; lines: string }
  /** A line for the error log that no LogLevel leaves out. */
  | { type: 'notice'; module: string; text: string }
  /** Captured requests to be written (edge/capture/); answered with `captured`. */
  | { type: 'capture'; batch: CaptureBatch }
  | { type: 'pong'; id: number };

/** Stop accepting, finish requests, close at the deadline (ms since the epoch, Infinity for none). */
export interface DrainOrder {
  type: 'drain';
  deadline: number;
  /** Nothing comes after: WebSockets are closed at once, and idle connections soon. */
  isLast: boolean;
}

/** Control thread → worker thread. */
export type ControlMessage =
  | DrainOrder
  /** Close at once. */
  | { type: 'stop' }
  /** Reopen log files. */
  | { type: 'reopen' }
  /** Files of certificates have changed. */
  | { type: 'certificates' }
  /** Memory is short: refuse every request; or no longer. */
  | { type: 'shed'; isOn: boolean }
  /** So many bytes of captured requests are written. */
  | { type: 'captured'; bytes: number }
  /** What is stapled to handshakes that show a certificate. */
  | Staple
  | { type: 'ping'; id: number };

/** Supervisor → edge process. */
export type SupervisorMessage =
  | {
      type: 'start';
      settings: Settings;
      threads: number;
      inheritance: Inheritance;
      /** What the generation before it handed over. */
      carried?: Carried;
      /** File of its hot cached objects. */
      snapshot?: string;
      /** Live changes of an earlier generation; empty for none. */
      kept: string;
      /** Compiled module that exports `serve`; only tests name another than serve.js. */
      serveFile?: string;
    }
  | DrainOrder
  | { type: 'stop' }
  /** Make these live changes, which were made elsewhere meanwhile. */
  | { type: 'restore'; text: string }
  /** Say that you are not ready, and go on. */
  | { type: 'unready' }
  /** Answer with `carry`; snapshot: a file for the hot cached objects. */
  | { type: 'carry'; snapshot?: string }
  /** The generation before or after it has invalidated cached objects. */
  | { type: 'invalidated'; what: Invalidated }
  /** What the generation before this one has counted since it handed over. */
  | { type: 'late'; before: Carried; after: Carried }
  | { type: 'reopen' };

/** Edge process → supervisor. */
export type GenerationMessage =
  /** hasCache: it can write a snapshot. */
  | { type: 'serving'; addresses: BoundAddress[]; hasCache: boolean }
  /** The generation could not start; it ends by itself. */
  | { type: 'failed'; message: string }
  /**
   * The rows of its members, and how many threads do not answer: every few seconds, when asked, and once more at its end.
   * hasSnapshot: in an answer alone, whether the cached objects that were asked for are written.
   */
  | { type: 'carry'; carried: Carried; silent: number; hasSnapshot?: boolean }
  /** What is invalidated in the cache since the snapshot. */
  | { type: 'invalidated'; what: Invalidated }
  /** It still serves, but can no longer mend itself: a successor should take over. */
  | { type: 'replace'; reason: string }
  /** What has been changed live so far; empty for nothing. */
  | { type: 'kept'; text: string };

/** Detached supervisor → the command that started it. */
export type DaemonMessage = { type: 'serving' } | { type: 'failed'; message: string };
