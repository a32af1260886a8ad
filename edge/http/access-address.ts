/**
 * Addresses and networks: texts of the configuration to canonical CIDR at load, and the question "is this client in one
 * of these networks?" at run time, where an address is four 32-bit words and a network the words and their masks.
 * An IPv4 address stands as `::ffff:a.b.c.d`, so both families are compared by the same loop.
 * Parsing an address costs a microsecond and clients come back, so the words of the last addresses are remembered.
 * Source: httpd 2.4 manual, mod_authz_host, "Require ip"; apr_ipsubnet_create. Any thread.
 */
import ipaddr from 'ipaddr.js';

/** Remembered addresses; the map is emptied when it is full, which costs each client one parse. */
const MAX_REMEMBERED = 1024;

type Words = readonly [number, number, number, number];
interface Mask {
  net: Words;
  mask: Words;
}

/**
 * A network as httpd writes it: `10`, `10.1.`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`, an address.
 * returns canonical CIDR text, host bits cleared; undefined when it is none of these
 */
export function parseNetwork(text: string): string | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const length = slash < 0 ? undefined : text.slice(slash + 1);
  if (address.includes(':')) return parseNetwork6(address, length);
  if (length === undefined) return parsePartial(address);
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined;
  const bits = parseLength4(length);
  return bits === undefined ? undefined : cidr4(address, bits);
}

/** `10`, `10.1`, `10.1.2.`, `10.1.2.3`: eight bits of mask for each number. */
function parsePartial(address: string): string | undefined {
  const numbers = address.replace(/\.$/, '').split('.');
  if (numbers.length > 4 || (numbers.length === 4 && address.endsWith('.'))) return undefined;
  if (!numbers.every((n) => /^\d{1,3}$/.test(n) && Number(n) < 256)) return undefined;
  const full = [...numbers.map(Number), 0, 0, 0].slice(0, 4).join('.');
  return cidr4(full, numbers.length * 8);
}

/** A prefix length, or a mask with its ones at the left. */
function parseLength4(length: string): number | undefined {
  if (/^\d{1,3}$/.test(length))
    return Number(length) >= 1 && Number(length) <= 32 ? Number(length) : undefined;
  if (!ipaddr.IPv4.isValidFourPartDecimal(length)) return undefined;
  return ipaddr.IPv4.parse(length).prefixLengthFromSubnetMask() ?? undefined;
}

function cidr4(address: string, bits: number): string {
  return `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`).toString()}/${bits}`;
}

function parseNetwork6(address: string, length: string | undefined): string | undefined {
  if (!ipaddr.IPv6.isValid(address) || address.includes('%')) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const bits = length === undefined ? 128 : Number(length);
  if (bits < 1 || bits > 128) return undefined;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parseIPv6(address).toString()}/${bits}`).toString()}/${bits}`;
}

/**
 * text  a valid IPv6 address. ipaddr.js takes the old `::a.b.c.d` (RFC 4291 2.5.5.1) for `::ffff:a.b.c.d`, which is another
 *       address: whoever names it would get into networks of IPv4.
 */
export function parseIPv6(text: string): ipaddr.IPv6 {
  const address = ipaddr.IPv6.parse(text);
  if (/^::\d+\./.test(text)) address.parts[5] = 0;
  return address;
}

/**
 * networks  canonical CIDR texts from parseNetwork; one that is not is left out
 * returns   a test of an address in text; false for what is not an address
 */
export function compileNetworks(networks: readonly string[]): (address: string) => boolean {
  const masks = networks.map(parseMask).filter((mask) => mask !== undefined);
  const remembered = new Map<string, boolean>();
  return (address) => {
    const known = remembered.get(address);
    if (known !== undefined) return known;
    const words = parseWords(address);
    const isInside = words !== undefined && masks.some((mask) => covers(mask, words));
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(address, isInside);
    return isInside;
  };
}

function covers({ net, mask }: Mask, words: Words): boolean {
  return (
    (words[3] & mask[3]) === net[3] &&
    (words[2] & mask[2]) === net[2] &&
    (words[1] & mask[1]) === net[1] &&
    (words[0] & mask[0]) === net[0]
  );
}

function parseMask(network: string): Mask | undefined {
  const [address = '', length = ''] = network.split('/');
  const words = parseWords(address);
  if (words === undefined || !/^\d+$/.test(length)) return undefined;
  const bits = Number(length) + (address.includes(':') ? 0 : 96);
  const mask: Words = [maskWord(bits), maskWord(bits - 32), maskWord(bits - 64), maskWord(bits - 96)];
  return { net: [words[0] & mask[0], words[1] & mask[1], words[2] & mask[2], words[3] & mask[3]], mask };
}

/** The 32 mask bits of one word, of which the first `bits` are ones. */
function maskWord(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : ~(0xffffffff >>> bits);
}

function parseWords(address: string): Words | undefined {
  const zone = address.indexOf('%');
  const bare = zone < 0 ? address : address.slice(0, zone);
  if (!bare.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return undefined;
  if (!ipaddr.isValid(bare)) return undefined;
  const { parts } = bare.includes(':') ? parseIPv6(bare) : ipaddr.IPv4.parse(bare).toIPv4MappedAddress();
  const word = (i: number): number => ((parts[i] ?? 0) << 16) | (parts[i + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}
