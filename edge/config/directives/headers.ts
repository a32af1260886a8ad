/**
 * Header and RequestHeader: lines to rules. The grammar is httpd's, with its odd corners: what stands after the value is
 * a condition, except that edit takes a replacement first, and that unset and echo have no value.
 *
 * Source: httpd 2.4 manual, mod_headers; messages from httpd itself.
 * Thread: main, at load.
 */
import { parseBool, parseString } from '../../expr/parse.js';
import { translateRegex } from '../../expr/regex.js';
import { type HeaderRule, type HeaderValue, parseHeaderValue } from '../../http/header-rules.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, type Word } from '../table.js';
import { atOf } from './proxy-pools.js';

const ACTIONS: readonly HeaderRule['action'][] = [
  'set',
  'setifempty',
  'append',
  'merge',
  'add',
  'unset',
  'echo',
  'edit',
  'edit*',
  'note',
];
const NO_ACTION =
  "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'.";
const TOO_MANY = 'Too many arguments to directive';

/** The words of a line by what they are. */
interface Parts {
  action: HeaderRule['action'];
  name: string;
  value: Word | undefined;
  /** edit, edit*. */
  replacement: Word | undefined;
  condition: Word | undefined;
}

function parseRule(line: DirectiveLine, isResponse: boolean): HeaderRule {
  const words = [...line.words];
  const where = words[0]?.text.toLowerCase();
  const hasTable = isResponse && (where === 'always' || where === 'onsuccess');
  if (hasTable) words.shift();
  const parts = sortWords(line, words, isResponse);
  const rule: HeaderRule = {
    action: parts.action,
    name: parts.action === 'echo' ? parts.name : parts.name.replace(/:.*$/s, ''),
    table: hasTable && where === 'always' ? 'always' : 'onsuccess',
    early: false,
    at: atOf(line),
  };
  const pattern = parts.action === 'echo' ? parts.name : parts.value?.text;
  if (parts.action === 'edit' || parts.action === 'edit*' || parts.action === 'echo') {
    const message = `Header ${parts.action === 'echo' ? 'echo' : 'edit'} regex could not be compiled`;
    try {
      rule.regex = translateRegex(pattern ?? '');
    } catch {
      fail(line, message, (parts.value ?? words[1])?.column);
    }
  }
  if (parts.condition !== undefined) applyCondition(line, rule, parts.condition);
  const value = parts.replacement ?? parts.value;
  if (value !== undefined) rule.value = parseValue(line, value);
  return rule;
}

function sortWords(line: DirectiveLine, words: Word[], isResponse: boolean): Parts {
  const [first, name, value, fourth, fifth, extra] = words;
  if (extra !== undefined) fail(line, TOO_MANY, extra.column);
  const action = ACTIONS.find((known) => known === first?.text.toLowerCase());
  if (action === undefined) fail(line, NO_ACTION, first?.column);
  if (action === 'note' && !isResponse) fail(line, "RequestHeader does not support the 'note' action");
  const parts = { action, name: name?.text ?? '', value, replacement: undefined, condition: undefined };
  if (action === 'edit' || action === 'edit*') {
    if (fourth === undefined) fail(line, 'Header edit requires a match and a substitution');
    return { ...parts, replacement: fourth, condition: fifth };
  }
  if (fifth !== undefined) fail(line, TOO_MANY, fifth.column);
  if (action === 'unset' || action === 'echo') {
    if (value !== undefined && fourth !== undefined) fail(line, TOO_MANY, fourth.column);
    if (action === 'echo' && !isResponse) fail(line, 'Header echo only valid on Header directives');
    return { ...parts, value: undefined, condition: value };
  }
  if (value === undefined) fail(line, 'Header requires three arguments');
  return { ...parts, condition: fourth };
}

function applyCondition(line: DirectiveLine, rule: HeaderRule, word: Word): void {
  const { text, column } = word;
  if (/^early$/i.test(text)) {
    rule.early = true;
  } else if (/^env=/i.test(text)) {
    const negate = text[4] === '!';
    const name = text.slice(negate ? 5 : 4);
    // The blank at the end is httpd's.
    const missing = 'error: missing environment variable name. envclause should be in the form env=envar ';
    if (name === '') fail(line, missing, column);
    rule.env = { name, negate };
  } else if (/^expr=/i.test(text)) {
    try {
      rule.expr = parseBool(text.slice(5));
    } catch (error) {
      fail(line, `Can't parse envclause/expression: ${messageOf(error)}`, column);
    }
  } else {
    fail(line, `Unknown parameter: ${text}`, column);
  }
}

function parseValue(line: DirectiveLine, word: Word): HeaderValue {
  if (word.text.startsWith('expr=')) {
    try {
      return { kind: 'expr', expr: parseString(word.text.slice(5)) };
    } catch (error) {
      fail(line, `Can't parse value expression : ${messageOf(error)}`, word.column);
    }
  }
  try {
    return parseHeaderValue(word.text);
  } catch (error) {
    fail(line, messageOf(error), word.column);
  }
}

/** What a parser says; faults of another kind pass on. */
function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  throw error;
}

function noteEarly(line: DirectiveLine, scope: Scope, rule: HeaderRule): void {
  if (!rule.early || scope.context === 'server' || scope.context === 'vhost') return;
  scope.note('irrelevant', line, 'early rules act before any section is looked at: no effect in a section');
}

export const HEADERS_ROWS: readonly DirectiveRow[] = [
  {
    name: 'Header',
    module: 'mod_headers',
    contexts: ANYWHERE,
    arity: 'raw',
    usage: 'an optional condition, an action, header and value followed by optional env clause',
    apply(line, scope) {
      const rule = parseRule(line, true);
      noteEarly(line, scope, rule);
      scope.place.responseHeaders = [...(scope.place.responseHeaders ?? []), rule];
    },
  },
  {
    name: 'RequestHeader',
    module: 'mod_headers',
    contexts: ANYWHERE,
    arity: 'raw',
    usage: 'an action, header and value followed by optional env clause',
    apply(line, scope) {
      const rule = parseRule(line, false);
      noteEarly(line, scope, rule);
      scope.place.requestHeaders = [...(scope.place.requestHeaders ?? []), rule];
    },
  },
];
