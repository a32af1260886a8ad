/**
 * Environment variables of a request: SetEnvIf and its kin (mod_setenvif), which look at the request early, and SetEnv,
 * PassEnv, UnsetEnv (mod_env), which act late. The first go to the server when they stand outside sections, because
 * they run before any section is matched.
 *
 * Source: httpd 2.4 manual, mod_setenvif, mod_env; messages from httpd itself.
 * Thread: main, at load.
 */
import type { RegexSource } from '../../expr/ast.js';
import { ExprError, parseBool } from '../../expr/parse.js';
import { translateRegex } from '../../expr/regex.js';
import type { EnvAssignment, EnvRule } from '../../http/env-rules.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, type Word } from '../table.js';
import { atOf } from './proxy-pools.js';

function addRule(scope: Scope, rule: EnvRule): void {
  if (scope.context === 'server' || scope.context === 'vhost') {
    scope.server.own.envRules = [...(scope.server.own.envRules ?? []), rule];
  } else {
    scope.place.envRules = [...(scope.place.envRules ?? []), rule];
  }
}

/** `!VAR`, `VAR`, `VAR=value`. */
function assignments(line: DirectiveLine, words: readonly Word[]): EnvAssignment[] {
  if (words.length === 0) fail(line, `Missing envariable expression for ${line.name}`);
  return words.map(({ text }) => {
    if (text.startsWith('!')) return { name: text.slice(1) };
    const at = text.indexOf('=');
    return at === -1 ? { name: text, value: '1' } : { name: text.slice(0, at), value: text.slice(at + 1) };
  });
}

function regexOf(line: DirectiveLine, word: Word, isCaseBlind: boolean, message: string): RegexSource {
  try {
    return translateRegex(word.text, isCaseBlind ? 'i' : '');
  } catch {
    fail(line, message, word.column);
  }
}

/** A name with other characters than these is a regular expression of header names. */
const PLAIN_NAME = /^[-A-Za-z0-9_]*$/;

function applySetEnvIf(line: DirectiveLine, scope: Scope, isCaseBlind: boolean): void {
  const [attribute, pattern, ...rest] = line.words;
  if (attribute === undefined || attribute.text === '') {
    fail(line, `Missing header-field name for ${line.name}`);
  }
  addMatch(line, scope, attribute, pattern, rest, isCaseBlind);
}

function addMatch(
  line: DirectiveLine,
  scope: Scope,
  attribute: Word,
  pattern: Word | undefined,
  rest: readonly Word[],
  isCaseBlind: boolean,
): void {
  if (pattern === undefined || pattern.text === '') {
    fail(line, `Missing regular expression for ${line.name}`);
  }
  const regex = regexOf(line, pattern, isCaseBlind, `${line.name} regex could not be compiled.`);
  // httpd's message lacks the blank after the directive's name.
  const badName = `${line.name}Header name regex could not be compiled.`;
  const names = PLAIN_NAME.test(attribute.text) ? undefined : regexOf(line, attribute, isCaseBlind, badName);
  addRule(scope, {
    kind: 'attribute',
    attribute: attribute.text,
    ...(names === undefined ? {} : { attributeRegex: names }),
    regex,
    set: assignments(line, rest),
    at: atOf(line),
  });
}

function applyBrowserMatch(line: DirectiveLine, scope: Scope, isCaseBlind: boolean): void {
  const [pattern, ...rest] = line.words;
  const attribute = { text: 'User-Agent', column: line.column };
  addMatch(line, scope, attribute, pattern, rest, isCaseBlind);
}

function applySetEnvIfExpr(line: DirectiveLine, scope: Scope): void {
  const [expression, ...rest] = line.words;
  if (expression === undefined || expression.text === '') fail(line, `Missing expression for ${line.name}`);
  const { text, column } = expression;
  try {
    const expr = parseBool(text);
    addRule(scope, { kind: 'expr', expr, set: assignments(line, rest), at: atOf(line) });
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Could not parse expression "${text}": ${error.message}`, column);
  }
}

function setEnv(scope: Scope, entry: { name: string; value?: string }): void {
  scope.place.setEnv = [...(scope.place.setEnv ?? []), entry];
}

function applySetEnv(line: DirectiveLine, scope: Scope): void {
  const name = line.words[0]?.text ?? '';
  const at = name.indexOf('=');
  if (at !== -1) {
    const better = `'SetEnv ${name.slice(0, at)} ${name.slice(at + 1)}' expected instead?`;
    scope.warn(line, `AH10032: Spurious usage of '=' in an environment variable name. ${better}`);
  }
  setEnv(scope, { name, value: line.words[1]?.text ?? '' });
}

function applyPassEnv(line: DirectiveLine, scope: Scope): void {
  for (const { text } of line.words) {
    const value = process.env[text];
    if (value === undefined) scope.warn(line, `AH01506: PassEnv variable ${text} was undefined`);
    else setEnv(scope, { name: text, value });
  }
}

function applyUnsetEnv(line: DirectiveLine, scope: Scope): void {
  for (const { text } of line.words) setEnv(scope, { name: text });
}

function row(
  name: string,
  module: string,
  arity: DirectiveRow['arity'],
  usage: string,
  apply: DirectiveRow['apply'],
): DirectiveRow {
  return { name, module, contexts: ANYWHERE, arity, usage, apply };
}

export const ENV_ROWS: readonly DirectiveRow[] = [
  row('SetEnvIf', 'mod_setenvif', 'raw', 'A header-name, regex and a list of variables.', (line, scope) =>
    applySetEnvIf(line, scope, false),
  ),
  row(
    'SetEnvIfNoCase',
    'mod_setenvif',
    'raw',
    'a header-name, regex and a list of variables.',
    (line, scope) => applySetEnvIf(line, scope, true),
  ),
  row('SetEnvIfExpr', 'mod_setenvif', 'raw', 'an expression and a list of variables.', applySetEnvIfExpr),
  row('BrowserMatch', 'mod_setenvif', 'raw', 'A browser regex and a list of variables.', (line, scope) =>
    applyBrowserMatch(line, scope, false),
  ),
  row(
    'BrowserMatchNoCase',
    'mod_setenvif',
    'raw',
    'A browser regex and a list of variables.',
    (line, scope) => applyBrowserMatch(line, scope, true),
  ),
  row(
    'SetEnv',
    'mod_env',
    'take12',
    'an environment variable name and optional value to pass to CGI.',
    applySetEnv,
  ),
  row('PassEnv', 'mod_env', 'iterate', 'a list of environment variables to pass to CGI.', applyPassEnv),
  row(
    'UnsetEnv',
    'mod_env',
    'iterate',
    'a list of variables to remove from the CGI environment.',
    applyUnsetEnv,
  ),
];
