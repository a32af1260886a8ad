/**
 * `drover replay FILE … --to URL`: plays captured requests against a URL, says how far it is, and at the end where the answers
 * differ from those that were captured. Report on standard output, progress on standard error.
 *
 * Exit codes: 0 all answers were as captured, 2 some differ, 1 anything else.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../errors.js';
import { Comparison, type Summary, type Times } from './compare.js';
import { Player } from './player.js';
import { type Destination, Sender } from './send.js';

export const REPLAY_USAGE = `Usage: drover replay FILE … --to URL [options]
Plays the requests that EdgeCapture has written, in the order of the files, and reports answers that differ.
  --to URL            http:// or https://; a path in it goes before the captured ones
  --speed N           2x: twice as fast as they came; max: as fast as it goes (default 1x)
  --concurrency N     requests under way at the most (default 64)
  --header 'N: V'     in place of a captured field; may be repeated. Masked fields are not sent without it
  --own-host          Host is the URL's own, not the captured one
  --ignore-length     only another status is a difference
  --timeout S         seconds for an answer (default 30)
  --insecure          take any certificate
  --json              the report as JSON
Requests whose body was not captured, or whose client left, are skipped and counted.
Exit code 0: all as captured; 2: some answers differ; 1: trouble.
`;

export interface ReplayHands {
  say(text: string): void;
  complain(text: string): void;
  /** Is standard error a terminal? Then progress is one line that changes. */
  isTerminal: boolean;
}

class WrongWords extends Error {}

interface Words {
  files: string[];
  to: Destination;
  speed: number;
  concurrency: number;
  ignoresLength: boolean;
  json: boolean;
}

const PROGRESS_EVERY = { terminal: 500, file: 5000 };
const SHOWN_DIFFERENCES = 20;

/** Returns the exit code. */
export async function runReplay(words: readonly string[], hands: ReplayHands): Promise<number> {
  try {
    const read = readWords(words);
    if (read === undefined) {
      hands.say(REPLAY_USAGE);
      return 0;
    }
    return await play(read, hands);
  } catch (error) {
    const usage = error instanceof WrongWords ? `\n${REPLAY_USAGE}` : '\n';
    hands.complain(`drover replay: ${messageOf(error)}${usage}`);
    return 1;
  }
}

async function play(words: Words, hands: ReplayHands): Promise<number> {
  const found = new Comparison(words.ignoresLength);
  const sender = new Sender(words.to, words.concurrency);
  const player = new Player(words, sender, found);
  const began = performance.now();
  const progress = (): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const late = player.lag > 1000 ? `, ${(player.lag / 1000).toFixed(1)} s late` : '';
    const text = `${seconds} s: ${found.sent} sent, ${found.differing} differ, ${found.skipped} skipped${late}`;
    hands.complain(hands.isTerminal ? `\r\x1b[K${text}` : `${text}\n`);
  };
  const timer = setInterval(progress, hands.isTerminal ? PROGRESS_EVERY.terminal : PROGRESS_EVERY.file);
  const onInterrupt = (): void => player.stop();
  process.once('SIGINT', onInterrupt);
  try {
    await player.play();
  } finally {
    clearInterval(timer);
    process.off('SIGINT', onInterrupt);
    sender.close();
  }
  progress();
  if (hands.isTerminal) hands.complain('\n');
  const summary = found.summary();
  hands.say(words.json ? `${JSON.stringify(summary)}\n` : reportOf(summary));
  return found.differing > 0 ? 2 : 0;
}

function reportOf(summary: Summary): string {
  const { sent, same, status, length, failed, skipped, unreadable, captured, replayed, differences } =
    summary;
  const rows = [
    `${sent} requests: ${same} as captured, ${status} with another status, ${length} of another length, ${failed} without an answer`,
    ...(skipped > 0 ? [`${skipped} skipped: without their body, or their client left`] : []),
    ...(unreadable > 0 ? [`${unreadable} lines are no captured requests`] : []),
    `time to answer, captured  ${timesText(captured)}`,
    `time to answer, replayed  ${timesText(replayed)}`,
    ...differences
      .slice(0, SHOWN_DIFFERENCES)
      .map(({ count, method, path, what }) => `${String(count).padStart(6)}  ${method} ${path}: ${what}`),
  ];
  if (differences.length > SHOWN_DIFFERENCES)
    rows.push(`        … ${differences.length - SHOWN_DIFFERENCES} more`);
  return `${rows.join('\n')}\n`;
}

function timesText({ p50, p95, p99 }: Times): string {
  const text = (value: number | null): string => (value === null ? '–' : `${value} ms`);
  return `p50 ${text(p50)}, p95 ${text(p95)}, p99 ${text(p99)}`;
}

function readWords(words: readonly string[]): Words | undefined {
  const { values, positionals } = parse(words);
  if (values.help === true) return undefined;
  if (positionals.length === 0) throw new WrongWords('a FILE is needed');
  const url = URL.canParse(values.to ?? '') ? new URL(values.to ?? '') : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new WrongWords('--to needs a http:// or https:// URL');
  const {
    'own-host': ownHost = false,
    'ignore-length': ignoresLength = false,
    insecure = false,
    json = false,
  } = values;
  return {
    files: positionals,
    to: {
      url,
      ownHost,
      fields: (values.header ?? []).flatMap(fieldOf),
      timeout: numberOf(values.timeout ?? '30', '--timeout', 3600) * 1000,
      insecure,
    },
    speed: speedOf(values.speed ?? '1x'),
    concurrency: numberOf(values.concurrency ?? '64', '--concurrency', 10_000),
    ignoresLength,
    json,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        to: { type: 'string' },
        speed: { type: 'string' },
        concurrency: { type: 'string' },
        header: { type: 'string', multiple: true },
        'own-host': { type: 'boolean' },
        'ignore-length': { type: 'boolean' },
        timeout: { type: 'string' },
        insecure: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new WrongWords(messageOf(error));
  }
}

function speedOf(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = /^\d+(?:\.\d+)?x?$/.test(text) ? Number.parseFloat(text) : 0;
  if (!(speed > 0)) throw new WrongWords(`--speed ${text} is neither a factor like 2x nor max`);
  return speed;
}

function numberOf(text: string, name: string, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw new WrongWords(`${name} ${text} is not a number from 1 to ${most}`);
  return value;
}

function fieldOf(text: string): string[] {
  const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n]*)$/.exec(text);
  if (match === null) throw new WrongWords(`--header '${text}' is not 'Name: value'`);
  return [match[1] as string, match[2] as string];
}
