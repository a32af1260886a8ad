/**
 * BalancerMember, ProxySet and the parameters of a <Proxy> line: the lines that make balancers and members and tell
 * what they are like. In a <Proxy balancer://x> section the balancer is the section's; elsewhere it is the first word.
 *
 * Source: httpd 2.4 manual, mod_proxy; messages from httpd itself.
 * Thread: main, at load.
 */
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, type Word } from '../table.js';
import { applyBalancerParameter } from './balancer-params.js';
import { applyMemberParameter } from './proxy-params.js';
import { BadParameter, keyValue } from './proxy-params-values.js';
import {
  atOf,
  defineBalancer,
  findBalancer,
  findMember,
  hasHealthChecks,
  newMember,
  type PoolBalancer,
  type PoolMember,
  poolsOf,
  type ServerPools,
} from './proxy-pools.js';
import { isBalancerUrl, isBrokenSocketUrl } from './proxy-pools-url.js';

/** What parameters are applied to. */
type Subject = { balancer: PoolBalancer } | { member: PoolMember };

function applyBalancerMember(line: DirectiveLine, scope: Scope): void {
  const isInSection = scope.context !== 'server' && scope.context !== 'vhost';
  let balancerUrl = isInSection ? sectionUrl(scope) : undefined;
  let url: Word | undefined;
  const parameters = new Map<string, { key: string; value: string; column: number }>();
  for (const word of line.words) {
    const pair = keyValue(word.text);
    if (pair !== undefined) parameters.set(pair.key.toLowerCase(), { ...pair, column: word.column });
    else if (balancerUrl === undefined) balancerUrl = word.text;
    else if (url === undefined) url = word;
    else fail(line, tooManyWords(isInSection), word.column);
  }
  if (balancerUrl === undefined) {
    fail(line, 'BalancerMember must define balancer name when outside <Proxy > section');
  }
  if (url === undefined) fail(line, 'BalancerMember must define remote proxy server');
  if (isBrokenSocketUrl(url.text)) fail(line, 'BalancerMember uses an invalid "unix:" URL', url.column);

  let column = url.column;
  try {
    const pools = poolsOf(scope.pools, scope.server);
    const balancer = defineBalancer(pools, balancerUrl.toLowerCase(), atOf(line));
    const shared = findMember(balancer.members, url.text, 'any');
    if (shared !== undefined) {
      warnOfSharing(line, scope, shared, url.text, parameters.values());
      return;
    }
    const member = newMember(pools, url.text, line);
    for (const parameter of parameters.values()) {
      column = parameter.column;
      applyMemberParameter(member.said, parameter.key, parameter.value, hasHealthChecks(scope));
    }
    balancer.members.push(member);
  } catch (error) {
    if (error instanceof BadParameter) fail(line, `BalancerMember ${error.message}`, column);
    throw error;
  }
}

function tooManyWords(isInSection: boolean): string {
  return isInSection
    ? 'BalancerMember can not have a balancer name when defined in a location'
    : "Invalid BalancerMember parameter. Parameter must be in the form 'key=value'";
}

function warnOfSharing(
  line: DirectiveLine,
  scope: Scope,
  shared: PoolMember,
  url: string,
  parameters: Iterable<{ key: string; value: string }>,
): void {
  const { name } = shared.url;
  // httpd says this at info level; a member that is not added deserves to be seen.
  scope.warn(line, `AH01149: Sharing worker '${name}' instead of creating new worker '${url}'`);
  for (const { key, value } of parameters) {
    scope.warn(
      line,
      `AH01150: Ignoring parameter '${key}=${value}' for worker '${name}' because of worker sharing`,
    );
  }
}

/** The URL of the section around a line, without `proxy:`. */
function sectionUrl(scope: Scope): string {
  return scope.sectionArgument.replace(/^proxy:/i, '');
}

function applyProxySet(line: DirectiveLine, scope: Scope): void {
  const section = scope.sections.at(-1)?.name.toLowerCase();
  const isInSection = section === 'proxy' || section === 'proxymatch';
  const name = isInSection ? sectionUrl(scope) : (line.words[0]?.text ?? '');
  if (isBrokenSocketUrl(name)) fail(line, 'ProxySet uses an invalid "unix:" URL');
  const pools = poolsOf(scope.pools, scope.server);
  const kind = isInSection ? (section === 'proxymatch' ? 'regex' : 'prefix') : 'any';
  const subject = isInSection
    ? named(() => define(pools, name, kind, line), 'ProxySet ', '', line, line.column)
    : find(pools, name);
  if (subject === undefined) {
    const what = isBalancerUrl(name) ? 'Balancer' : 'Worker';
    fail(line, `ProxySet can not find '${name}' ${what}.`, line.words[0]?.column);
  }
  for (const word of isInSection ? line.words : line.words.slice(1)) {
    const pair = keyValue(word.text);
    if (pair === undefined) {
      fail(line, "Invalid ProxySet parameter. Parameter must be in the form 'key=value'", word.column);
    }
    const suffix = ` ${word.text}; ${name}`;
    named(() => applyTo(subject, pair, scope), 'ProxySet: ', suffix, line, word.column);
  }
}

/** Run, and give a refused value httpd's frame. */
function named<T>(run: () => T, prefix: string, suffix: string, line: DirectiveLine, column: number): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof BadParameter) fail(line, `${prefix}${error.message}${suffix}`, column);
    throw error;
  }
}

function find(pools: ServerPools, url: string): Subject | undefined {
  if (isBalancerUrl(url)) {
    const balancer = findBalancer(pools, url);
    return balancer && { balancer };
  }
  const member = findMember(pools.alone, url, 'any');
  return member && { member };
}

function define(
  pools: ServerPools,
  url: string,
  kind: 'prefix' | 'regex' | 'any',
  line: DirectiveLine,
): Subject {
  if (isBalancerUrl(url)) return { balancer: defineBalancer(pools, url, atOf(line)) };
  let member = findMember(pools.alone, url, kind);
  if (member === undefined) {
    member = newMember(pools, url, line, kind === 'regex' ? '' : undefined);
    pools.alone.push(member);
  }
  return { member };
}

function applyTo(subject: Subject, pair: { key: string; value: string }, scope: Scope): void {
  if ('balancer' in subject) {
    const isLoaded = (module: string) => scope.isModuleLoaded(module);
    applyBalancerParameter(subject.balancer.said, pair.key, pair.value, isLoaded);
  } else {
    applyMemberParameter(subject.member.said, pair.key, pair.value, hasHealthChecks(scope));
  }
}

/**
 * The words after the URL of a `<Proxy url key=value …>` line. httpd takes them after the section's content, so that
 * what the line says wins over a ProxySet inside: best called when the section closes.
 * line   of the section: name `Proxy` or `ProxyMatch`, words with the URL first
 * scope  outside the section
 */
export function openProxySection(line: DirectiveLine, scope: Scope): void {
  const [first, ...parameters] = line.words;
  const url = (first?.text ?? '').replace(/^proxy:/i, '');
  const isMatch = line.name.toLowerCase().endsWith('match');
  const [parameter] = parameters;
  if (parameter === undefined) return;
  const { column } = parameter;
  if (isMatch) fail(line, 'Multiple <ProxyMatch> arguments not (yet) supported.', column);
  if (/[*?]|\[.*\]/s.test(url)) fail(line, '<Proxy> arguments are not supported for wildchar url.', column);
  if (!url.includes(':')) fail(line, '<Proxy> arguments are not supported for non url.', column);
  if (isBrokenSocketUrl(url)) fail(line, '<Proxy/ProxyMatch > uses an invalid "unix:" URL', first?.column);
  const pools = poolsOf(scope.pools, scope.server);
  const subject = named(() => define(pools, url, 'prefix', line), '<Proxy ', '', line, column);
  for (const word of parameters) {
    const pair = keyValue(word.text);
    if (pair === undefined) {
      fail(line, "Invalid Proxy parameter. Parameter must be in the form 'key=value'", word.column);
    }
    named(() => applyTo(subject, pair, scope), '<Proxy ', ` ${word.text}; ${url}`, line, word.column);
  }
}

export const PROXY_POOLS_ROWS: readonly DirectiveRow[] = [
  {
    name: 'BalancerMember',
    module: 'mod_proxy',
    contexts: ANYWHERE,
    arity: 'raw',
    usage: 'A balancer name and scheme with list of params',
    apply: applyBalancerMember,
  },
  {
    name: 'ProxySet',
    module: 'mod_proxy',
    contexts: ANYWHERE,
    arity: 'raw',
    usage: 'A balancer or worker name with list of params',
    apply: applyProxySet,
  },
];
