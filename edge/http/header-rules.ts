/**
 * Header and RequestHeader: rules as plain data, the parsing of their values, and their compilation to steps.
 * A rule is one small closure; a list of rules is a loop over closures, and an absent list is no step at all.
 *
 * Source: httpd 2.4, mod_headers. Values are parsed on the main thread at load, steps run on any thread and never throw.
 */

import type { Fields } from '../exchange.js';
import type { BoolExpr, RegexSource, StringExpr } from '../expr/ast.js';
import { compileBool } from '../expr/compile.js';
import type { Request } from '../request.js';
import { compileAction } from './header-rules-actions.js';

/** Value of a header: literal text and format codes, or a string expression (`expr=…`). */
export type HeaderValue = { kind: 'format'; parts: HeaderPart[] } | { kind: 'expr'; expr: StringExpr };

/** `%t %D %l %i %b`, `%{NAME}e`, `%{NAME}s`, or text. */
export type HeaderPart =
  | { text: string }
  | { code: 't' | 'D' | 'l' | 'i' | 'b' }
  | { code: 'e' | 's'; name: string };

export interface HeaderRule {
  action: 'set' | 'setifempty' | 'append' | 'merge' | 'add' | 'unset' | 'echo' | 'edit' | 'edit*' | 'note';
  /** Header name as written, without a `:` at its end; for echo the pattern. */
  name: string;
  value?: HeaderValue;
  /** edit, edit*, echo. */
  regex?: RegexSource;
  /** Header (not RequestHeader): which response table. */
  table: 'onsuccess' | 'always';
  early: boolean;
  /** env=NAME, env=!NAME, or expr=. */
  env?: { name: string; negate: boolean };
  expr?: BoolExpr;
  at: string;
}

/** Acts on the request or on its response tables. */
export type HeaderStep = (r: Request) => void;

/** The given RequestHeader rules, early or not, as one step on r.ownFields(); undefined when there are none. */
export function compileRequestHeaders(rules: readonly HeaderRule[]): HeaderStep | undefined {
  return sequence(rules.map((rule) => compileRule(rule, false, (r) => r.ownFields())));
}

/** A step for each response table; undefined when nothing is to be done to it. */
export interface ResponseHeaderSteps {
  onsuccess: HeaderStep | undefined;
  always: HeaderStep | undefined;
}

/**
 * The given Header rules but the early ones. httpd runs `always` first, then `onsuccess`; an error that it makes itself
 * gets `always` alone.
 */
export function compileResponseHeaders(rules: readonly HeaderRule[]): ResponseHeaderSteps {
  return compileTables(rules.filter((rule) => !rule.early));
}

/**
 * The early ones among the given Header rules: they run as soon as the request has been read.
 * httpd differs: on a page of its own a later rule can not take away what an early one has set.
 */
export function compileEarlyResponseHeaders(rules: readonly HeaderRule[]): ResponseHeaderSteps {
  return compileTables(rules.filter((rule) => rule.early));
}

function compileTables(rules: readonly HeaderRule[]): ResponseHeaderSteps {
  const of = (table: HeaderRule['table'], fields: (r: Request) => Fields): HeaderStep | undefined =>
    sequence(rules.filter((rule) => rule.table === table).map((rule) => compileRule(rule, true, fields)));
  return { onsuccess: of('onsuccess', (r) => r.responseFields), always: of('always', (r) => r.alwaysFields) };
}

function sequence(steps: HeaderStep[]): HeaderStep | undefined {
  if (steps.length < 2) return steps[0];
  return (r) => {
    for (const step of steps) step(r);
  };
}

function compileRule(rule: HeaderRule, isForResponse: boolean, fieldsOf: (r: Request) => Fields): HeaderStep {
  const act = compileAction(rule, isForResponse);
  const isWanted = compileCondition(rule);
  if (isWanted === undefined) return (r) => act(r, fieldsOf(r));
  return (r) => {
    if (isWanted(r)) act(r, fieldsOf(r));
  };
}

function compileCondition(rule: HeaderRule): ((r: Request) => boolean) | undefined {
  // An early rule's one condition is being early: httpd keeps both in the same word.
  if (rule.expr !== undefined) return compileBool(rule.expr);
  if (rule.env === undefined || rule.early) return undefined;
  const { name, negate } = rule.env;
  return (r) => (r.env?.has(name) === true) !== negate;
}

const CODES = new Set(['t', 'D', 'l', 'i', 'b', 'e', 's']);

/**
 * The value argument of Header and RequestHeader, unless it begins with `expr=`.
 * errors  Error with httpd's message, such as `Unrecognized header format %q`
 */
export function parseHeaderValue(text: string): HeaderValue {
  const parts: HeaderPart[] = [];
  let rest = text;
  while (rest !== '') {
    const found = /^(?:([^%]+)|%(%|$)|%(?:\{([^}]*)\}?)?([\s\S]?))/.exec(rest);
    if (found === null) break;
    const [whole, literal, percent, name = '', code = ''] = found;
    rest = rest.slice(whole.length);
    if (literal !== undefined) parts.push({ text: unescapeText(literal) });
    else if (percent !== undefined) parts.push({ text: '%' });
    else if (!CODES.has(code)) throw new Error(`Unrecognized header format %${code}`);
    else if (code === 'e' || code === 's') parts.push({ code, name });
    else parts.push({ code: code as 't' | 'D' | 'l' | 'i' | 'b' });
  }
  return { kind: 'format', parts };
}

const TEXT_ESCAPES = new Map([
  ['\\\\', '\\'],
  ['\\r', '\r'],
  ['\\n', '\n'],
  ['\\t', '\t'],
]);

function unescapeText(text: string): string {
  return text.replace(/\\[\\rnt]/g, (pair) => TEXT_ESCAPES.get(pair) ?? pair);
}
