/**
 * mod_filter's smart filters: FilterDeclare names one, FilterProvider says what it becomes under which condition, and
 * FilterChain puts it to work.
 *
 *   FilterDeclare COMPRESS
 *   FilterProvider COMPRESS DEFLATE "%{CONTENT_TYPE} =~ m#^text/#"
 *   FilterChain COMPRESS
 *
 * Source: httpd 2.4 manual, mod_filter; messages and order observed on 2.4.71. Thread: main, at load.
 */

import { ExprError, parseBool } from '../../expr/parse.js';
import type { Provider } from '../../filter/chain.js';
import { fail } from '../error.js';
import { ANYWHERE, type Arity, type DirectiveLine, type DirectiveRow, type Scope } from '../table.js';
import { firstWord } from './core.js';
import { filterNamed } from './filters.js';

function declare(scope: Scope, name: string, providers: Provider[]): void {
  scope.place.smartFilters = { ...scope.place.smartFilters, [name]: providers };
}

function applyProvider(line: DirectiveLine, scope: Scope): void {
  const [name, provider, condition] = line.words;
  if (name === undefined || provider === undefined || condition === undefined) return;
  const filter = filterNamed(line, scope, provider);
  if (filter === undefined) return;
  try {
    const known = scope.place.smartFilters?.[name.text] ?? [];
    // The last is tried first, as in httpd.
    declare(scope, name.text, [{ filter, condition: parseBool(condition.text) }, ...known]);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Error parsing FilterProvider expression:${error.message}`, condition.column);
  }
}

/** `+A` and `A`: at the end; `@A`: at the beginning; `-A`: no more; `=A`: alone; `!`: nothing. */
function applyChain(line: DirectiveLine, scope: Scope): void {
  for (const { text } of line.words) {
    const chain = scope.place.typeFilters ?? [];
    const [, sign = '', smart = ''] = /^([-+=!@]?)(.*)$/s.exec(text) ?? [];
    if (sign === '@') scope.place.typeFilters = [{ smart }, ...chain];
    else if (sign === '-')
      scope.place.typeFilters = chain.filter((word) => !('smart' in word && sameName(word.smart, smart)));
    else if (sign === '!') scope.place.typeFilters = [{ empties: true }];
    else scope.place.typeFilters = [...(sign === '=' ? [{ empties: true } as const] : chain), { smart }];
  }
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function row(name: string, arity: Arity, usage: string, apply: DirectiveRow['apply']): DirectiveRow {
  return { name, module: 'mod_filter', contexts: ANYWHERE, arity, usage, apply };
}

/** Words that change nothing here, but whose filter must have been declared. */
function noteRow(name: string, arity: Arity, usage: string, reason: string): DirectiveRow {
  return row(name, arity, usage, (line, scope) => {
    const { text, column } = firstWord(line);
    if (scope.place.smartFilters?.[text] === undefined) fail(line, `Undeclared smart filter ${text}`, column);
    scope.note('irrelevant', line, reason);
  });
}

export const SMART_FILTER_ROWS: readonly DirectiveRow[] = [
  row('FilterDeclare', 'take12', 'filter-name [filter-type]', (line, scope) =>
    declare(scope, firstWord(line).text, []),
  ),
  row('FilterProvider', 'take3', 'filter-name provider-name match-expression', applyProvider),
  row('FilterChain', 'iterate', 'list of filter names with optional [+-=!@]', applyChain),
  noteRow('FilterTrace', 'take2', 'filter-name debug-level', 'no filter writes a trace'),
  noteRow(
    'FilterProtocol',
    'take23',
    'filter-name [provider-name] protocol-args',
    'what encoding does to a response is known',
  ),
];
