/**
 * `-k upgrade`: another supervisor, of the program as it lies on the disk now, takes the place of the running one. Node.js
 * cannot replace the program of a process, so the old supervisor starts the new one as its child and gives it what a
 * successor needs: the sockets that it holds (held-sockets.ts), the members' rows, what was changed live.
 *
 *   SIGUSR2 → old: start the program again, with sockets → new: check the configuration, start a generation on them
 *           → new: it serves, PID file and service manager name the new one → old: drains as after a reload, and ends
 *
 * Until the new one says that it serves, the old one serves on; a new one that fails changes nothing. Addresses of the uws
 * engine need no handing over: both bind them by SO_REUSEPORT. Both programs must agree on the two messages below, and on
 * what a member's row says (workers/carry.ts): fields are only ever added. Supervisor process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Carried } from '../../workers/carry.js';
import { messageOf } from '../errors.js';
import type { Ms } from '../settings.js';
import type { HeldSocket } from './held-sockets.js';

const MARK = 'DROVER_TAKES_OVER';
/** What the new program may take until it serves. */
const LIMIT: Ms = 60_000;
/** Descriptors 0 to 3 are the usual ones and the channel. */
const FIRST_FD = 4;

/** What is handed over. */
export interface Estate {
  carried: Carried | undefined;
  kept: string;
}

type FromOld = { type: 'estate'; estate: Estate };
type FromNew = { type: 'serving' };

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

/** Waits for what the old one hands over. */
export function inheritedEstate(): Promise<Estate> {
  return new Promise((resolve) => {
    process.once('message', (message: FromOld) => resolve(message.estate));
  });
}

/** Tells the old one that it may go. */
export function sayTakenOver(): void {
  const message: FromNew = { type: 'serving' };
  process.send?.(message, () => {
    if (process.connected) process.disconnect();
  });
}

/**
 * Starts the program again, with the same words, and waits until it serves.
 * returns  undefined when it does, else why not; it has ended then
 */
export function handOver(sockets: readonly HeldSocket[], estate: Estate): Promise<string | undefined> {
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
  return outcomeOf(next);
}

function outcomeOf(next: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (problem: string | undefined): void => {
      clearTimeout(late);
      next.removeAllListeners();
      next.on('error', () => {});
      if (next.connected) next.disconnect();
      next.unref();
      resolve(problem);
    };
    const late = setTimeout(() => {
      next.kill('SIGKILL');
      end(`it did not serve within ${LIMIT / 1000} s`);
    }, LIMIT);
    next.once('message', () => end(undefined));
    next.once('error', (error) => end(messageOf(error)));
    next.once('exit', (code, signal) => end(`it ended (${signal ?? `exit code ${code}`})`));
  });
}
