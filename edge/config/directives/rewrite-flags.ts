/**
 * The flags of RewriteRule: one row a flag, by its short and its long name in any case.
 *
 * Source: httpd 2.4 manual, mod_rewrite, "RewriteRule Flags"; messages from httpd itself. Thread: main, at load.
 */
import { reasonOf } from '../../http/status.js';
import type { RewriteRule } from '../../route/rewrite.js';
import { parseTemplate } from '../../route/rewrite-template.js';
import { fail } from '../error.js';
import type { DirectiveLine, Scope } from '../table.js';
import { atoi } from './proxy-params-values.js';
import type { Flag } from './rewrite-line.js';

/** What flags say before the substitution is looked at. */
export type RuleFlags = Omit<RewriteRule, 'pattern' | 'regex' | 'negate' | 'conditions' | 'output'> & {
  isCaseBlind?: boolean;
};

/** Rounds of a rule with N alone. */
const MAX_ROUNDS = 32_000;

type Apply = (flags: RuleFlags, value: string, line: DirectiveLine, scope: Scope) => void;

const TABLE: readonly (readonly [string, Apply])[] = [
  ['B|escapebackreferences', setEscapes],
  ['BCTLS', (flags) => setEscaping(flags, { isControls: true })],
  ['BNE', setExceptions],
  ['BNP|backrefnoplus', (flags) => setEscaping(flags, { hasNoPlus: true })],
  ['C|chain', (flags) => Object.assign(flags, { isChain: true })],
  ['CO|cookie', (flags, value) => flags.cookies.push(parseTemplate(value))],
  ['DPI|discardpath', () => undefined],
  ['E|env', (flags, value) => flags.env.push(parseTemplate(value))],
  ['END', (flags) => Object.assign(flags, { isEnd: true })],
  ['F|forbidden', (flags) => Object.assign(flags, { status: 403 })],
  ['G|gone', (flags) => Object.assign(flags, { status: 410 })],
  ['H|handler', noteHandler],
  ['L|last', (flags) => Object.assign(flags, { isLast: true })],
  ['N|next', (flags, value) => Object.assign(flags, { rounds: value === '' ? MAX_ROUNDS : atoi(value) })],
  ['NC|nocase', (flags) => Object.assign(flags, { isCaseBlind: true })],
  ['NE|noescape', (flags) => Object.assign(flags, { isNoEscape: true })],
  ['NS|nosubreq', () => undefined],
  ['P|proxy', (flags) => Object.assign(flags, { isProxy: true })],
  ['PT|passthrough', (flags) => Object.assign(flags, { isPassThrough: true })],
  ['QSA|qsappend', (flags) => Object.assign(flags.query, { append: true })],
  ['QSD|qsdiscard', (flags) => Object.assign(flags.query, { discard: true })],
  ['QSL|qslast', (flags) => Object.assign(flags.query, { last: true })],
  ['R|redirect', setRedirect],
  ['S|skip', (flags, value) => Object.assign(flags, { skip: Math.max(0, atoi(value)) })],
  ['T|type', noteHandler],
  ['UnsafeAllow3F', (flags) => Object.assign(flags, { allows3F: true })],
  ['UnsafePrefixStat', () => undefined],
];

const BY_NAME = new Map<string, Apply>(
  TABLE.flatMap(([names, apply]) => names.split('|').map((name) => [name.toLowerCase(), apply] as const)),
);

export function readRuleFlags(line: DirectiveLine, scope: Scope, flags: readonly Flag[]): RuleFlags {
  const said: RuleFlags = { redirect: 302, query: {}, env: [], cookies: [] };
  for (const { name, value } of flags) {
    const apply = BY_NAME.get(name.toLowerCase());
    if (apply === undefined) fail(line, `RewriteRule: unknown flag '${name}'`);
    apply(said, value, line, scope);
  }
  return said;
}

function setEscaping(flags: RuleFlags, more: NonNullable<RuleFlags['escaping']>): void {
  flags.escaping = { ...flags.escaping, ...more };
}

function setEscapes(flags: RuleFlags, value: string): void {
  setEscaping(flags, value === '' ? {} : { only: value });
}

function setExceptions(flags: RuleFlags, value: string, line: DirectiveLine): void {
  if (value === '') fail(line, "RewriteRule: flag 'BNE' wants a list of characters (i.e. [BNE=...])");
  setEscaping(flags, { except: value });
}

const REDIRECTS: Readonly<Record<string, number>> = { permanent: 301, temp: 302, seeother: 303 };

function setRedirect(flags: RuleFlags, value: string, line: DirectiveLine): void {
  flags.isRedirect = true;
  const word = value.toLowerCase();
  if (Object.hasOwn(REDIRECTS, word)) flags.redirect = REDIRECTS[word] ?? 302;
  if (!/^\d/.test(value)) return;
  const status = atoi(value);
  if (reasonOf(status) === '') {
    fail(line, `RewriteRule: invalid HTTP response code '${value}' for flag 'R'`);
  }
  if (status >= 300 && status < 400) flags.redirect = status;
  else flags.status = status;
}

function noteHandler(_flags: RuleFlags, value: string, line: DirectiveLine, scope: Scope): void {
  scope.note('irrelevant', line, `drover serves no files that ${value} could be for`);
}
