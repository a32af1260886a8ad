/**
 * The first bytes of a connection on a TLS address: is it a hello of TLS, which name is in it, or did somebody speak plain
 * HTTP. The name is needed before OpenSSL has seen the hello, because Node's own choice by name lays the vhost's certificate
 * beside that of the address: a client that likes the other kind of key (EC, RSA) better is then shown the wrong one.
 *
 * Source: RFC 8446 4.1.2 and 5.1, RFC 6066 3; OpenSSL's notion of plain HTTP. Any thread; pure, does not throw.
 */

/** What the bytes are; `more`: too few to tell. `other`: OpenSSL shall say what is wrong with it. */
export type Opening = { kind: 'hello'; name: string } | { kind: 'http' | 'more' | 'other' };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const SUPPORTED_GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;
const SUPPORTED_VERSIONS = 43;
const HOST_NAME = 0;
const RECORD_HEAD = 5;
/** Version and random value. */
const FIXED = 34;
/** A hello of today has two kilobytes at the most; OpenSSL takes none that is longer. */
const LONGEST = 131_396;
const HTTP = /^(?:GET |POST|HEAD|PUT |DELE|OPTI|PATC|TRAC)/;

const NOTHING = Buffer.alloc(0);
const MORE: Opening = { kind: 'more' };
const OTHER: Opening = { kind: 'other' };

/** name: lower case, empty for none. */
export function readOpening(bytes: Buffer): Opening {
  if (bytes.length < RECORD_HEAD) return MORE;
  if (bytes[0] !== HANDSHAKE) return HTTP.test(bytes.toString('latin1', 0, 4)) ? { kind: 'http' } : OTHER;
  const message = handshakeOf(bytes);
  if (message === undefined) return bytes.length > LONGEST ? OTHER : MORE;
  return message[0] === CLIENT_HELLO
    ? { kind: 'hello', name: hostName(extensionIn(message.subarray(4), SERVER_NAME)) }
    : OTHER;
}

/** The first handshake message, out of as many records as it has; undefined while more is needed. */
function handshakeOf(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = 0; at + RECORD_HEAD <= bytes.length; ) {
    const end = at + RECORD_HEAD + bytes.readUInt16BE(at + 3);
    if (end > bytes.length) return undefined;
    if (bytes[at] !== HANDSHAKE) return Buffer.concat(parts);
    parts.push(bytes.subarray(at + RECORD_HEAD, end));
    length += end - at - RECORD_HEAD;
    at = end;
    const message = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    if (length >= 4 && length >= 4 + message.readUIntBE(1, 3)) return message;
  }
  return undefined;
}

/** What a client says that it can, as the numbers of the registries; empty where it says nothing. */
export interface Offer {
  /** Ciphers of TLS 1.2 and 1.3, in the client's order, as all of these. */
  ciphers: number[];
  versions: number[];
  schemes: number[];
  groups: number[];
}

/** bytes: what readOpening has found a hello in */
export function readOffer(bytes: Buffer): Offer {
  const hello = handshakeOf(bytes)?.subarray(4) ?? Buffer.alloc(0);
  const at = FIXED + 1 + (hello[FIXED] ?? 0);
  const versions = extensionIn(hello, SUPPORTED_VERSIONS);
  return {
    ciphers: shortsOf(hello.subarray(at + 2, at + 2 + shortAt(hello, at))),
    versions: shortsOf(versions.subarray(1, 1 + (versions[0] ?? 0))),
    schemes: shortsOf(extensionIn(hello, SIGNATURE_ALGORITHMS).subarray(2)),
    groups: shortsOf(extensionIn(hello, SUPPORTED_GROUPS).subarray(2)),
  };
}

function shortsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16BE(i * 2));
}

/** Empty where there is none, or the hello ends too soon, which OpenSSL will see. */
function extensionIn(hello: Buffer, type: number): Buffer {
  let at = FIXED;
  at += 1 + (hello[at] ?? 0);
  at += 2 + shortAt(hello, at);
  at += 1 + (hello[at] ?? 0);
  const end = Math.min(at + 2 + shortAt(hello, at), hello.length);
  at += 2;
  while (at + 4 <= end) {
    const length = shortAt(hello, at + 2);
    if (shortAt(hello, at) === type) return hello.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return NOTHING;
}

function hostName(list: Buffer): string {
  if (list.length < 5 || list[2] !== HOST_NAME) return '';
  return list.toString('latin1', 5, 5 + list.readUInt16BE(3)).toLowerCase();
}

function shortAt(bytes: Buffer, at: number): number {
  return at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0;
}
