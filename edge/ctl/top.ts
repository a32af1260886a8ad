/**
 * `drover top`: the running drover, live in a terminal, read from the control socket every few seconds. On a terminal each
 * picture is drawn over the one before it; elsewhere they follow each other, for `drover top -n 1 | …`. Response times
 * are there where a page counts them (balancer-manager, server-status, edge-metrics).
 * Exit codes: 0 done, 1 not running, 2 wrong words.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ProcessState } from '../admin/process-state.js';
import type { BalancerState } from '../admin/state.js';
import { CtlClient, CtlRefused } from './client.js';
import type { CtlHands } from './ctl.js';
import { type Reading, topFrame } from './top-frame.js';

export const TOP_USAGE = `Usage: drover top [-f file] [-d seconds] [-n times]
  -f file      configuration file of the running drover, as for drover itself
  -d seconds   between two pictures (default 2)
  -n times     pictures; without it until Ctrl-C
`;

/** Cursor home, and clear what is below: without the flicker of clearing all. */
const HOME = '\x1b[H\x1b[J';
const LEAST_SECONDS = 0.1;

/** Returns the exit code. */
export async function runTop(words: readonly string[], hands: CtlHands): Promise<number> {
  const options = parse(words);
  if (options === undefined) {
    hands.complain(TOP_USAGE);
    return 2;
  }
  const socket = hands.socketOf(options.file);
  if (typeof socket !== 'string') {
    hands.complain(socket.problem);
    return 1;
  }
  try {
    await draw(new CtlClient(socket), options, hands);
    return 0;
  } catch (error) {
    if (!(error instanceof CtlRefused)) throw error;
    hands.complain(`drover top: ${error.message}\n`);
    return 1;
  }
}

interface TopOptions {
  file: string | undefined;
  seconds: number;
  times: number;
}

function parse(words: readonly string[]): TopOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        f: { type: 'string', short: 'f' },
        d: { type: 'string', short: 'd', default: '2' },
        n: { type: 'string', short: 'n', default: 'Infinity' },
      },
    });
    const seconds = Number(values.d);
    const times = Number(values.n);
    return seconds >= LEAST_SECONDS && times >= 1 ? { file: values.f, seconds, times } : undefined;
  } catch {
    return undefined;
  }
}

async function draw(client: CtlClient, { seconds, times }: TopOptions, hands: CtlHands): Promise<void> {
  const isTerminal = process.stdout.isTTY;
  let before: Reading | undefined;
  for (let n = 0; n < times; n += 1) {
    if (n > 0) await sleep(seconds * 1000);
    const now = await read(client);
    hands.say(isTerminal ? `${HOME}${topFrame(now, before)}` : `${topFrame(now, before)}\n`);
    before = now;
  }
}

async function read(client: CtlClient): Promise<Reading> {
  const process = (await client.ask('GET', '/process')) as ProcessState;
  const { balancers } = (await client.ask('GET', '')) as { balancers: BalancerState[] };
  return { at: Date.now(), process, balancers };
}
