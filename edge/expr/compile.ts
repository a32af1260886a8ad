/**
 * Expressions: plain data to closures, once per thread. The tree is walked here, at load; a request runs a chain of small
 * functions and nothing is looked up by name. Texts that are constant are folded by the parser, regular expressions
 * capture only in expressions that use `$n`.
 *
 * Backreferences live as long as one evaluation, as in httpd: `$1` is of the last match within the same expression.
 * mod_rewrite, which hands them on, asks for `keepMatches`.
 *
 * Source: httpd 2.4 manual, "Expressions in Apache HTTP Server". Nothing compiled here throws.
 */
import { compileNetworks } from '../http/access-address.js';
import { findVariable, variedBy } from '../http/variables.js';
import type { Request } from '../request.js';
import type { BoolExpr, ListExpr, StringExpr } from './ast.js';
import { compileFunction } from './functions.js';
import { compileMatch, compileTest, groupCount } from './matcher.js';
import { compileBinary, compileUnary } from './operators.js';
import { addVary } from './vary.js';

export interface CompileOptions {
  /**
   * Request fields that are read are added to the response's Vary (default true). httpd does not for Require, logs and
   * header rules.
   */
  vary?: boolean;
  /** Matches are always captured to Request.matches and what stands there before is visible. */
  keepMatches?: boolean;
}

type Test = (r: Request) => boolean;
type Value = (r: Request) => string;
interface Context {
  vary: boolean;
  captures: boolean;
}

export function compileBool(expr: BoolExpr, options: CompileOptions = {}): Test {
  const context = contextOf(expr, options);
  const test = bool(expr, context);
  if (!context.captures || options.keepMatches === true) return test;
  return (r) => {
    r.matches = undefined;
    return test(r);
  };
}

export function compileString(expr: StringExpr, options: CompileOptions = {}): Value {
  const context = contextOf(expr, options);
  const value = string(expr, context);
  if (!context.captures || options.keepMatches === true) return value;
  return (r) => {
    r.matches = undefined;
    return value(r);
  };
}

function contextOf(expr: BoolExpr | StringExpr, options: CompileOptions): Context {
  return { vary: options.vary !== false, captures: options.keepMatches === true || usesBackreference(expr) };
}

function usesBackreference(expr: BoolExpr | StringExpr | ListExpr): boolean {
  switch (expr.op) {
    case 'backref':
      return true;
    case 'concat':
      return expr.parts.some(usesBackreference);
    case 'list':
      return expr.items.some(usesBackreference);
    case 'call':
    case 'listcall':
    case 'unary':
      return usesBackreference(expr.arg);
    case 'not':
      return usesBackreference(expr.expr);
    case 'match':
      return usesBackreference(expr.left);
    case 'in':
      return usesBackreference(expr.left) || usesBackreference(expr.list);
    case 'and':
    case 'or':
    case 'string':
    case 'sslstring':
    case 'integer':
    case 'binary':
      return usesBackreference(expr.left) || usesBackreference(expr.right);
    case 'const':
    case 'text':
    case 'var':
      return false;
  }
}

function bool(expr: BoolExpr, context: Context): Test {
  switch (expr.op) {
    case 'const': {
      const { value } = expr;
      return () => value;
    }
    case 'not': {
      const test = bool(expr.expr, context);
      return (r) => !test(r);
    }
    case 'and': {
      const left = bool(expr.left, context);
      const right = bool(expr.right, context);
      return (r) => left(r) && right(r);
    }
    case 'or': {
      const left = bool(expr.left, context);
      const right = bool(expr.right, context);
      return (r) => left(r) || right(r);
    }
    case 'string':
      return stringComparison(expr.cmp, string(expr.left, context), string(expr.right, context));
    case 'sslstring':
      return lengthComparison(expr.cmp, string(expr.left, context), string(expr.right, context));
    case 'integer':
      return integerComparison(expr.cmp, string(expr.left, context), string(expr.right, context));
    case 'match':
      return match(expr, context);
    case 'in':
      return member(string(expr.left, context), expr.list, context);
    case 'unary': {
      if (expr.name === 'R') return inNetwork(expr.arg, (r) => r.clientAddress);
      return compileUnary(expr.name, string(expr.arg, context));
    }
    case 'binary': {
      const left = string(expr.left, context);
      if (expr.name === 'ipmatch') return inNetwork(expr.right, left);
      return compileBinary(expr.name, left, string(expr.right, context));
    }
  }
}

function inNetwork(network: StringExpr, address: Value): Test {
  const isInside = compileNetworks(network.op === 'text' ? [network.value] : []);
  return (r) => isInside(address(r));
}

function match(expr: Extract<BoolExpr, { op: 'match' }>, context: Context): Test {
  const left = string(expr.left, context);
  const { negate } = expr;
  // What it finds is what $0 to $9 are from here on, nothing included; a pattern without groups leaves them as they are.
  if (!context.captures || groupCount(expr.regex) === 0) {
    const test = compileTest(expr.regex);
    return (r) => test(left(r)) !== negate;
  }
  const find = compileMatch(expr.regex);
  return (r) => {
    const groups = find(left(r));
    r.matches = groups;
    return (groups !== undefined) !== negate;
  };
}

function member(left: Value, list: ListExpr, context: Context): Test {
  if (list.op === 'listcall') return () => false;
  const items = list.items.map((item) => string(item, context));
  return (r) => {
    const wanted = left(r);
    for (const item of items) if (item(r) === wanted) return true;
    return false;
  };
}

/** strcmp: by character codes, not by locale. */
function stringComparison(cmp: '==' | '!=' | '<' | '<=' | '>' | '>=', left: Value, right: Value): Test {
  switch (cmp) {
    case '==':
      return (r) => left(r) === right(r);
    case '!=':
      return (r) => left(r) !== right(r);
    case '<':
      return (r) => left(r) < right(r);
    case '<=':
      return (r) => left(r) <= right(r);
    case '>':
      return (r) => left(r) > right(r);
    case '>=':
      return (r) => left(r) >= right(r);
  }
}

/** By length, then as texts. Source: httpd 2.4.71 as observed, SSLRequire. */
function lengthComparison(cmp: '==' | '!=' | '<' | '<=' | '>' | '>=', left: Value, right: Value): Test {
  if (cmp === '==' || cmp === '!=') return stringComparison(cmp, left, right);
  const padded =
    (value: Value): Value =>
    (r) => {
      const text = value(r);
      return String.fromCharCode(Math.min(text.length, 0xffff)) + text;
    };
  return stringComparison(cmp, padded(left), padded(right));
}

function integerComparison(cmp: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', left: Value, right: Value): Test {
  switch (cmp) {
    case 'eq':
      return (r) => integer(left(r)) === integer(right(r));
    case 'ne':
      return (r) => integer(left(r)) !== integer(right(r));
    case 'lt':
      return (r) => integer(left(r)) < integer(right(r));
    case 'le':
      return (r) => integer(left(r)) <= integer(right(r));
    case 'gt':
      return (r) => integer(left(r)) > integer(right(r));
    case 'ge':
      return (r) => integer(left(r)) >= integer(right(r));
  }
}

/** atoi: leading blanks and sign, then digits; what follows is ignored, nothing is 0. */
function integer(text: string): number {
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? 0 : value;
}

function string(expr: StringExpr, context: Context): Value {
  switch (expr.op) {
    case 'text': {
      const { value } = expr;
      return () => value;
    }
    case 'concat':
      return concat(expr.parts.map((part) => string(part, context)));
    case 'backref': {
      const { index } = expr;
      return (r) => r.matches?.[index] ?? '';
    }
    case 'var':
      return variable(expr.name, context);
    case 'call':
      return compileFunction(expr.fn, string(expr.arg, context), context.vary);
  }
}

function concat(parts: Value[]): Value {
  return (r) => {
    let out = '';
    for (const part of parts) out += part(r);
    return out;
  };
}

function variable(name: string, context: Context): Value {
  const read = findVariable(name) ?? (() => '');
  const field = context.vary ? variedBy(name) : undefined;
  if (field === undefined) return read;
  return (r) => {
    addVary(r, field);
    return read(r);
  };
}
