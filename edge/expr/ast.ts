/**
 * Expressions (ap_expr) as plain data: parsed once at load by edge/expr/parse.ts, posted to every thread, compiled there
 * to closures by edge/expr/compile.ts. Source: httpd 2.4 manual, "Expressions in Apache HTTP Server".
 */

/** A regular expression as JavaScript takes it; translated from PCRE at load (edge/expr/regex.ts). */
export interface RegexSource {
  source: string;
  flags: string;
  /** Where $0, $1 … are in a match, when they are not at 0, 1 …; edge/expr/matcher.ts reads it. */
  groups?: number[];
}

/** Gives a string. */
export type StringExpr =
  | { op: 'text'; value: string }
  | { op: 'concat'; parts: StringExpr[] }
  /** Name in upper case. */
  | { op: 'var'; name: string }
  | { op: 'backref'; index: number }
  /** Function in lower case. */
  | { op: 'call'; fn: string; arg: StringExpr };

/** Gives a list of strings, for `-in`. */
export type ListExpr = { op: 'list'; items: StringExpr[] } | { op: 'listcall'; fn: string; arg: StringExpr };

/** Gives true or false. */
export type BoolExpr =
  | { op: 'const'; value: boolean }
  | { op: 'not'; expr: BoolExpr }
  | { op: 'and' | 'or'; left: BoolExpr; right: BoolExpr }
  /** `sslstring`: in SSLRequire, where the shorter text is the lesser one. */
  | {
      op: 'string' | 'sslstring';
      cmp: '==' | '!=' | '<' | '<=' | '>' | '>=';
      left: StringExpr;
      right: StringExpr;
    }
  | { op: 'integer'; cmp: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'; left: StringExpr; right: StringExpr }
  | { op: 'match'; negate: boolean; left: StringExpr; regex: RegexSource }
  | { op: 'in'; left: StringExpr; list: ListExpr }
  /** Operators without their dash; the network of R and ipmatch is canonical CIDR text. */
  | { op: 'unary'; name: string; arg: StringExpr }
  | { op: 'binary'; name: string; left: StringExpr; right: StringExpr };
