/**
 * Header and RequestHeader: rules as plain data, and their compilation to steps. Source: httpd 2.4, mod_headers.
 */
import type { BoolExpr, RegexSource, StringExpr } from '../expr/ast.js';

/** Value of a header: literal text and format codes, or a string expression (`expr=…`). */
export type HeaderValue = { kind: 'format'; parts: HeaderPart[] } | { kind: 'expr'; expr: StringExpr };

/** `%t %D %l %i %b`, `%{NAME}e`, `%{NAME}s`, or text. */
export type HeaderPart =
  | { text: string }
  | { code: 't' | 'D' | 'l' | 'i' | 'b' }
  | { code: 'e' | 's'; name: string };

export interface HeaderRule {
  action: 'set' | 'setifempty' | 'append' | 'merge' | 'add' | 'unset' | 'echo' | 'edit' | 'edit*' | 'note';
  /** Header name as written; for echo the pattern. */
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
