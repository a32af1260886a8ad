/**
 * EdgeMirror balancer://name [share=10%] [outstanding=64] [body=64K] [timeout=10]   copies of requests go to a shadow pool,
 *                            whose answers are compared and dropped (edge/mirror/); `Off` where one is set around
 *
 * In any section. Which balancer is meant is settled when all has been read (proxy-pools-targets.ts).
 * Thread: main, at load.
 */
import type { MirrorSettings } from '../../mirror/settings.js';
import type { Settings } from '../../settings.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, type Word } from '../table.js';
import { firstWord } from './core.js';
import { keyValue } from './proxy-params-values.js';
import { balancerName, isBalancerUrl } from './proxy-pools-url.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const MOST_BODY = 2 ** 26;
const MOST_OUTSTANDING = 100_000;
const MOST_SECONDS = 3600;

/** `64K` in bytes; undefined: it makes no sense. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d{1,12})([kmg]?)$/i.exec(text);
  return match === null ? undefined : Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1);
}

/** `10%`, `0.5%` or `10` as a share of 1; undefined: it is none. */
export function shareOf(text: string): number | undefined {
  const value = /^\d{1,3}(?:\.\d{1,4})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  return value > 0 && value <= 100 ? value / 100 : undefined;
}

type Key = 'share' | 'outstanding' | 'body' | 'timeout';

const KEYS: Readonly<Record<Key, { says: string; read: (text: string) => number | undefined }>> = {
  share: { says: 'a percentage above 0', read: shareOf },
  outstanding: {
    says: `a number from 1 to ${MOST_OUTSTANDING}`,
    read: (text) => within(/^\d{1,6}$/.test(text) ? Number(text) : Number.NaN, 1, MOST_OUTSTANDING),
  },
  body: { says: 'bytes, 64M at the most', read: (text) => within(bytesOf(text) ?? Number.NaN, 0, MOST_BODY) },
  timeout: {
    says: `seconds from 1 to ${MOST_SECONDS}`,
    read: (text) => {
      const seconds = within(/^\d{1,4}$/.test(text) ? Number(text) : Number.NaN, 1, MOST_SECONDS);
      return seconds === undefined ? undefined : seconds * 1000;
    },
  },
};

function within(value: number, least: number, most: number): number | undefined {
  return value >= least && value <= most ? value : undefined;
}

function readPair(line: DirectiveLine, { text, column }: Word): Partial<Record<Key, number>> {
  const pair = keyValue(text);
  const key = pair?.key.toLowerCase() ?? '';
  if (pair === undefined || !Object.hasOwn(KEYS, key))
    fail(line, `EdgeMirror: '${text}' is not key=value with one of ${Object.keys(KEYS).join(', ')}`, column);
  const { says, read } = KEYS[key as Key];
  const value = read(pair.value);
  if (value === undefined) fail(line, `EdgeMirror: ${key}='${pair.value}' is not ${says}`, column);
  return { [key]: value };
}

function apply(line: DirectiveLine, scope: Scope): void {
  const [target = firstWord(line), ...rest] = line.words;
  if (target.text.toLowerCase() === 'off' && rest.length === 0) {
    scope.place.mirror = 'off';
    return;
  }
  const name = isBalancerUrl(target.text) ? balancerName(target.text) : undefined;
  if (name === undefined || name.length !== target.text.length)
    fail(line, `EdgeMirror: '${target.text}' is neither balancer://name nor Off`, target.column);
  let said: Partial<Record<Key, number>> = {};
  for (const word of rest) said = { ...said, ...readPair(line, word) };
  const { share = 1, outstanding = 64, body = 65_536, timeout = 10_000 } = said;
  const at = `${line.file}:${line.line}`;
  const settings: MirrorSettings = { name, row: -1, share, outstanding, body, timeout, at };
  scope.place.mirror = settings;
}

export const EDGE_MIRROR_ROW: DirectiveRow = {
  name: 'EdgeMirror',
  module: 'edge',
  contexts: ANYWHERE,
  arity: 'iterate',
  usage: "'Off', or balancer://name of a shadow pool, and share=, outstanding=, body=, timeout=",
  apply,
};

/** Shadows that no section defines, each once, as `{ name, at }`. */
export function unknownShadows(mirrors: readonly MirrorSettings[], settings: Settings): MirrorSettings[] {
  const seen = new Set<string>();
  return mirrors.filter(({ name, row, at }) => {
    if (settings.balancers[row]?.name === name || seen.has(at)) return false;
    return seen.add(at);
  });
}
