/**
 * Going to the background. Node.js cannot fork itself, so the command starts a copy of itself in a session of its own,
 * with the same words and an open channel, and waits until the copy says that it serves or why it cannot. The
 * exit code of `drover -k start` therefore tells the truth. Standard error of the copy is the error log, as in httpd, so
 * that a crash of the supervisor itself leaves its trace there.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { messageOf } from '../errors.js';
import type { DaemonMessage } from './messages.js';

const MARK = 'DROVER_DETACHED';

const isCopy = process.env[MARK] === '1' && process.connected;
delete process.env[MARK];

/** Is this process the copy in the background? */
export function isDetachedCopy(): boolean {
  return isCopy;
}

/**
 * Starts the copy.
 * stderrFile  where its standard error goes; undefined: nowhere
 * returns     the exit code, once the copy serves or has failed
 * errors      what open(2) says of stderrFile
 */
export function detach(stderrFile: string | undefined): Promise<number> {
  const stderr = stderrFile === undefined ? 'ignore' : openSync(stderrFile, 'a', 0o644);
  const [, script = '', ...words] = process.argv;
  const copy = spawn(process.execPath, [...process.execArgv, script, ...words], {
    detached: true,
    env: { ...process.env, [MARK]: '1' },
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
  if (typeof stderr === 'number') closeSync(stderr);
  return new Promise((resolve) => {
    const finish = (code: number, text: string): void => {
      copy.removeAllListeners();
      process.stderr.write(text);
      if (copy.connected) copy.disconnect();
      copy.unref();
      resolve(code);
    };
    copy.once('message', (message: DaemonMessage) => {
      if (message.type === 'serving') finish(0, '');
      else finish(1, message.message);
    });
    copy.once('error', (error) => finish(1, `drover: ${messageOf(error)}\n`));
    copy.once('exit', (code, signal) => {
      finish(1, `drover: the supervisor ended while starting (${signal ?? `exit code ${code}`})\n`);
    });
  });
}

/** From the copy to the command that started it; the channel is closed after it. */
export function reportToStarter(message: DaemonMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) return resolve();
    process.send(message, () => {
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}
