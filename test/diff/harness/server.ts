/**
 * What the two servers under test have in common: a process in the foreground, started on a file, up when its ports
 * answer, stopped by its own pid. httpd.ts and drover.ts only say what to run and what to put before a case's text.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Places } from './places.js';

export interface ServerUnderTest {
  readonly name: string;
  readonly places: Places;
  /** Ends the process; resolves when it is gone and its logs are complete. */
  stop(): Promise<void>;
  accessLog(): Promise<string>;
  errorLog(): Promise<string>;
}

export interface Launch {
  name: string;
  command: string;
  /** Arguments that follow the configuration's path. */
  arguments: (file: string) => string[];
  /** Lines before the text of the case. */
  prelude: (places: Places) => string[];
}

const START_LIMIT = 30_000;
const STOP_LIMIT = 30_000;
const POLL = 25;
/** Written by either server when it has looked at its ports; below the root. */
export const PID_FILE = 'run/server.pid';

/** Which engine drover must use on every address of a case; httpd knows no such thing. */
export type Engine = 'uws' | 'node';

/**
 * Starts a server on a case's configuration.
 * errors   rejects with the server's own words when it ends before its ports answer, or does not answer in time
 */
export async function startServer(launch: Launch, text: string, places: Places): Promise<ServerUnderTest> {
  const file = join(places.root, 'server.conf');
  const defines = [...places.names].map(([name, value]) => `Define ${name} "${value}"`);
  await writeFile(file, `${[...launch.prelude(places), ...defines, text].join('\n')}\n`);
  const child = spawn(launch.command, launch.arguments(file), {
    cwd: places.root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what it leaves behind can be found and ended.
    detached: true,
    env: { ...process.env, DROVER_THREADS: '1' },
  });
  if (child.pid !== undefined) running.set(child.pid, child);
  const said: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => said.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      said.push(Buffer.from(String(error)));
      resolve();
    });
  });
  const log = (name: string): Promise<string> =>
    readFile(join(places.root, 'logs', name), 'utf8').catch(() => '');
  const server: ServerUnderTest = {
    name: launch.name,
    places,
    stop: () => stopProcess(launch.name, child, ended),
    accessLog: () => log('access.log'),
    errorLog: () => log('error.log'),
  };
  const wanted = [...places.ports].filter(([name]) =>
    new RegExp(`Listen\\s+\\S*\\$\\{${name}\\}`, 'i').test(text),
  );
  try {
    await until(() => existsSync(join(places.root, PID_FILE)), child, 'the PID file');
    for (const [, port] of wanted) await untilOpen(port, child);
  } catch {
    await server.stop().catch(() => undefined);
    const words = `${Buffer.concat(said).toString()}\n${await server.errorLog()}`.trim();
    throw new Error(`${launch.name} did not start on ${file}:\n${words}`);
  }
  return server;
}

/**
 * Waits until a port answers twice in a row. Once is not enough: a server may bind its port for a moment only to see
 * whether it is free, before the processes that serve it are up; drover does so before it writes its PID file.
 */
function untilOpen(port: number, child: ChildProcess): Promise<void> {
  const twice = async (): Promise<boolean> => (await isOpen(port)) && (await isOpen(port));
  return until(twice, child, `an answer on port ${port}`);
}

/** errors  rejects when the process ends before it is so, or it is not so in time */
async function until(
  isSo: () => boolean | Promise<boolean>,
  child: ChildProcess,
  what: string,
): Promise<void> {
  const end = Date.now() + START_LIMIT;
  while (Date.now() < end && child.exitCode === null && child.signalCode === null) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
  throw new Error(`waited in vain for ${what}`);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/**
 * Asks a server to end, and waits for it.
 * errors   rejects when it does not end in time, or leaves processes behind; both are ended then
 */
async function stopProcess(name: string, child: ChildProcess, ended: Promise<void>): Promise<void> {
  const { pid } = child;
  if (pid === undefined || running.get(pid) !== child) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => killGroup(pid), STOP_LIMIT);
  await ended;
  clearTimeout(late);
  const isLate = child.signalCode === 'SIGKILL';
  running.delete(pid);
  const isOrphaned = killGroup(pid);
  if (isLate) throw new Error(`${name} did not end within ${STOP_LIMIT} ms of SIGTERM`);
  if (isOrphaned) throw new Error(`${name} ended and left processes behind`);
}

/** Servers whose process group is not known to be empty; ended with this process, if it comes to that. */
const running = new Map<number, ChildProcess>();
process.once('exit', () => {
  for (const pid of running.keys()) killGroup(pid);
});

/** Ends all of a process group; false when there was nobody in it. */
function killGroup(group: number): boolean {
  try {
    return process.kill(-group, 'SIGKILL');
  } catch {
    return false;
  }
}
