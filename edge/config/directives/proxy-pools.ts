/**
 * Balancers and members as they are being read. Each server of the configuration (the main one, each vhost) has its own
 * lists while reading, as in httpd; proxy-pools-finish.ts makes one numbered whole of them.
 *
 * Members outside balancers are shared by URL: one serves every URL that begins with its own, so a later line with a
 * longer URL gets the earlier one's member, and its parameters are ignored with a warning. The same holds among the
 * members of one balancer.
 *
 * Source: httpd 2.4 manual, mod_proxy, "Workers"; how names are compared: observed on httpd 2.4.71.
 * Thread: main, at load.
 */
import type { BoolExpr } from '../../expr/ast.js';
import type { DirectiveLine, PoolDrafts, Scope, ServerDraft } from '../table.js';
import type { BalancerParameters } from './balancer-params.js';
import { type HealthTemplate, type MemberDraft, newMemberDraft } from './proxy-params.js';
import { BadParameter } from './proxy-params-values.js';
import { balancerName, lowerHost, type MemberUrl, parseMemberUrl, splitSocket } from './proxy-pools-url.js';

export interface PoolMember {
  url: MemberUrl;
  /** Its URL has `$1` and the like, from a ProxyPassMatch. */
  isPattern: boolean;
  said: MemberDraft;
  at: string;
  /** The directive that made it, for notes. */
  word: string;
}

export interface PoolBalancer {
  /** `balancer://name` in lower case. */
  name: string;
  said: BalancerParameters;
  members: PoolMember[];
  at: string;
}

/** What one server defines. */
export interface ServerPools {
  balancers: PoolBalancer[];
  /** drover's own settings of all its balancers that say nothing themselves. */
  defaults: BalancerParameters;
  /** Members outside balancers. */
  alone: PoolMember[];
  /** Some requests go to hosts that only they name: `[P]`, a `$1` in a host, variables in a ProxyPass. */
  hasOpenUrls: boolean;
  /** ProxyHCTemplate and ProxyHCExpr by name in lower case. */
  templates: Map<string, HealthTemplate>;
  expressions: Map<string, BoolExpr>;
}

interface Pools extends PoolDrafts {
  servers: Map<ServerDraft, ServerPools>;
}

/** Made once per reading; every Scope has it. */
export function newPools(): PoolDrafts {
  const pools: Pools = { kind: 'pools', servers: new Map() };
  return pools;
}

/** The drafts of one server, made when first asked for. */
export function poolsOf(drafts: PoolDrafts, server: ServerDraft): ServerPools {
  const { servers } = drafts as Pools;
  let own = servers.get(server);
  if (own === undefined) {
    own = {
      balancers: [],
      defaults: {},
      alone: [],
      hasOpenUrls: false,
      templates: new Map(),
      expressions: new Map(),
    };
    servers.set(server, own);
  }
  return own;
}

/** `file:line`, as settings carry it. */
export function atOf(line: { file: string; line: number }): string {
  return `${line.file}:${line.line}`;
}

export function findBalancer(pools: ServerPools, url: string): PoolBalancer | undefined {
  const name = balancerName(url);
  return pools.balancers.find((balancer) => balancer.name === name);
}

/**
 * The balancer that a URL names; made, without members, when the server has none of that name yet.
 * errors  BadParameter
 */
export function defineBalancer(pools: ServerPools, url: string, at: string): PoolBalancer {
  const known = findBalancer(pools, url);
  if (known !== undefined) return known;
  const name = balancerName(url);
  if (name === undefined) throw new BadParameter(`Bad syntax for a balancer name (${url})`);
  const balancer = { name, said: {}, members: [], at };
  pools.balancers.push(balancer);
  return balancer;
}

/** The member with the longest name that the URL begins with, host and port in full. */
export function findMember(
  members: readonly PoolMember[],
  url: string,
  kind: 'prefix' | 'regex' | 'any',
): PoolMember | undefined {
  const socket = splitSocket(url);
  const lower = lowerHost(socket.url);
  if (lower === undefined) return undefined;
  let best: PoolMember | undefined;
  for (const member of members) {
    const { name, socketPath = '' } = member.url;
    if (socketPath !== socket.path) continue;
    if (name.length < lower.hostLength || name.length <= (best?.url.name.length ?? 0)) continue;
    if (kind !== 'any' && member.isPattern !== (kind === 'regex')) continue;
    if (member.isPattern ? patternOf(name).test(lower.text) : lower.text.startsWith(name)) best = member;
  }
  return best;
}

/** `$n` in a member's name stands for any text; a backslash takes the meaning from what follows it. */
function patternOf(name: string): RegExp {
  const source = name.replace(/(?:\$\d)+|\\?(.)/gs, (_all, literal: string | undefined) =>
    literal === undefined ? '.*' : literal.replace(/[^\w]/, '\\$&'),
  );
  return new RegExp(`^${source}`, 's');
}

/**
 * A new member, not yet in any list.
 * errors  BadParameter
 */
export function newMember(
  pools: ServerPools,
  url: string,
  line: DirectiveLine,
  pattern?: string,
): PoolMember {
  const parsed = parseMemberUrl(url, pattern);
  const isPattern = pattern !== undefined;
  const expressions = new Set(pools.expressions.keys());
  const said = newMemberDraft(pools.templates, expressions);
  if (isPattern && parsed.name.includes('$')) said.reuse = false;
  return { url: parsed, isPattern, said, at: atOf(line), word: line.name };
}

/** The member that stands for all hosts that no line names (httpd: the worker `proxy:reverse`): nothing of it is kept. */
export function reverseMember(): PoolMember {
  const url = { name: 'proxy:reverse', scheme: 'http', host: '*', port: 0, path: '', isHostOpen: true };
  const said = { ...newMemberDraft(new Map(), new Set()), reuse: false };
  return { url, isPattern: false, said, at: '', word: '' };
}

/** Are health-check parameters known? Their module may be missing. */
export function hasHealthChecks(scope: Scope): boolean {
  return scope.isModuleLoaded('mod_proxy_hcheck');
}
