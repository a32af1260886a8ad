/**
 * Require and its containers: plain data, and their compilation to one decision.
 * Every part answers granted, denied or neutral; a container passes the first decisive answer on, `not` turns granted
 * into denied and denied into neutral (nobody is let in merely for not being somebody), and neutral at the top is denied.
 * Two more answers stop the question for a while: a user would have to be known first, or a name from DNS; whoever asked
 * gets it and asks again (access-step.ts).
 * Source: httpd 2.4, mod_authz_core ("Authorization Containers"), mod_authz_host, mod_authz_user, mod_authz_groupfile.
 * Compiled once per thread; decisions never throw.
 */
import type { BoolExpr } from '../expr/ast.js';
import { compileBool } from '../expr/compile.js';
import type { Request } from '../request.js';
import { compileNetworks } from './access-address.js';
import { compileHosts, compileNames } from './client-names.js';
import { compileGroups, compileUsers, isKnown } from './client-users.js';
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
  | { kind: 'valid-user' }
  | { kind: 'user'; names: string[] }
  | { kind: 'group'; names: string[] }
  | { kind: 'expr'; expr: BoolExpr };

/** `anonymous`: denied, but a user might change that. `waits`: r.waitsFor is to be started, and then it is asked again. */
export type Answer = 'granted' | 'neutral' | 'denied' | 'anonymous' | 'waits';
export type Question = (r: Request) => Answer;

/** Hears of a user who does not fit. */
export type UserReporter = (r: Request, module: string, text: string) => void;

export interface AuthzTools {
  /** Absolute path of AuthGroupFile. */
  groupFile?: string | undefined;
  report: UserReporter;
}

/** The decision of a place; a method that nothing in it speaks of is let in. */
export function compileAuthz(node: AuthzNode, tools: AuthzTools = { report: () => {} }): Question {
  const ask = compileNode(node, tools);
  const concerns = compileConcern(node);
  if (concerns === undefined) return ask;
  return (r) => (concerns(r.exchange.method) ? ask(r) : 'granted');
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

function compileNode(node: AuthzNode, tools: AuthzTools): Question {
  switch (node.kind) {
    case 'all':
      return until(compileEach(node.children, tools), 'denied');
    case 'any':
      return until(compileEach(node.children, tools), 'granted');
    case 'none':
      return negate(until(compileEach(node.children, tools), 'granted'));
    case 'not':
      return negate(compileNode(node.child, tools));
    case 'limited': {
      const holds = compileLimit(node.limit);
      const ask = compileNode(node.child, tools);
      return (r) => (holds(r.exchange.method) ? ask(r) : 'neutral');
    }
    case 'granted':
      return () => 'granted';
    case 'denied':
      return () => 'denied';
    case 'host':
      return compileHosts(node.domains);
    case 'forward-dns':
      return compileNames(node.names);
    case 'valid-user':
      return (r) => (isKnown(r) ? 'granted' : 'anonymous');
    case 'user':
      return compileUsers(node.names, tools.report);
    case 'group':
      return compileGroups(node.names, tools);
    default:
      return decisive(compileTest(node));
  }
}

function compileEach(nodes: readonly AuthzNode[], tools: AuthzTools): Question[] {
  return nodes.map((node) => compileNode(node, tools));
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
  return (r) => (test(r) ? 'granted' : 'denied');
}

function negate(ask: Question): Question {
  return (r) => {
    const answer = ask(r);
    if (answer === 'waits') return answer;
    return answer === 'granted' ? 'denied' : 'neutral';
  };
}

/**
 * Asks in order until one gives `final`; otherwise the first answer that was not neutral, but that a user would be
 * wanted stands behind a denial of `any` and before one of `all`.
 */
function until(questions: Question[], final: 'granted' | 'denied'): Question {
  if (questions.length === 1) return questions[0] as Question;
  const weaker = final === 'granted' ? 'denied' : 'granted';
  return (r) => {
    let answer: Answer = 'neutral';
    for (const ask of questions) {
      const next = ask(r);
      if (next === 'waits' || next === final) return next;
      if (answer === 'neutral' || (next === 'anonymous' && answer === weaker)) answer = next;
    }
    return answer;
  };
}
