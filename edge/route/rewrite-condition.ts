/**
 * RewriteCond: a test string and what it must be. Regular expressions hand their groups on as %0 to %9.
 * Source: httpd 2.4, mod_rewrite, "RewriteCond". Compiled once per thread; nothing compiled here throws.
 */
import type { BoolExpr, RegexSource } from '../expr/ast.js';
import { compileBool } from '../expr/compile.js';
import { compileMatch } from '../expr/matcher.js';
import { compileUnary } from '../expr/operators.js';
import {
  compileTemplate,
  type Expand,
  type Lookup,
  type Template,
  type TemplateSource,
} from './rewrite-template.js';

export type RewriteCondition = {
  /** The next condition is an alternative. */
  isOr?: boolean;
} & (
  | { kind: 'regex'; test: Template; regex: RegexSource; negate: boolean }
  | {
      kind: 'string';
      test: Template;
      compare: '=' | '<' | '>' | '<=' | '>=';
      value: string;
      noCase: boolean;
      negate: boolean;
    }
  | { kind: 'integer'; test: Template; compare: IntegerComparison; value: number; negate: boolean }
  /** `f`, `d` and their kin, by the name that expressions have for them. */
  | { kind: 'file'; test: Template; operator: string; negate: boolean }
  | { kind: 'expr'; expr: BoolExpr; negate: boolean }
);

export type IntegerComparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

export type ConditionTest = (source: TemplateSource) => boolean;

export function compileCondition(
  condition: RewriteCondition,
  lookupOf: (map: string) => Lookup | undefined,
): ConditionTest {
  const { negate } = condition;
  if (condition.kind === 'expr') return compileExpression(condition.expr, negate);
  const text = compileTemplate(condition.test, lookupOf);
  switch (condition.kind) {
    case 'regex':
      return compileRegex(text, condition.regex, negate);
    case 'string': {
      const { compare, value, noCase } = condition;
      const holds = STRING[compare];
      const wanted = noCase ? value.toLowerCase() : value;
      return (source) => {
        const found = text(source);
        return holds(order(noCase ? found.toLowerCase() : found, wanted)) !== negate;
      };
    }
    case 'integer': {
      const { compare, value } = condition;
      const holds = INTEGER[compare];
      return (source) => holds(Number.parseInt(text(source), 10) || 0, value) !== negate;
    }
    case 'file': {
      let path = '';
      const test = compileUnary(condition.operator, () => path);
      return (source) => {
        path = text(source);
        return test(source.r) !== negate;
      };
    }
  }
}

function compileRegex(text: Expand, regex: RegexSource, negate: boolean): ConditionTest {
  const find = compileMatch(regex);
  return (source) => {
    const groups = find(text(source));
    if (groups !== undefined && !negate) source.conditionGroups = groups;
    return (groups !== undefined) !== negate;
  };
}

function compileExpression(expr: BoolExpr, negate: boolean): ConditionTest {
  const test = compileBool(expr, { keepMatches: true, vary: false });
  return (source) => {
    const { r } = source;
    r.matches = undefined;
    const holds = test(r);
    if (holds && !negate) source.conditionGroups = r.matches;
    return holds !== negate;
  };
}

/** The longer text is the greater one; of the same length by characters. */
function order(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const STRING: Readonly<Record<'=' | '<' | '>' | '<=' | '>=', (order: number) => boolean>> = {
  '=': (n) => n === 0,
  '<': (n) => n < 0,
  '>': (n) => n > 0,
  '<=': (n) => n <= 0,
  '>=': (n) => n >= 0,
};

const INTEGER: Readonly<Record<IntegerComparison, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};
