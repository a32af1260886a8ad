/**
 * SetEnvIf and its kin: rules as plain data, and their compilation. A rule looks at one attribute of the request; a
 * missing one is an empty string, so `^$` finds it.
 * Source: httpd 2.4, mod_setenvif. Compiled once per thread; nothing compiled here throws.
 */
import type { BoolExpr, RegexSource } from '../expr/ast.js';
import { compileBool } from '../expr/compile.js';
import { compileMatch, compileTest, parseSubstitution, substitute } from '../expr/matcher.js';
import type { Request } from '../request.js';

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

type Step = (r: Request) => void;
type Assign = (r: Request, groups: readonly (string | undefined)[] | undefined) => void;

/** The rules as one step; undefined when there are none. */
export function compileEnvRules(rules: readonly EnvRule[]): Step | undefined {
  const steps = rules.map(compileRule);
  if (steps.length < 2) return steps[0];
  return (r) => {
    for (const step of steps) step(r);
  };
}

function compileRule(rule: EnvRule): Step {
  const assigns = rule.set.map(compileAssignment);
  if (rule.kind === 'expr') {
    const test = compileBool(rule.expr, { vary: false, keepMatches: true });
    return (r) => {
      r.matches = undefined;
      if (test(r)) for (const assign of assigns) assign(r, r.matches);
    };
  }
  const attribute = compileAttribute(rule.attribute, rule.attributeRegex);
  if (!rule.set.some((assignment) => assignment.value?.includes('$') === true)) {
    const test = compileTest(rule.regex);
    return (r) => {
      if (test(attribute(r))) for (const assign of assigns) assign(r, undefined);
    };
  }
  const find = compileMatch(rule.regex);
  return (r) => {
    const groups = find(attribute(r));
    if (groups !== undefined) for (const assign of assigns) assign(r, groups);
  };
}

function compileAssignment({ name, value }: EnvAssignment): Assign {
  if (value === undefined) return (r) => r.unsetEnv(name);
  const parts = parseSubstitution(value);
  if (parts.every((part) => typeof part === 'string')) {
    const text = parts.join('');
    return (r) => r.setEnv(name, text);
  }
  return (r, groups) => r.setEnv(name, groups === undefined ? value : substitute(parts, groups));
}

const SPECIAL = new Map<string, (r: Request) => string>([
  ['remote_addr', (r) => r.clientAddress],
  // Without HostnameLookups the host is the address.
  ['remote_host', (r) => r.clientAddress],
  ['remote_user', (r) => r.user],
  ['server_addr', (r) => r.exchange.localAddress],
  ['request_method', (r) => r.exchange.method],
  ['request_protocol', (r) => r.exchange.protocol],
  ['request_uri', (r) => r.uri],
]);

function compileAttribute(name: string, regex: RegexSource | undefined): (r: Request) => string {
  const lower = name.toLowerCase();
  const special = SPECIAL.get(lower);
  if (special !== undefined) return special;
  if (regex === undefined) return (r) => r.header(lower) ?? r.env?.get(name) ?? '';
  // httpd differs: names are matched without regard to case, for engines give them in lower case.
  const matches = compileTest({ ...regex, flags: 'i' });
  return (r) => {
    const { fields } = r;
    // The last one counts.
    for (let i = fields.length - 2; i >= 0; i -= 2)
      if (matches(fields[i] as string)) return r.header((fields[i] as string).toLowerCase()) ?? '';
    return '';
  };
}
