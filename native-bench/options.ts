/** The bench's command line. */
import { parseArgs } from 'node:util';
import { PEERS } from './peers/all.js';
import type { Peer } from './peers/peer.js';
import { SCENARIOS } from './scenarios/all.js';
import type { Scenario } from './scenarios/scenario.js';

export interface BenchOptions {
  scenarios: Scenario[];
  peers: Peer[];
  rounds: number;
  /** Seconds of load per peer and round. */
  seconds: number;
  /** Seconds of load before counting: to open connections, and for drover's code to be compiled, which takes longer. */
  warmup: number;
  droverWarmup: number;
  isQuick: boolean;
}

const USAGE = `usage: npm run bench -- [--scenario NAME[,NAME]] [--peers NAME[,NAME]] [--rounds N] [--seconds N] [--quick]
  scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}
  peers:     ${PEERS.map(({ name }) => name).join(', ')}
  --quick    one round of one second each: does it run at all? Its numbers mean little.`;

/** errors  throws a UsageError when an option, a name or a number makes no sense */
export function readOptions(words: string[]): BenchOptions {
  const values = parse(words);
  const { quick } = values;
  return {
    scenarios: choose('scenario', values.scenario, SCENARIOS),
    peers: choose('peer', values.peers, PEERS),
    rounds: count('rounds', values.rounds, quick ? 1 : 5),
    seconds: count('seconds', values.seconds, quick ? 1 : 3),
    warmup: quick ? 0 : 1,
    droverWarmup: quick ? 0 : 5,
    isQuick: quick,
  };
}

/** Words that make no sense; the message ends with the usage. */
export class UsageError extends Error {
  constructor(what: string) {
    super(`${what}\n${USAGE}`);
  }
}

const OPTIONS = {
  scenario: { type: 'string' },
  peers: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  quick: { type: 'boolean', default: false },
} as const;

function parse(args: string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function choose<T extends { name: string }>(what: string, names: string | undefined, all: readonly T[]): T[] {
  if (names === undefined) return [...all];
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new UsageError(`no ${what} named ${name}`);
    return found;
  });
}

function count(what: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--${what} wants a whole number from 1: ${text}`);
  return value;
}
