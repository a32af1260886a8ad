/** A server process of the bench: pinned to a core, up when its port answers, stopped by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

export interface Command {
  command: string;
  arguments: string[];
  environment?: Record<string, string>;
}

export interface Running {
  pid: number;
  stop(): Promise<void>;
}

const START_LIMIT = 60_000;
const STOP_LIMIT = 30_000;

/**
 * Starts a server. Its standard output goes to the file `stdout` in directory, where HAProxy keeps its access log.
 * errors   rejects with the end of what it said when it does not answer on port in time
 */
export async function start(
  launch: Command,
  core: number,
  port: number,
  directory: string,
): Promise<Running> {
  const child = spawn('taskset', ['-c', `${core}`, launch.command, ...launch.arguments], {
    cwd: directory,
    env: { ...process.env, ...launch.environment },
    stdio: ['ignore', openSync(join(directory, 'stdout'), 'a'), 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-4000);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = (): Promise<void> => end(child, ended);
  const limit = Date.now() + START_LIMIT;
  // Twice, because a server may bind its port for a moment only to see whether it is free.
  while (!((await answers(port)) && (await answers(port)))) {
    if (child.exitCode === null && Date.now() < limit) continue;
    await stop();
    throw new Error(`${launch.command} did not start in ${directory}:\n${said}`);
  }
  return { pid: child.pid ?? 0, stop };
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
  await ended;
  clearTimeout(killer);
}

async function answers(port: number): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 25));
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
