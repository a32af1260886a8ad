/**
 * The pieces of DER that certificates and requests for them are made of, and a signature over them. node-forge writes the
 * bytes; node:crypto makes and uses the keys, so that EC keys are as good as RSA ones.
 *
 * Source: RFC 5280 4.1 and 4.2, RFC 2986; algorithm identifiers of RFC 3279 2.2.1 and RFC 5758 3.2. Any thread.
 */
import { createHash, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import type forge from 'node-forge';
import { loadForge } from './forge.js';

export type Node = forge.asn1.Asn1;
export type KeyKind = 'rsa' | 'ec';

type Plain =
  | 'SEQUENCE'
  | 'SET'
  | 'OID'
  | 'INTEGER'
  | 'OCTETSTRING'
  | 'BITSTRING'
  | 'BOOLEAN'
  | 'NULL'
  | 'UTF8';

function plain(type: Plain, value: string | Node[]): Node {
  const { asn1 } = loadForge();
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type[type], Array.isArray(value), value);
}

/** Their types do not know them. */
export function addressTools() {
  return loadForge().util as unknown as {
    bytesFromIP(text: string): string | null;
    bytesToIP(bytes: string): string | null;
  };
}

const RSA_BITS = 2048;
const RSA_SHA256 = '1.2.840.113549.1.1.11';
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
/** ub-common-name, RFC 5280 A.1. */
const LONGEST_NAME = 64;

export function sequence(...parts: Node[]): Node {
  return plain('SEQUENCE', parts);
}

export function set(...parts: Node[]): Node {
  return plain('SET', parts);
}

export function oid(text: string): Node {
  return plain('OID', loadForge().asn1.oidToDer(text).getBytes());
}

export function integer(bytes: string): Node {
  return plain('INTEGER', bytes);
}

export function octets(bytes: string): Node {
  return plain('OCTETSTRING', bytes);
}

/** unused: bits at the end that count for nothing. */
export function bits(bytes: string, unused = 0): Node {
  return plain('BITSTRING', String.fromCharCode(unused) + bytes);
}

/** Where an algorithm has no parameters and says so. */
export function absent(): Node {
  return plain('NULL', '');
}

export function truth(): Node {
  return plain('BOOLEAN', '\xff');
}

/** `[n]` around parts. */
export function tagged(n: number, ...parts: Node[]): Node {
  const { asn1 } = loadForge();
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, n, true, parts);
}

/** Bytes of latin1 text, or a Buffer. errors: forge's, when it is no DER */
export function fromDer(bytes: Buffer | string): Node {
  const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
  const { asn1, util } = loadForge();
  return asn1.fromDer(util.createBuffer(text));
}

export function toDer(node: Node): string {
  return loadForge().asn1.toDer(node).getBytes();
}

/** A key with which certificates are signed: RSA of 2048 bits, or EC on P-256. */
export async function makeKey(kind: KeyKind): Promise<KeyObject> {
  const pair =
    kind === 'ec'
      ? await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
      : await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  return pair.privateKey;
}

/** SubjectPublicKeyInfo of a private key. */
export function publicKeyInfo(key: KeyObject): Node {
  return fromDer(createPublicKey(key).export({ type: 'spki', format: 'der' }));
}

/** AlgorithmIdentifier of what `signed` signs by. errors: throws for a key that is neither RSA nor EC */
export function signatureAlgorithm(key: KeyObject): Node {
  if (key.asymmetricKeyType === 'ec') return sequence(oid(ECDSA_SHA256));
  if (key.asymmetricKeyType !== 'rsa') throw new Error(`a ${key.asymmetricKeyType} key signs nothing here`);
  return sequence(oid(RSA_SHA256), absent());
}

/** A body with its signature, as PEM. label: CERTIFICATE, CERTIFICATE REQUEST */
export function signed(body: Node, key: KeyObject, label: string): string {
  const signature = sign('sha256', Buffer.from(toDer(body), 'latin1'), key).toString('latin1');
  const whole = toDer(sequence(body, signatureAlgorithm(key), bits(signature)));
  const lines =
    Buffer.from(whole, 'latin1')
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** A name of a common name alone; empty where that would be longer than a common name may be. */
export function distinguishedName(commonName: string): Node {
  if (commonName === '' || commonName.length > LONGEST_NAME) return sequence();
  const text = plain('UTF8', loadForge().util.encodeUtf8(commonName));
  return sequence(set(sequence(oid(COMMON_NAME), text)));
}

/** Extensions of a server's certificate for host names and addresses. */
export function serverExtensions(names: readonly string[], key: KeyObject): Node[] {
  // digitalSignature; an RSA key may encipher the key of a TLS 1.2 session as well.
  const usage = key.asymmetricKeyType === 'rsa' ? bits('\xa0', 5) : bits('\x80', 7);
  return [
    extension('2.5.29.19', sequence(), true),
    extension('2.5.29.15', usage, true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', sequence(...names.map(generalName))),
  ];
}

/** RFC 5280 4.2.1.2, method 1. */
export function keyIdentifier(key: KeyObject): Node {
  const parts = publicKeyInfo(key).value as Node[];
  // Node gives the bits of a bit string with the count of unused ones before them.
  const whole = String(
    (parts[1] as Node & { bitStringContents?: string }).bitStringContents ?? parts[1]?.value,
  );
  const digest = createHash('sha1')
    .update(Buffer.from(whole.slice(1), 'latin1'))
    .digest()
    .toString('latin1');
  return extension('2.5.29.14', octets(digest));
}

function extension(id: string, value: Node, isCritical = false): Node {
  return sequence(oid(id), ...(isCritical ? [truth()] : []), octets(toDer(value)));
}

/** GeneralName of RFC 5280 4.2.1.6: 2 is a DNS name, 7 an address. */
function generalName(name: string): Node {
  const { asn1 } = loadForge();
  const isName = isIP(name) === 0;
  const value = isName ? name : (addressTools().bytesFromIP(name) ?? '');
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, isName ? 2 : 7, false, value);
}
