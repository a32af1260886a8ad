/**
 * Who the client really is, behind balancers that say so in a header: its addresses are taken from right to left for as
 * long as the address at hand is a proxy that may be believed. Those taken leave the header, the last one becomes the
 * request's client.
 *
 * An internal proxy is believed whatever it says; a trusted one not when it names a private address. Without any list
 * every hop counts as trusted.
 * Source: httpd 2.4, mod_remoteip; corner cases as observed on httpd 2.4.71. Compiled once per thread; does not throw.
 */
import ipaddr from 'ipaddr.js';
import type { Request } from '../request.js';
import { compileNetworks, parseIPv6 } from './access-address.js';
import { removeField, setField } from './fields.js';

export interface RemoteIpSettings {
  /** The header that is read, as written. */
  header: string;
  /** Where trusted proxies are listed for the members. */
  proxiesHeader?: string;
  /** In order; the first network that an address is in decides. Canonical CIDR texts. */
  proxies: { network: string; isInternal: boolean }[];
}

type Trust = 'internal' | 'trusted' | 'none';

/** Addresses in the header that are looked at; httpd sets no bound, but a header line has one. */
const MAX_HOPS = 500;

/** returns  a step that changes the client's address and the header */
export function compileRemoteIp(settings: RemoteIpSettings): (r: Request) => void {
  const name = settings.header.toLowerCase();
  const trustOf = compileTrust(settings.proxies);
  return (r) => {
    const value = r.header(name);
    if (value === undefined) return;
    let rest: string | undefined = value;
    let address = r.clientAddress;
    const proxies: string[] = [];
    for (let hop = 0; rest !== undefined && hop < MAX_HOPS; hop += 1) {
      const trust = trustOf(address);
      if (trust === 'none') break;
      const comma: number = rest.lastIndexOf(',');
      const next = readAddress(rest.slice(comma + 1).trim());
      if (next === undefined || (trust === 'trusted' && isPrivate(next))) break;
      if (trust === 'trusted') proxies.push(address);
      address = next.toString();
      rest = comma < 0 ? undefined : rest.slice(0, comma);
    }
    if (rest === value) return;
    r.clientAddress = address;
    if (rest === undefined) removeField(r.ownFields(), name);
    else setField(r.ownFields(), settings.header, rest);
    if (proxies.length === 0) return;
    const list = proxies.join(', ');
    r.note('remoteip-proxy-ip-list', list);
    if (settings.proxiesHeader !== undefined) setField(r.ownFields(), settings.proxiesHeader, list);
  };
}

function compileTrust(proxies: RemoteIpSettings['proxies']): (address: string) => Trust {
  if (proxies.length === 0) return () => 'trusted';
  const groups: { isInternal: boolean; networks: string[] }[] = [];
  for (const { network, isInternal } of proxies) {
    const last = groups.at(-1);
    if (last?.isInternal === isInternal) last.networks.push(network);
    else groups.push({ isInternal, networks: [network] });
  }
  const tests = groups.map(({ isInternal, networks }) => ({ isInternal, isIn: compileNetworks(networks) }));
  return (address) => {
    const found = tests.find(({ isIn }) => isIn(address));
    if (found === undefined) return 'none';
    return found.isInternal ? 'internal' : 'trusted';
  };
}

/** httpd differs: it also takes `8.8.8`, and asks the resolver for names. */
function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = parseIPv6(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Is it one that no client on the Internet has? IPv6: all but 2000::/3. */
function isPrivate(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address instanceof ipaddr.IPv6) return ((address.parts[0] ?? 0) & 0xe000) !== 0x2000;
  const [a = 0, b = 0] = address.octets;
  return (
    a === 10 ||
    a === 127 ||
    (a === 169 && b === 254) ||
    (a === 172 && (b & 0xf0) === 16) ||
    (a === 192 && b === 168)
  );
}
