/**
 * mod_proxy_hcheck's own lines: named conditions (ProxyHCExpr), named sets of parameters (ProxyHCTemplate), and how many
 * members are asked at once (ProxyHCTPsize). Names hold for the server that the line stands in only.
 *
 * Source: httpd 2.4 manual, mod_proxy_hcheck; messages from httpd itself.
 * Thread: main, at load.
 */
import { ExprError, parseBool } from '../../expr/parse.js';
import { fail } from '../error.js';
import { nextWord } from '../lexer.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, SERVER_ONLY } from '../table.js';
import { HEALTH_PARAMETERS } from './hcheck-params.js';
import type { HealthDraft, HealthTemplate } from './proxy-params.js';
import { atoi, BadParameter, keyValue } from './proxy-params-values.js';
import { poolsOf } from './proxy-pools.js';

const LONGEST_NAME = 15;

/** Words of a line where `{…}` quotes as `"…"` does. */
function bracedWords(raw: string): string[] {
  const words: string[] = [];
  let rest = raw.trimStart();
  while (rest !== '') {
    const { text, length } = rest.startsWith('{') ? bracedWord(rest) : plainWord(rest);
    words.push(text);
    rest = rest.slice(length).trimStart();
  }
  return words;
}

function plainWord(rest: string): { text: string; length: number } {
  const found = nextWord(rest, 0);
  return { text: found?.word.text ?? '', length: found?.next ?? rest.length };
}

/** Braces inside count; one that is never closed runs to the end. Two backslashes are one. */
function bracedWord(rest: string): { text: string; length: number } {
  let depth = 0;
  let end = 0;
  do {
    if (rest[end] === '{') depth++;
    else if (rest[end] === '}') depth--;
    end++;
  } while (depth > 0 && end < rest.length);
  const text = rest.slice(1, depth === 0 ? end - 1 : end);
  return { text: text.replaceAll('\\\\', '\\'), length: end };
}

function applyExpression(line: DirectiveLine, scope: Scope): void {
  const [name, text, extra] = bracedWords(line.raw);
  if (name === undefined || name === '') fail(line, `Missing expression name for ${line.name}`);
  if (name.length > LONGEST_NAME) {
    fail(line, `Expression name limited to ${LONGEST_NAME} characters`, line.words[0]?.column);
  }
  if (text === undefined || text === '') fail(line, `Missing expression for ${line.name}`);
  const column = line.words[1]?.column;
  try {
    const expr = parseBool(text, { health: true });
    if (extra !== undefined) fail(line, 'error: extra parameter(s)', column);
    poolsOf(scope.pools, scope.server).expressions.set(name.toLowerCase(), expr);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Could not parse expression "${text}": ${error.message}`, column);
  }
}

function applyTemplate(line: DirectiveLine, scope: Scope): void {
  const [name, ...words] = line.words;
  if (name === undefined || name.text === '') fail(line, `Missing template name for ${line.name}`);
  const pools = poolsOf(scope.pools, scope.server);
  const key = name.text.toLowerCase();
  // It is there before its parameters are read, as in httpd.
  pools.templates.set(key, templateOf({}));
  const draft: HealthDraft = {
    templates: pools.templates,
    expressions: new Set(pools.expressions.keys()),
  };
  for (const word of words) {
    const pair = keyValue(word.text);
    if (pair === undefined) {
      fail(line, "Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'", word.column);
    }
    try {
      const row = HEALTH_PARAMETERS.find((known) => known.key === pair.key.toLowerCase());
      if (row === undefined) throw new BadParameter('unknown Worker hcheck parameter');
      row.apply(draft, pair.value);
    } catch (error) {
      if (!(error instanceof BadParameter)) throw error;
      fail(line, `ProxyHCTemplate: ${error.message} ${word.text}; ${name.text}`, word.column);
    }
  }
  pools.templates.set(key, templateOf(draft));
}

function templateOf(said: Partial<HealthDraft>): HealthTemplate {
  const { method = 'TCP', interval = 30_000, passes = 1, fails = 1, uri = '', expression = '' } = said;
  return { method, interval, passes, fails, uri, expression };
}

export const HCHECK_ROWS: readonly DirectiveRow[] = [
  {
    name: 'ProxyHCExpr',
    module: 'mod_proxy_hcheck',
    contexts: ANYWHERE,
    arity: 'raw',
    usage: 'Define a health check condition ruleset expression',
    apply: applyExpression,
  },
  {
    name: 'ProxyHCTemplate',
    module: 'mod_proxy_hcheck',
    contexts: ANYWHERE,
    arity: 'raw',
    usage: 'Health check template',
    apply: applyTemplate,
  },
  {
    name: 'ProxyHCTPsize',
    module: 'mod_proxy_hcheck',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'Set size of health check thread pool',
    apply(line, scope) {
      const size = atoi(line.words[0]?.text ?? '');
      if (size < 0) {
        const message = 'Invalid ProxyHCTPsize parameter. Parameter must be >= 0';
        fail(line, message, line.words[0]?.column);
      }
      scope.settings.healthPoolSize = size;
    },
  },
];
