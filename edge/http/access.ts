/**
 * Require and its containers: plain data, and their compilation to one decision.
 * Every part answers granted, denied or neutral; a container passes the first decisive answer on, `not` turns granted
 * into denied and denied into neutral (nobody is let in merely for not being somebody), and neutral at the top is denied.
 * Source: httpd 2.4, mod_authz_core ("Authorization Containers"), mod_authz_host. Compiled once per thread; decisions
 * never throw.
 */
import type { BoolExpr } from '../expr/ast.js';
import { compileBool } from '../expr/compile.js';
import type { Request } from '../request.js';
import { compileNetworks } from './access-address.js';
import { compileLimit, type MethodLimit } from './method-limit.js';

export type AuthzNode =
  | { kind: 'all' | 'any' | 'none'; children: AuthzNode[] }
  | { kind: 'not'; child: AuthzNode }
  /** Within <Limit>: for other methods it says nothing. */
  | { kind: 'limited'; limit: MethodLimit; child: AuthzNode }
  | { kind: 'granted' }
  | { kind: 'denied' }
  /** CIDR networks in canonical text: `10.0.0.0/8`, `2001:db8::/32`. */
  | { kind: 'ip'; networks: string[] }
  | { kind: 'host'; domains: string[] }
  | { kind: 'forward-dns'; names: string[] }
  | { kind: 'local' }
  | { kind: 'env'; names: string[] }
  | { kind: 'method'; methods: string[] }
  | { kind: 'expr'; expr: BoolExpr };

const GRANTED = 1;
const NEUTRAL = 0;
const DENIED = -1;
type Answer = typeof GRANTED | typeof NEUTRAL | typeof DENIED;
type Question = (r: Request) => Answer;

/** returns  true when the client may go on; false is a 403. */
export function compileAuthz(node: AuthzNode): (r: Request) => boolean {
  const ask = compileNode(node);
  const concerns = compileConcern(node);
  if (concerns === undefined) return (r) => ask(r) === GRANTED;
  return (r) => !concerns(r.exchange.method) || ask(r) === GRANTED;
}

/** Does anything in it hold for a method? Undefined: for every method, which is nearly always so. */
function compileConcern(node: AuthzNode): ((method: string) => boolean) | undefined {
  switch (node.kind) {
    case 'limited':
      return compileLimit(node.limit);
    case 'not':
      return compileConcern(node.child);
    case 'all':
    case 'any':
    case 'none': {
      const each = node.children.map(compileConcern);
      if (each.length === 0 || each.includes(undefined)) return undefined;
      return (method) => each.some((concerns) => concerns?.(method) === true);
    }
    default:
      return undefined;
  }
}

function compileNode(node: AuthzNode): Question {
  switch (node.kind) {
    case 'all':
      return until(node.children.map(compileNode), DENIED);
    case 'any':
      return until(node.children.map(compileNode), GRANTED);
    case 'none':
      return negate(until(node.children.map(compileNode), GRANTED));
    case 'not':
      return negate(compileNode(node.child));
    case 'limited': {
      const holds = compileLimit(node.limit);
      const ask = compileNode(node.child);
      return (r) => (holds(r.exchange.method) ? ask(r) : NEUTRAL);
    }
    case 'granted':
      return () => GRANTED;
    // Names need DNS, which no request waits for here: the reader refuses both, and what slips through stays outside.
    case 'host':
    case 'forward-dns':
    case 'denied':
      return () => DENIED;
    default:
      return decisive(compileTest(node));
  }
}

type TestNode = Extract<AuthzNode, { kind: 'ip' | 'local' | 'env' | 'method' | 'expr' }>;

function compileTest(node: TestNode): (r: Request) => boolean {
  switch (node.kind) {
    case 'ip': {
      const isInside = compileNetworks(node.networks);
      return (r) => isInside(r.clientAddress);
    }
    case 'local':
      return compileLocal();
    case 'env': {
      const names = node.names;
      return (r) => r.env !== undefined && names.some((name) => r.env?.has(name) === true);
    }
    case 'method': {
      // HEAD is GET without a body, and httpd gives both one number.
      const methods = new Set(
        node.methods.flatMap((name) => (/^(GET|HEAD)$/.test(name) ? ['GET', 'HEAD'] : [name])),
      );
      return (r) => methods.has(r.exchange.method);
    }
    case 'expr':
      return compileBool(node.expr, { vary: false });
  }
}

function compileLocal(): (r: Request) => boolean {
  const isLoopback = compileNetworks(['127.0.0.0/8', '::1/128']);
  return (r) =>
    isLoopback(r.clientAddress) ||
    // An engine that cannot tell its own address (a wildcard Listen) gives an empty one.
    (r.clientAddress !== '' && r.clientAddress === r.exchange.localAddress);
}

function decisive(test: (r: Request) => boolean): Question {
  return (r) => (test(r) ? GRANTED : DENIED);
}

function negate(ask: Question): Question {
  return (r) => (ask(r) === GRANTED ? DENIED : NEUTRAL);
}

/** Asks in order until one gives `final`; otherwise the last answer that was not neutral. */
function until(questions: Question[], final: Answer): Question {
  if (questions.length === 1) return questions[0] as Question;
  return (r) => {
    let answer: Answer = NEUTRAL;
    for (const ask of questions) {
      const next = ask(r);
      if (next !== NEUTRAL) answer = next;
      if (next === final) return answer;
    }
    return answer;
  };
}
