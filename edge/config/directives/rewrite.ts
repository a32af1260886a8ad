/**
 * mod_rewrite's directives. Outside sections they are the server's, where rules see the path of the request; in a section
 * they are the section's, where rules see where the request leads.
 *
 * Source: httpd 2.4 manual, mod_rewrite; messages from httpd itself. Thread: main, at load.
 */
import { existsSync } from 'node:fs';
import { translateRegex } from '../../expr/regex.js';
import type { RewriteRule } from '../../route/rewrite.js';
import type { RewriteCondition } from '../../route/rewrite-condition.js';
import type { RewriteMap } from '../../route/rewrite-map.js';
import type { PlaceRewrite, RewriteOption } from '../../route/rewrite-place.js';
import { fail } from '../error.js';
import { refuseUnsupported } from '../scope.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, SERVER_VHOST } from '../table.js';
import { firstWord } from './core.js';
import { poolsOf } from './proxy-pools.js';
import { readCondition, testOf } from './rewrite-condition.js';
import { type RuleFlags, readRuleFlags } from './rewrite-flags.js';
import { parseRewriteLine } from './rewrite-line.js';

const OPTIONS: readonly RewriteOption[] = [
  'inherit',
  'inheritbefore',
  'inheritdown',
  'inheritdownbefore',
  'ignoreinherit',
  'allownoslash',
  'allowanyuri',
  'mergebase',
  'ignorecontextinfo',
  'legacyprefixdocroot',
];

/** Conditions that wait for their rule, by the rewriting they belong to. */
const PENDING = new WeakMap<PlaceRewrite, RewriteCondition[]>();

function isOutside(scope: Scope): boolean {
  return scope.context === 'server' || scope.context === 'vhost';
}

function rewriteOf(scope: Scope): PlaceRewrite {
  if (isOutside(scope)) return scope.server.rewrite;
  const directory = scope.sectionArgument.endsWith('/') ? scope.sectionArgument : `${scope.sectionArgument}/`;
  scope.place.rewrite ??= { rules: [], directory };
  return scope.place.rewrite;
}

/** What is said of a server holds for its sections too. */
function alsoInside(scope: Scope, said: Partial<PlaceRewrite>): void {
  if (isOutside(scope)) scope.place.rewrite = { rules: [], ...scope.place.rewrite, ...said };
}

function applyOptions(line: DirectiveLine, scope: Scope): void {
  const rewrite = rewriteOf(scope);
  const options = [...(rewrite.options ?? [])];
  for (const { text, column } of line.words) {
    const word = text.toLowerCase();
    const option = OPTIONS.find((known) => known === word);
    if (option !== undefined) options.push(option);
    else if (word.startsWith('maxredirects=')) {
      const text =
        'MaxRedirects option has been removed in favor of the global LimitInternalRecursion directive';
      scope.warn(line, `AH00664: RewriteOptions: ${text} and will be ignored.`);
    } else fail(line, `RewriteOptions: unknown option '${text}'`, column);
  }
  rewrite.options = options;
  alsoInside(scope, { options });
}

function applyRule(line: DirectiveLine, scope: Scope): void {
  const { first, second, flags } = parseRewriteLine(line);
  const { isCaseBlind, ...said } = readRuleFlags(line, scope, flags);
  const rewrite = rewriteOf(scope);
  const negate = first.text.startsWith('!');
  const pattern = negate ? first.text.slice(1) : first.text;
  const isKept = second.text === '-' || said.status !== undefined;
  const { text, query } = queryOf(second.text, said.query);
  const rule: RewriteRule = {
    pattern: first.text,
    regex: regexOf(line, pattern, isCaseBlind === true, first.column),
    ...(negate ? { negate } : {}),
    conditions: PENDING.get(rewrite) ?? [],
    ...(isKept ? {} : { output: testOf(line, { text, column: second.column }) }),
    ...said,
    query,
  };
  PENDING.delete(rewrite);
  if (said.isProxy === true) poolsOf(scope.pools, scope.server).hasOpenUrls = true;
  rewrite.rules = [...rewrite.rules, rule];
}

function regexOf(
  line: DirectiveLine,
  pattern: string,
  isCaseBlind: boolean,
  column: number,
): RewriteRule['regex'] {
  try {
    return translateRegex(pattern, isCaseBlind ? 'i' : '');
  } catch {
    fail(line, `RewriteRule: cannot compile regular expression '${pattern}'`, column);
  }
}

/** A question mark at the end of a substitution means that there is no query; with QSA, that the client's stays. */
function queryOf(text: string, query: RuleFlags['query']): { text: string; query: RuleFlags['query'] } {
  if (text.endsWith('?')) {
    if (query.append === true) return { text, query: { ...query, last: true } };
    return { text: text.slice(0, -1), query: { ...query, none: true } };
  }
  const isNone = query.discard === true && !text.includes('?');
  return { text, query: isNone ? { ...query, none: true } : query };
}

const FUNCTIONS = ['toupper', 'tolower', 'escape', 'unescape'] as const;

function applyMap(line: DirectiveLine, scope: Scope): void {
  const [name, source] = line.words;
  if (name === undefined || source === undefined) return;
  const map = readMap(line, scope, name.text, source.text, source.column);
  if (map !== undefined) scope.server.rewriteMaps[name.text] = map;
}

function readMap(
  line: DirectiveLine,
  scope: Scope,
  name: string,
  source: string,
  column: number,
): RewriteMap | undefined {
  const [, kind = 'txt', rest = source] =
    /^(txt|rnd|int|prg|dbm(?:=[^:]*)?|dbd|fastdbd):(.*)$/is.exec(source) ?? [];
  switch (kind.toLowerCase()) {
    case 'int': {
      const known = FUNCTIONS.find((each) => each === rest);
      if (known === undefined) fail(line, `RewriteMap: internal map not found:${rest}`, column);
      return { kind: 'int', name: known };
    }
    case 'txt':
    case 'rnd': {
      const file = scope.resolve(rest);
      if (!existsSync(file)) fail(line, `RewriteMap: file for map ${name} not found:${file}`, column);
      return { kind: kind.toLowerCase() as 'txt' | 'rnd', file };
    }
    default:
      refuseUnsupported(
        line,
        scope,
        `RewriteMap of type ${kind} is not supported by drover: keys would be looked up by another program`,
        column,
      );
      return undefined;
  }
}

function row(
  name: string,
  arity: DirectiveRow['arity'],
  usage: string,
  apply: DirectiveRow['apply'],
  contexts = ANYWHERE,
): DirectiveRow {
  return { name, module: 'mod_rewrite', contexts, arity, usage, apply };
}

/** Nothing is served from it; rules of sections see it before the path. */
const DOCUMENT_ROOT: DirectiveRow = {
  name: 'DocumentRoot',
  module: 'core',
  contexts: SERVER_VHOST,
  arity: 'take1',
  usage: 'Root directory of the document tree',
  apply(line, scope) {
    scope.server.own.documentRoot = scope.resolve(firstWord(line).text).replace(/\/+$/, '');
    scope.note('irrelevant', line, 'drover serves no files from disk');
  },
};

export const REWRITE_ROWS: readonly DirectiveRow[] = [
  row(
    'RewriteEngine',
    'flag',
    'On or Off to enable or disable (default) the whole rewriting engine',
    (line, scope) => {
      const isOn = firstWord(line).text.toLowerCase() === 'on';
      rewriteOf(scope).isOn = isOn;
      alsoInside(scope, { isOn });
    },
  ),
  row('RewriteOptions', 'iterate', 'List of option strings to set', applyOptions),
  row('RewriteBase', 'take1', 'the base URL of the per-directory context', (line, scope) => {
    const { text, column } = firstWord(line);
    if (isOutside(scope)) fail(line, 'RewriteBase: only valid in per-directory config files');
    if (!text.startsWith('/')) fail(line, 'RewriteBase: argument is not a valid URL', column);
    rewriteOf(scope).base = text;
  }),
  row('RewriteCond', 'raw', 'an input string and a to be applied regexp-pattern', (line, scope) => {
    const rewrite = rewriteOf(scope);
    PENDING.set(rewrite, [...(PENDING.get(rewrite) ?? []), readCondition(line, scope)]);
  }),
  row('RewriteRule', 'raw', 'an URL-applied regexp-pattern and a substitution URL', applyRule),
  DOCUMENT_ROOT,
  row('RewriteMap', 'take23', 'a mapname and a filename and options', applyMap, SERVER_VHOST),
];
