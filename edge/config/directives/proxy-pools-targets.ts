/**
 * What the URLs in ProxyPass and ProxyPassReverse mean to one server: a balancer's row, a member's slot, the URLs of a
 * balancer's members. Places may be shared between servers, so those that change are copied.
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPass", "ProxyPassReverse"; corner cases observed on httpd 2.4.71.
 * Thread: main, at load.
 */

import { hasVariables } from '../../route/interpolate.js';
import type {
  Place,
  ProxyPassReverseSettings,
  ProxyPassSettings,
  ProxyTarget,
  ServerSettings,
} from '../../settings.js';
import { BadParameter } from './proxy-params-values.js';
import { findMember, type PoolMember } from './proxy-pools.js';
import { balancerName, isBalancerUrl, type MemberUrl, parseMemberUrl } from './proxy-pools-url.js';

/** What one server sees. */
export interface PoolView {
  /** In the order that balancer-manager shows. */
  balancers: { name: string; row: number; members: readonly PoolMember[] }[];
  alone: { member: PoolMember; slot: number }[];
}

export function resolveServer(server: ServerSettings, view: PoolView): void {
  server.proxyPass = server.proxyPass.map((pass) => resolvePass(pass, view));
  server.base = resolvePlace(server.base, view);
  server.proxySections = server.proxySections.map((section) => ({
    ...section,
    place: resolvePlace(section.place, view),
  }));
  server.locations = server.locations.map((section) => ({
    ...section,
    place: resolvePlace(section.place, view),
  }));
}

function resolvePlace(place: Place, view: PoolView): Place {
  const { proxyPass, proxyPassReverse, mirror, conditions } = place;
  if (!proxyPass && !proxyPassReverse && !mirror && !conditions) return place;
  return {
    ...place,
    ...(proxyPass && { proxyPass: resolvePass(proxyPass, view) }),
    ...(proxyPassReverse && {
      proxyPassReverse: proxyPassReverse.map((reverse) => resolveReverse(reverse, view)),
    }),
    ...(mirror && { mirror: resolveMirror(mirror, view) }),
    ...(conditions && {
      conditions: conditions.map((section) => ({ ...section, place: resolvePlace(section.place, view) })),
    }),
  };
}

function resolveMirror(mirror: NonNullable<Place['mirror']>, view: PoolView): Place['mirror'] & {} {
  if (mirror === 'off') return mirror;
  return { ...mirror, row: view.balancers.find(({ name }) => name === mirror.name)?.row ?? -1 };
}

function resolvePass(pass: ProxyPassSettings, view: PoolView): ProxyPassSettings {
  const { target } = pass;
  if (target?.kind === 'url' && isOpen(pass, target.url)) return pass;
  return target?.kind === 'url' ? { ...pass, target: targetOf(target.url, pass, view) } : pass;
}

/** Is it known only when a request comes? */
function isOpen({ kind, path, interpolate }: ProxyPassSettings, url: string): boolean {
  return hasVariables(interpolate, path, url) || (kind === 'prefix' && url.includes('$'));
}

/** The URL itself when it means nothing that is known in advance. */
function targetOf(url: string, { kind, path }: ProxyPassSettings, view: PoolView): ProxyTarget {
  const open: ProxyTarget = { kind: 'url', url };
  if (isBalancerUrl(url)) {
    const name = balancerName(url);
    const balancer = view.balancers.find((seen) => seen.name === name);
    if (name === undefined || balancer === undefined) return open;
    return { kind: 'balancer', row: balancer.row, name, path: url.slice(name.length) };
  }
  try {
    const parsed = parseMemberUrl(url, kind === 'regex' ? path : undefined);
    if (parsed.isHostOpen) return open;
    const members = view.alone.map(({ member }) => member);
    const member =
      members.find((known) => isSameUrl(known.url, parsed) && known.isPattern === (kind === 'regex')) ??
      findMember(members, fullName(parsed), kind);
    const slot = view.alone.find((seen) => seen.member === member)?.slot;
    return slot === undefined ? open : { kind: 'member', slot, path: parsed.path };
  } catch (error) {
    if (error instanceof BadParameter) return open;
    throw error;
  }
}

function isSameUrl(a: MemberUrl, b: MemberUrl): boolean {
  return a.name === b.name && a.socketPath === b.socketPath;
}

function fullName({ name, socketPath }: MemberUrl): string {
  return socketPath === undefined ? name : `unix:${socketPath}|${name}`;
}

function resolveReverse(reverse: ProxyPassReverseSettings, view: PoolView): ProxyPassReverseSettings {
  const from = reverse.from.flatMap((url) => {
    const name = isBalancerUrl(url) ? balancerName(url) : undefined;
    const balancer = view.balancers.find((seen) => seen.name === name);
    if (name === undefined || balancer === undefined) return [url];
    const path = url.slice(name.length);
    return balancer.members.flatMap((member) => memberUrls(member.url.name, path, reverse.path));
  });
  return { ...reverse, from };
}

/** What a balancer's URL with a path means for one member; a public `/` swallows the slash after the member's URL. */
function memberUrls(name: string, path: string, publicPath: string): string[] {
  if (path.length > 1) return [name.replace(/\/$/, '') + path];
  return publicPath === '/' ? [`${name}/`, name] : [name];
}
