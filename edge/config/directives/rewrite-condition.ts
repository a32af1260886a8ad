/**
 * RewriteCond: a test string, a pattern of one of many kinds, flags.
 *
 * Source: httpd 2.4 manual, mod_rewrite, "RewriteCond"; messages from httpd itself. Thread: main, at load.
 */
import { ExprError, parseBool } from '../../expr/parse.js';
import { translateRegex } from '../../expr/regex.js';
import type { IntegerComparison, RewriteCondition } from '../../route/rewrite-condition.js';
import { parseTemplate, type Template, variablesOf } from '../../route/rewrite-template.js';
import { fail } from '../error.js';
import type { DirectiveLine, Scope, Word } from '../table.js';
import { atoi } from './proxy-params-values.js';
import { parseRewriteLine } from './rewrite-line.js';

/** File tests by their letter, with the operator of expressions that does the same. */
const FILE_TESTS: Readonly<Record<string, string>> = {
  f: 'f',
  s: 's',
  d: 'd',
  x: 'x',
  h: 'L',
  l: 'L',
  L: 'L',
};

export function readCondition(line: DirectiveLine, scope: Scope): RewriteCondition {
  const { first, second, flags } = parseRewriteLine(line);
  let noCase = false;
  const more: Pick<RewriteCondition, 'isOr'> = {};
  for (const { name } of flags) {
    const flag = name.toLowerCase();
    if (flag === 'nocase' || flag === 'nc') noCase = true;
    else if (flag === 'ornext' || flag === 'or') more.isOr = true;
    else if (flag !== 'novary' && flag !== 'nv') fail(line, `RewriteCond: unknown flag '${name}'`);
  }
  const negate = second.text.startsWith('!');
  const pattern = negate ? { text: second.text.slice(1), column: second.column + 1 } : second;
  const condition = readPattern(line, first, pattern, negate, noCase);
  const takesCase = condition.kind === 'regex' || (condition.kind === 'string' && condition.compare === '=');
  if (noCase && !takesCase) {
    const what = `NoCase option for non-regex pattern '${pattern.text}' is not supported and will be ignored.`;
    scope.warn(line, `AH00665: RewriteCond: ${what} (${line.file}:${line.line})`);
  }
  return { ...condition, ...more };
}

function readPattern(
  line: DirectiveLine,
  first: Word,
  { text, column }: Word,
  negate: boolean,
  noCase: boolean,
): RewriteCondition {
  if (first.text.toLowerCase() === 'expr')
    return { kind: 'expr', expr: expression(line, text, column), negate };
  const test = testOf(line, first);
  const [, compared, value = ''] = /^([<>]=?|=)(.*)$/s.exec(text) ?? [];
  if (compared !== undefined) {
    const compare = compared as '=' | '<' | '>' | '<=' | '>=';
    const isCaseBlind = noCase && compare === '=';
    return { kind: 'string', test, compare, value: value === '""' ? '' : value, noCase: isCaseBlind, negate };
  }
  const [, integer, number = ''] = /^-(eq|ne|lt|le|gt|ge)(.*)$/s.exec(text) ?? [];
  if (integer !== undefined) {
    return { kind: 'integer', test, compare: integer as IntegerComparison, value: atoi(number), negate };
  }
  const [, letter = ''] = /^-(.)$/.exec(text) ?? [];
  if (letter === 'U' || letter === 'F') {
    fail(
      line,
      `RewriteCond -${letter} is known to httpd but not implemented in drover: it needs subrequests`,
      column,
    );
  }
  const operator = Object.hasOwn(FILE_TESTS, letter) ? FILE_TESTS[letter] : undefined;
  if (operator !== undefined) return { kind: 'file', test, operator, negate };
  try {
    return { kind: 'regex', test, regex: translateRegex(text, noCase ? 'i' : ''), negate };
  } catch {
    fail(line, `RewriteCond: cannot compile regular expression '${text}'`, column);
  }
}

function expression(line: DirectiveLine, text: string, column: number): ReturnType<typeof parseBool> {
  try {
    return parseBool(text);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `RewriteCond: cannot compile expression "${text}" ${error.message}`, column);
  }
}

/** A template whose variables drover can give. */
export function testOf(line: DirectiveLine, { text, column }: Word): Template {
  const template = parseTemplate(text);
  const ahead = variablesOf(template).find((name) => name.startsWith('LA-'));
  if (ahead !== undefined) {
    fail(line, `%{${ahead}} is known to httpd but not implemented in drover: it needs subrequests`, column);
  }
  return template;
}
