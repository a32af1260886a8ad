/**
 * Order, Allow, Deny and Satisfy, and the <Limit> and <LimitExcept> sections, inside which those and Require hold for
 * some methods only.
 *
 * Source: httpd 2.4 manual, mod_access_compat, core; messages from httpd itself. Thread: main, at load.
 */

import { parseNetwork } from '../../http/access-address.js';
import type { AccessCompatSettings, CompatRule, Order } from '../../http/access-compat.js';
import { intersectLimits, isSameLimit, type MethodLimit } from '../../http/method-limit.js';
import type { Place } from '../../settings.js';
import { fail } from '../error.js';
import type { Context, DirectiveLine, DirectiveRow, Scope, SectionRow, Word } from '../table.js';
import { choice, firstWord } from './core.js';

const IN_SECTIONS: readonly Context[] = ['location', 'proxy', 'if', 'directory'];

const ORDERS: Readonly<Record<string, Order>> = {
  'allow,deny': 'allow,deny',
  'deny,allow': 'deny,allow',
  'mutual-failure': 'mutual-failure',
};

function settingsOf(place: Place): AccessCompatSettings {
  place.accessCompat ??= { orders: [], allows: [], denies: [], satisfies: [] };
  return place.accessCompat;
}

function limitOf(scope: Scope): { limit?: MethodLimit } {
  return scope.limit === undefined ? {} : { limit: scope.limit };
}

function applyRules(line: DirectiveLine, scope: Scope, list: 'allows' | 'denies'): void {
  const [from, ...words] = line.words;
  if (from?.text.toLowerCase() !== 'from') {
    fail(line, "allow and deny must be followed by 'from'", from?.column);
  }
  for (const word of words)
    settingsOf(scope.place)[list].push({ ...readRule(line, word), ...limitOf(scope) });
}

function readRule(line: DirectiveLine, word: Word): CompatRule {
  const { text } = word;
  const [, negated, name] = /^env=(!?)(.*)$/is.exec(text) ?? [];
  if (name !== undefined) return { kind: 'env', name, negate: negated === '!' };
  if (text.toLowerCase() === 'all') return { kind: 'all' };
  const network = parseNetwork(text);
  if (network !== undefined) return { kind: 'ip', network };
  const [address = '', mask] = text.split('/');
  if (!address.includes(':') && !/^[\d.]+$/.test(address)) {
    // httpd differs: names are looked up there, and a request waits for the answer.
    const what = `${line.name} from a host name is known to httpd but not implemented in drover`;
    fail(line, `${what}: it would need DNS for every request`, word.column);
  }
  const isWhole = address.includes(':') || /^\d+(?:\.\d+){3}$/.test(address);
  // httpd differs: it takes a mask with holes, such as 255.0.255.0.
  const isMaskWrong = mask !== undefined && isWhole && parseNetwork(address) !== undefined;
  fail(line, `The specified ${isMaskWrong ? 'network mask' : 'IP address'} is invalid.`, word.column);
}

function row(
  name: string,
  arity: DirectiveRow['arity'],
  usage: string,
  apply: DirectiveRow['apply'],
): DirectiveRow {
  return { name, module: 'mod_access_compat', contexts: IN_SECTIONS, arity, usage, apply };
}

const WHOM = "'from' followed by hostnames or IP-address wildcards";

/** httpd spells three of them in lower case. */
export const ACCESS_COMPAT_ROWS: readonly DirectiveRow[] = [
  row('order', 'take1', "'allow,deny', 'deny,allow', or 'mutual-failure'", (line, scope) => {
    const order = choice(firstWord(line), ORDERS);
    if (order === undefined) fail(line, 'unknown order', firstWord(line).column);
    settingsOf(scope.place).orders.push({ order, ...limitOf(scope) });
  }),
  row('allow', 'iterate2', WHOM, (line, scope) => applyRules(line, scope, 'allows')),
  row('deny', 'iterate2', WHOM, (line, scope) => applyRules(line, scope, 'denies')),
  row('Satisfy', 'take1', "access policy if both allow and require used ('all' or 'any')", (line, scope) => {
    const isAny = choice(firstWord(line), { any: true, all: false });
    if (isAny === undefined) fail(line, "Satisfy either 'any' or 'all'.", firstWord(line).column);
    settingsOf(scope.place).satisfies.push({ isAny, ...limitOf(scope) });
  }),
];

function limitRow(name: 'Limit' | 'LimitExcept'): SectionRow {
  return {
    name,
    module: 'core',
    contexts: IN_SECTIONS,
    open(line, scope) {
      if (line.words.length === 0) fail(line, `<${name}> directive requires additional arguments`);
      const trace = line.words.find(({ text }) => text === 'TRACE');
      if (trace !== undefined) {
        fail(line, 'TRACE cannot be controlled by <Limit>, see TraceEnable', trace.column);
      }
      const methods = [...new Set(line.words.map(({ text }) => (text === 'HEAD' ? 'GET' : text)))];
      const limit = intersectLimits(scope.limit, { methods, isExcept: name === 'LimitExcept' });
      if (!limit.isExcept && limit.methods.length === 0) {
        fail(line, `<${name}> directive excludes all methods`);
      }
      if (scope.limit !== undefined && isSameLimit(limit, scope.limit)) {
        fail(line, `<${name}> directive specifies methods already excluded`);
      }
      return scope.inside(line, { limit });
    },
  };
}

export const LIMIT_SECTIONS: readonly SectionRow[] = [limitRow('Limit'), limitRow('LimitExcept')];
