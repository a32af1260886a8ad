/**
 * `-k upgrade`: another supervisor, of the program as it lies on the disk now, takes the place of the running one. Node.js
 * cannot replace the program of a process, so the old supervisor starts the new one as its child and gives it what a
 * successor needs: the sockets that it holds (held-sockets.ts), the members' rows, what was changed live, a file of hot
 * cached objects.
 *
 *   SIGUSR2 → old: start the program again, with sockets → new: check the configuration, start a generation on them
 *           → new: it serves, PID file and service manager name the new one → old: drains as after a reload, and ends
 *
 * Until the new one says that it serves, the old one serves on; a new one that fails changes nothing. After that each
 * tells the other what is invalidated in its cache, and the old one what it has counted since, until it is gone (link.ts).
 * Addresses of the uws engine need no handing over: both bind them by SO_REUSEPORT. Both programs must agree on the messages
 * and on what a member's row says (workers/carry.ts): fields and kinds are only ever added, whoever does not know one
 * leaves it unread, and a new program says nothing before that it serves. Supervisor process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Carried } from '../../workers/carry.js';
import { messageOf } from '../errors.js';
import type { Ms } from '../settings.js';
import type { HeldSocket } from './held-sockets.js';
import { Link, type Word } from './link.js';

const MARK = 'DROVER_TAKES_OVER';
/** What the new program may take until it serves. */
const LIMIT: Ms = 60_000;
/** What it may take to end when it is told to meanwhile. */
const STOP_LIMIT: Ms = 3000;
/** Descriptors 0 to 3 are the usual ones and the channel. */
const FIRST_FD = 4;

/** What is handed over. */
export interface Estate {
  carried: Carried | undefined;
  kept: string;
  /** File of hot cached objects, which is gone when the new program serves. */
  snapshot?: string | undefined;
}

type FromOld = { type: 'estate'; estate: Estate } | Word;

/** A program that is about to take over, or has. */
export interface Successor {
  /** undefined when it serves, else why not; it has ended then. */
  readonly outcome: Promise<string | undefined>;
  readonly link: Link;
  /** Ends it. */
  stop(): void;
}

const STARTED_IN = process.cwd();
const INHERITED = process.env[MARK];
delete process.env[MARK];

/** Was this process started to take over? */
export function isTakeover(): boolean {
  return INHERITED !== undefined && process.send !== undefined;
}

/** The old one's sockets, under this process's descriptors. */
export function inheritedSockets(): HeldSocket[] {
  const addresses = JSON.parse(INHERITED ?? '[]') as Omit<HeldSocket, 'fd'>[];
  return addresses.map((address, at) => ({ ...address, fd: FIRST_FD + at }));
}

/** Waits for what the old one hands over; what is said to it after that waits until it has heard that this one serves. */
export function inheritedEstate(): Promise<{ estate: Estate; predecessor: Link }> {
  return new Promise((resolve) => {
    process.once('message', (message: FromOld) => {
      if (message.type !== 'estate') return;
      const predecessor = new Link(process);
      resolve({ estate: message.estate, predecessor });
    });
  });
}

/** Tells the old one that it may go. */
export function sayTakenOver(predecessor: Link): void {
  predecessor.open({ type: 'serving' });
}

/** Starts the program again, with the same words. */
export function handOver(sockets: readonly HeldSocket[], estate: Estate): Successor {
  const [, script = '', ...words] = process.argv;
  const names = sockets.map(({ address, port }) => ({ address, port }));
  const next = spawn(process.execPath, [...process.execArgv, script, ...words], {
    cwd: STARTED_IN,
    env: { ...process.env, [MARK]: JSON.stringify(names) },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...sockets.map(({ fd }) => fd)],
  });
  const message: FromOld = { type: 'estate', estate };
  // A channel that closes at once is told by the end of the process.
  next.send(message, () => {});
  const link = new Link(next);
  link.open();
  return { outcome: outcomeOf(next), link, stop: () => stop(next) };
}

function outcomeOf(next: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (problem: string | undefined): void => {
      clearTimeout(late);
      next.off('message', onMessage);
      next.unref();
      resolve(problem);
    };
    const onMessage = (message: { type: string }): void => {
      if (message.type === 'serving') end(undefined);
    };
    const late = setTimeout(() => {
      next.kill('SIGKILL');
      end(`it did not serve within ${LIMIT / 1000} s`);
    }, LIMIT);
    next.on('message', onMessage);
    next.on('error', (error) => end(messageOf(error)));
    next.once('exit', (code, signal) => end(`it ended (${signal ?? `exit code ${code}`})`));
  });
}

function stop(next: ChildProcess): void {
  if (next.exitCode !== null || next.signalCode !== null) return;
  next.kill('SIGTERM');
  const late = setTimeout(() => next.kill('SIGKILL'), STOP_LIMIT);
  next.once('exit', () => clearTimeout(late));
}
