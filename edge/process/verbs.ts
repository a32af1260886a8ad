/**
 * `-k stop`, `graceful-stop`, `restart`, `graceful` and `upgrade`: a signal to the drover whose number stands in the PID file. The
 * caller has read and checked the configuration before, so a broken one never reaches the running drover this way.
 *
 * Source: httpd 2.4 manual, "Stopping and Restarting"; messages as printed by 2.4.71 with our name in them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verb } from '../arguments.js';
import type { Ms } from '../settings.js';
import { announceReload } from './notify.js';
import { readPid, runningPid, runs } from './pidfile.js';
import { SIGNAL_OF_VERB } from './signals.js';

/** -k upgrade fails when the new program does not serve within this: it gives up sooner. */
const UPGRADE_WAIT: Ms = 62_000;
/** -k stop returns when the process is gone, or after this. */
const STOP_WAIT: Ms = 6000;

export interface VerbHands {
  say(text: string): void;
  complain(text: string): void;
  /** Starts drover; the exit code. */
  start(): Promise<number>;
}

/** Returns the exit code. */
export async function runVerb(
  verb: Exclude<Verb, 'start'>,
  pidFile: string,
  hands: VerbHands,
): Promise<number> {
  const pid = runningPid(pidFile);
  const isStop = verb === 'stop' || verb === 'graceful-stop';
  if (pid === undefined) {
    if (!isStop) {
      hands.say('drover not running, trying to start\n');
      return hands.start();
    }
    const stale = readPid(pidFile);
    hands.say(
      stale === undefined ? 'drover (no pid file) not running\n' : `drover (pid ${stale}?) not running\n`,
    );
    return 0;
  }
  if (verb === 'graceful' || verb === 'restart') await announceReload(process.env);
  process.kill(pid, SIGNAL_OF_VERB[verb]);
  // httpd differs: it returns at once, and a start that follows finds the old one still there.
  if (verb === 'stop') await waitUntilGone(pid);
  return verb === 'upgrade' ? waitForSuccessor(pidFile, pid, hands) : 0;
}

/** The PID file names the new one as soon as that serves. */
async function waitForSuccessor(pidFile: string, pid: number, hands: VerbHands): Promise<number> {
  const until = Date.now() + UPGRADE_WAIT;
  while (Date.now() < until) {
    const now = runningPid(pidFile);
    if (now !== undefined && now !== pid) return 0;
    await sleep(20);
  }
  hands.complain('the running drover was not replaced and serves on; its error log says why\n');
  return 1;
}

async function waitUntilGone(pid: number): Promise<void> {
  const until = Date.now() + STOP_WAIT;
  while (runs(pid) && Date.now() < until) await sleep(20);
}
