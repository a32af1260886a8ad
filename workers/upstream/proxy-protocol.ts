/**
 * The PROXY protocol's header, which tells a member who its client is before the first byte of HTTP: version 1 is a line
 * of text, version 2 the same in binary. Addresses of different families cannot be told together: then both are told as
 * IPv6, IPv4 ones as mapped.
 * Source: HAProxy's PROXY protocol specification, 2.1 and 2.2. Pure.
 */
import net from 'node:net';
import ipaddr from 'ipaddr.js';

/** Both ends of the client's connection. Addresses as text; ports 0 where they are not known. */
export interface ConnectionFacts {
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
}

const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
/** Version 2, command PROXY. */
const PROXY = 0x21;
const LOCAL = 0x20;
const TCP4 = 0x11;
const TCP6 = 0x21;

export function proxyHeader(version: 'v1' | 'v2', facts: ConnectionFacts): Buffer {
  const isV4 =
    net.isIPv4(facts.remoteAddress) && (net.isIPv4(facts.localAddress) || facts.localAddress === '');
  const source = bytesOf(facts.remoteAddress, isV4);
  const target = bytesOf(facts.localAddress, isV4);
  return version === 'v1' ? textOf(source, target, facts) : binaryOf(source, target, facts);
}

function textOf(source: number[], target: number[], { remotePort, localPort }: ConnectionFacts): Buffer {
  const family = source.length === 4 ? 'TCP4' : 'TCP6';
  const from = ipaddr.fromByteArray(source).toString();
  const to = ipaddr.fromByteArray(target).toString();
  return Buffer.from(`PROXY ${family} ${from} ${to} ${remotePort} ${localPort}\r\n`, 'latin1');
}

function binaryOf(source: number[], target: number[], { remotePort, localPort }: ConnectionFacts): Buffer {
  const length = source.length * 2 + 4;
  const head = Buffer.from([...SIGNATURE, PROXY, source.length === 4 ? TCP4 : TCP6, 0, length]);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(remotePort, 0);
  ports.writeUInt16BE(localPort, 2);
  return Buffer.concat([head, Buffer.from(source), Buffer.from(target), ports]);
}

/** The header of a connection of our own, which has no client behind it (2.2: LOCAL). */
export function localHeader(version: 'v1' | 'v2'): Buffer {
  return version === 'v1'
    ? Buffer.from('PROXY UNKNOWN\r\n', 'latin1')
    : Buffer.concat([SIGNATURE, Buffer.from([LOCAL, 0, 0, 0])]);
}

/** Where the engine cannot tell an address (a wildcard listener of uws) it is the unspecified one. */
function bytesOf(address: string, isV4: boolean): number[] {
  const known = net.isIP(address) === 0 ? '0.0.0.0' : address;
  const parsed = ipaddr.parse(known);
  if (isV4) return parsed.toByteArray();
  return (parsed.kind() === 'ipv4' ? (parsed as ipaddr.IPv4).toIPv4MappedAddress() : parsed).toByteArray();
}
