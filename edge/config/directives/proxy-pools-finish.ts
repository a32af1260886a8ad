/**
 * From drafts to plain data: balancers get rows, members get slots, and each server's ProxyPass and ProxyPassReverse
 * lines are told which of them they mean. Called once, when everything has been read and vhosts have been merged.
 *
 * The main server's balancers come first. A vhost sees them all; one that mentions a balancer of the main server has a
 * balancer of its own with settings of its own, over the same members. Balancers that share members share a lock.
 * Members lie densely from slot 0, in the order they are defined; the spare slots for live growth follow them all, row
 * by row, and after those the one row of all hosts that only requests name.
 *
 * Source: httpd 2.4 manual, mod_proxy, "BalancerInherit", "ProxyPassInherit"; merging as observed on httpd 2.4.71.
 * Thread: main, at load.
 */
import type { BalancerSettings } from '../../../workers/balancer-settings.js';
import type { MemberSettings } from '../../../workers/member.js';
import type { BoolExpr } from '../../expr/ast.js';
import type { Note, ServerSettings } from '../../settings.js';
import type { PoolDrafts, ServerDraft } from '../table.js';
import { type BalancerParameters, mergeBalancers } from './balancer-params.js';
import { healthOf, memberSettings } from './member-settings.js';
import { type PoolMember, poolsOf, reverseMember, type ServerPools } from './proxy-pools.js';
import { type PoolView, resolveServer } from './proxy-pools-targets.js';

/** A server as merged, with the draft that its own lines went to. */
export interface PoolServer {
  draft: ServerDraft;
  /** Its proxy.balancers, proxyPass and places are replaced. */
  settings: ServerSettings;
}

export interface FinishedPools {
  balancers: BalancerSettings[];
  members: MemberSettings[];
  slots: number;
  /** See Settings.reverse; its slot is the last one. */
  reverse?: MemberSettings;
  healthExpressions: Record<string, BoolExpr>;
  /** Protocols that are accepted before they work, members that are never used. */
  notes: Note[];
}

/**
 * servers  the main server first
 */
export function finishPools(drafts: PoolDrafts, servers: readonly PoolServer[]): FinishedPools {
  const pools = new Finisher();
  let main: { pools: ServerPools; view: PoolView } | undefined;
  let hasOpenUrls = false;
  for (const { draft, settings } of servers) {
    const own = poolsOf(drafts, draft);
    const inherits = settings.proxy.balancerInherit || settings.proxy.proxyPassInherit;
    const view = pools.addServer(own, inherits ? main : undefined, settings.proxy.ioBufferSize);
    main ??= { pools: own, view };
    hasOpenUrls ||= own.hasOpenUrls;
    settings.proxy.members = view.alone.map(({ slot }) => slot);
    settings.proxy.balancers = Object.fromEntries(view.balancers.map((seen) => [seen.name, seen.row]));
    resolveServer(settings, view);
  }
  const growth = pools.balancers.reduce((sum, balancer) => sum + balancer.growth, 0);
  const { balancers, members, notes } = pools;
  const healthExpressions = Object.fromEntries(pools.healthExpressions);
  const slots = members.length + growth;
  if (!hasOpenUrls) return { balancers, members, slots, healthExpressions, notes };
  const reverse = memberSettings(reverseMember(), slots, false, undefined);
  return { balancers, members, slots: slots + 1, reverse, healthExpressions, notes };
}

class Finisher {
  readonly balancers: BalancerSettings[] = [];
  readonly members: MemberSettings[] = [];
  readonly healthExpressions = new Map<string, BoolExpr>();
  readonly notes: Note[] = [];
  #ioBufferSize = 0;
  /** What was said of each row, for a vhost that says more. */
  readonly #said: BalancerParameters[] = [];

  /** ioBufferSize  of the server, for its members */
  addServer(
    own: ServerPools,
    main: { pools: ServerPools; view: PoolView } | undefined,
    ioBufferSize: number,
  ): PoolView {
    this.#ioBufferSize = ioBufferSize;
    const keys = this.#addExpressions(own);
    const view: PoolView = { balancers: [], alone: [] };
    const defaults = { ...main?.pools.defaults, ...own.defaults };
    const mentioned = new Set(own.balancers.map((balancer) => balancer.name));
    for (const seen of main?.view.balancers ?? []) if (!mentioned.has(seen.name)) view.balancers.push(seen);
    for (const balancer of own.balancers) {
      const base = main?.view.balancers.find((seen) => seen.name === balancer.name);
      const row = this.balancers.length;
      if (base === undefined) {
        const members = balancer.members.map((member) => this.#addMember(member, true, keys));
        this.#addBalancer(balancer.name, { ...defaults, ...balancer.said }, members, row, balancer.at);
        view.balancers.push({ name: balancer.name, row, members: balancer.members });
        continue;
      }
      for (const lost of balancer.members) this.#noteLost(lost, balancer.name);
      const said = mergeBalancers(this.#said[base.row] ?? {}, balancer.said);
      const shared = this.balancers[base.row];
      this.#addBalancer(balancer.name, said, [...(shared?.members ?? [])], base.row, balancer.at);
      view.balancers.push({ name: balancer.name, row, members: base.members });
    }
    view.alone.push(...(main?.view.alone ?? []));
    for (const member of own.alone) {
      view.alone.push({ member, slot: this.#addMember(member, false, keys) });
    }
    return view;
  }

  #addBalancer(name: string, said: BalancerParameters, members: number[], lock: number, at: string): void {
    const { sticky, maxattempts, nonce } = said;
    this.#said.push(said);
    this.balancers.push({
      row: this.balancers.length,
      name,
      members,
      growth: said.growth ?? 0,
      lbmethod: said.lbmethod ?? 'byrequests',
      ...(sticky !== undefined && sticky.cookie !== ''
        ? {
            sticky: {
              cookie: sticky.cookie,
              parameter: sticky.parameter,
              separator: said.separator ?? '.',
              scolonpathdelim: said.scolonpathdelim ?? false,
            },
          }
        : {}),
      nofailover: said.nofailover ?? false,
      ...(maxattempts === undefined ? {} : { maxattempts }),
      timeout: said.timeout ?? 0,
      failonstatus: said.failonstatus ?? [],
      failontimeout: said.failontimeout ?? false,
      forcerecovery: said.forcerecovery ?? true,
      ...(nonce === undefined ? {} : { nonce }),
      ...ownSettings(said),
      lock,
      at,
    });
  }

  /** Returns the slot. */
  #addMember(member: PoolMember, isInBalancer: boolean, keys: ReadonlyMap<string, string>): number {
    const slot = this.members.length;
    const health = healthOf(member, keys);
    this.members.push(memberSettings(member, slot, isInBalancer, health, this.#ioBufferSize));
    return slot;
  }

  /** Names of expressions hold within one server; over all servers they need keys. */
  #addExpressions(own: ServerPools): Map<string, string> {
    const keys = new Map<string, string>();
    for (const [name, expr] of own.expressions) {
      let key = name;
      for (let n = 2; this.healthExpressions.has(key); n++) key = `${name}#${n}`;
      this.healthExpressions.set(key, expr);
      keys.set(name, key);
    }
    return keys;
  }

  #noteLost(member: PoolMember, balancer: string): void {
    const text = `${member.url.name} is never used: ${balancer} has the members that the main server gives it`;
    this.#note('warning', member, text);
  }

  #note(kind: Note['kind'], member: PoolMember, text: string): void {
    this.notes.push({ kind, at: member.at, word: member.word, text });
  }
}

/** What httpd has not, where it was said and is not off. */
function ownSettings(said: BalancerParameters): Partial<BalancerSettings> {
  const { outlier, panic, retryOn, retryBudget } = said;
  return {
    ...(outlier ? { outlier } : {}),
    ...(panic ? { panic } : {}),
    ...(retryOn ? { retryOn } : {}),
    ...(retryBudget === undefined ? {} : { retryBudget }),
  };
}
