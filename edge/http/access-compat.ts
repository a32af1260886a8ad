/**
 * Order, Allow, Deny and Satisfy, and the decision that they make together with Require: both must let the client in, or
 * either one after `Satisfy any`. A place's lines replace those around it as a whole.
 * Source: httpd 2.4, mod_access_compat; order of the checks as observed on httpd 2.4.71. Compiled once per thread;
 * decisions never throw.
 */
import type { Request } from '../request.js';
import { type AuthzNode, compileAuthz } from './access.js';
import { compileNetworks } from './access-address.js';
import { compileLimit, type MethodLimit } from './method-limit.js';

export type Order = 'allow,deny' | 'deny,allow' | 'mutual-failure';

/** Whom an Allow or Deny means; the network is canonical CIDR text. */
export type CompatRule = { limit?: MethodLimit } & (
  | { kind: 'all' }
  | { kind: 'ip'; network: string }
  | { kind: 'env'; name: string; negate: boolean }
);

/** Lines in order; of Order and Satisfy the last one that holds for the method counts. */
export interface AccessCompatSettings {
  orders: { order: Order; limit?: MethodLimit }[];
  allows: CompatRule[];
  denies: CompatRule[];
  satisfies: { isAny: boolean; limit?: MethodLimit }[];
}

/** Hears of each check that refuses, even when the other one lets the client in. */
export type DenialHearer = (r: Request, module: string, code: string) => void;

/** returns  true when the client may go on; false is a 403 */
export type AccessStep = (r: Request, onDenied: DenialHearer) => boolean;

type Test = (r: Request) => boolean;

/** Both kinds of access rules as one step; undefined when there are none. */
export function compileAccess(
  authz: AuthzNode | undefined,
  compat: AccessCompatSettings | undefined,
): AccessStep | undefined {
  const isRequired = authz === undefined ? undefined : askRequire(compileAuthz(authz));
  if (compat === undefined) return isRequired;
  const isAllowed = compileOrder(compat);
  const isAny = lastThatHolds(compat.satisfies, false, ({ isAny }) => isAny);
  return (r, onDenied) => {
    const isIn = isAllowed(r);
    if (!isIn) onDenied(r, 'access_compat', 'AH01797');
    if (isIn === isAny(r)) return isIn;
    return isRequired === undefined || isRequired(r, onDenied);
  };
}

function askRequire(test: Test): AccessStep {
  return (r, onDenied) => {
    if (test(r)) return true;
    onDenied(r, 'authz_core', 'AH01630');
    return false;
  };
}

function compileOrder(compat: AccessCompatSettings): Test {
  const orderOf = lastThatHolds(compat.orders, 'deny,allow', ({ order }) => order);
  const isAllowed = compileRules(compat.allows);
  const isDenied = compileRules(compat.denies);
  return (r) => {
    // What is said last wins, and what nobody mentions is let in by `deny,allow` alone.
    if (orderOf(r) === 'deny,allow') return isAllowed(r) || !isDenied(r);
    return isAllowed(r) && !isDenied(r);
  };
}

function lastThatHolds<Line extends { limit?: MethodLimit }, Value>(
  lines: readonly Line[],
  fallback: Value,
  read: (line: Line) => Value,
): (r: Request) => Value {
  const compiled = lines.map((line) => ({ holds: holdsFor(line.limit), value: read(line) })).reverse();
  return (r) => compiled.find(({ holds }) => holds(r))?.value ?? fallback;
}

function compileRules(rules: readonly CompatRule[]): Test {
  const tests = rules.map((rule) => {
    const fits = compileRule(rule);
    const holds = holdsFor(rule.limit);
    return rule.limit === undefined ? fits : (r: Request) => holds(r) && fits(r);
  });
  return (r) => tests.some((test) => test(r));
}

function compileRule(rule: CompatRule): Test {
  switch (rule.kind) {
    case 'all':
      return () => true;
    case 'ip': {
      const isInside = compileNetworks([rule.network]);
      return (r) => isInside(r.clientAddress);
    }
    case 'env': {
      const { name, negate } = rule;
      return (r) => (r.env?.has(name) === true) !== negate;
    }
  }
}

function holdsFor(limit: MethodLimit | undefined): Test {
  if (limit === undefined) return () => true;
  const holds = compileLimit(limit);
  return (r) => holds(r.exchange.method);
}
