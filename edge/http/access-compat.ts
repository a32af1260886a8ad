/**
 * Order, Allow, Deny and Satisfy. A place's lines replace those around it as a whole; what comes of them and Require
 * together stands in access-step.ts.
 * Source: httpd 2.4, mod_access_compat. Compiled once per thread; decisions never throw.
 */
import type { Request } from '../request.js';
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

type Test = (r: Request) => boolean;

/** `Satisfy any`: one of both kinds of rules is enough. */
export function compileSatisfy(compat: AccessCompatSettings): Test {
  return lastThatHolds(compat.satisfies, false, ({ isAny }) => isAny);
}

/** returns  true when Order, Allow and Deny let the client in */
export function compileOrder(compat: AccessCompatSettings): Test {
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
