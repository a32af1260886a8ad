/**
 * SetEnvIf and its kin: rules as plain data, and their compilation. Source: httpd 2.4, mod_setenvif.
 */
import type { BoolExpr, RegexSource } from '../expr/ast.js';

export interface EnvAssignment {
  name: string;
  /** Undefined unsets; `$0..$9` are taken from the match. */
  value?: string;
}

/** SetEnvIf, SetEnvIfNoCase, BrowserMatch, BrowserMatchNoCase: an attribute and a regex; SetEnvIfExpr: an expression. */
export type EnvRule =
  | {
      kind: 'attribute';
      attribute: string;
      attributeRegex?: RegexSource;
      regex: RegexSource;
      set: EnvAssignment[];
      at: string;
    }
  | { kind: 'expr'; expr: BoolExpr; set: EnvAssignment[]; at: string };
