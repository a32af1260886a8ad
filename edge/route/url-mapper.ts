/**
 * Whom a URL means that is known only when a request comes: after `[P]`, in a ProxyPassMatch with `$1` in its host, in a
 * ProxyPass with variables. It is the balancer of that name, or the member with the longest name that the URL begins
 * with. Any other host is asked all the same, by the one row that stands for all of them (httpd: the worker
 * `proxy:reverse`): its connections serve one request, and it is never in error.
 * Source: httpd 2.4, mod_proxy, "Workers"; mod_rewrite, flag P. Thread: worker; nothing here throws.
 */
import type { MemberSettings } from '../../workers/member.js';
import type { ServerSettings, Settings } from '../settings.js';
import type { Mapped } from './proxypass.js';

/**
 * head  `scheme://host[:port]`
 * path  encoded, without query
 */
export type UrlMapper = (head: string, path: string) => Mapped;

export function compileUrlMapper(server: ServerSettings, settings: Settings): UrlMapper {
  const members = server.proxy.members.flatMap((slot) => settings.members[slot] ?? []);
  const named = members.filter(({ name, socketPath }) => !name.includes('$') && socketPath === undefined);
  named.sort((a, b) => b.name.length - a.name.length);
  return (head, path) => {
    const host = headOf(head);
    const whole = path === '' ? '/' : path;
    const url = host + whole;
    const found = { path: whole, url };
    if (host.startsWith('balancer://')) {
      const row = Object.hasOwn(server.proxy.balancers, host) ? server.proxy.balancers[host] : undefined;
      if (row !== undefined) return { ...found, target: { kind: 'balancer', row, name: host, path: '' } };
    }
    const member = named.find(({ name }) => url.startsWith(name) || url.slice(0, -1) === name);
    if (member === undefined) return { ...found, target: { kind: 'url', url } };
    return { ...found, target: { kind: 'member', slot: member.slot, path: '' } };
  };
}

/** `scheme://host[:port]` of a URL in lower case, without user and without the scheme's own port. */
function headOf(url: string): string {
  const head =
    /^[^:]*:\/\/[^/?#]*/
      .exec(url)?.[0]
      .toLowerCase()
      .replace(/\/\/[^/]*@/, '//') ?? '';
  return head.replace(/^((?:http|ws):\/\/.*):80$|^((?:https|wss):\/\/.*):443$/, '$1$2');
}

const PORTS: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443, ajp: 8009 };

/**
 * The member of a host that no line names.
 * returns  `invalid` for a URL without host or with a port that is none; undefined when no protocol serves it
 */
export function reverseMember(reverse: MemberSettings, url: string): MemberSettings | 'invalid' | undefined {
  const [, scheme = '', authority = ''] = /^([^:]*):\/\/([^/?#]*)/.exec(url) ?? [];
  const usual = Object.hasOwn(PORTS, scheme) ? PORTS[scheme] : undefined;
  if (usual === undefined) return undefined;
  const [, host = '', port = ''] = /^(.*?)(?::(\d*))?$/s.exec(authority) ?? [];
  if (host === '' || Number(port) > 65535) return 'invalid';
  const name = `${scheme}://${authority}`;
  return { ...reverse, name, scheme, host: host.replace(/^\[|\]$/g, ''), port: Number(port) || usual };
}
