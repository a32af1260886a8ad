/**
 * OCSP: what is asked of an authority's responder about one certificate, and whether its answer may be shown to clients. An
 * answer counts when it is about that certificate, says good, is of this time, and is signed by the certificate's issuer or
 * by a responder whom the issuer has certified for it.
 *
 * Source: RFC 6960 4.1 and 4.2; RFC 5019 2.1 (SHA-1 in CertID, no nonce). Any thread; pure.
 */
import { createHash, verify, X509Certificate } from 'node:crypto';
import { absent, fromDer, integer, type Node, octets, oid, sequence, toDer } from './der.js';
import { loadForge } from './forge.js';

export interface OcspSubject {
  /** DER of the certificate and of its issuer's. */
  certificate: Buffer;
  issuer: Buffer;
}

export interface OcspAnswer {
  /** Ms since the epoch; no end where the responder says none. */
  thisUpdate: number;
  nextUpdate: number | undefined;
}

export interface OcspLimits {
  now: number;
  /** Ms by which clocks may differ. */
  timeSkew: number;
  /** Ms that an answer without an end may be old; undefined for any age. */
  maxAge: number | undefined;
}

/** Why an answer is of no use. */
export class OcspRefused extends Error {}

const SHA1 = '1.3.14.3.2.26';
const BASIC = '1.3.6.1.5.5.7.48.1.1';
const MAY_SIGN_OCSP = '1.3.6.1.5.5.7.3.9';
const STATUSES = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  '',
  'sigRequired',
  'unauthorized',
];
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/** The responder that a certificate names; undefined for none. */
export function responderOf(certificate: Buffer): string | undefined {
  const { infoAccess = '' } = new X509Certificate(certificate);
  return /^OCSP - URI:(http:\/\/\S+)$/m.exec(infoAccess)?.[1];
}

/** DER of a request. errors: what reading the certificates says */
export function ocspRequest(subject: OcspSubject): Buffer {
  const id = idOf(subject);
  const certId = sequence(sequence(oid(SHA1), absent()), octets(id.name), octets(id.key), integer(id.serial));
  return Buffer.from(toDer(sequence(sequence(sequence(sequence(certId))))), 'latin1');
}

/** errors  OcspRefused, and forge's for what is no DER */
export function readOcspAnswer(bytes: Buffer, subject: OcspSubject, limits: OcspLimits): OcspAnswer {
  const [status, wrapped] = partsOf(fromDer(bytes));
  const code = textOf(status).charCodeAt(0);
  if (code !== 0) throw new OcspRefused(`the responder says ${STATUSES[code] || code}`);
  const [type, basic] = partsOf(partsOf(wrapped)[0]);
  if (loadForge().asn1.derToOid(textOf(type)) !== BASIC) throw new OcspRefused('it is no basic response');
  const [data, algorithm, signature, certificates] = partsOf(fromDer(textOf(basic)));
  if (data === undefined) throw new OcspRefused('it is empty');
  const signers = [
    subject.issuer,
    ...partsOf(partsOf(certificates)[0]).map((node) => Buffer.from(toDer(node), 'latin1')),
  ];
  if (
    !signers.some(
      (signer) => isSigner(signer, subject.issuer) && isSigned(signer, data, algorithm, signature),
    )
  )
    throw new OcspRefused("it is not signed by the certificate's issuer, nor for it");
  const single = singleOf(data, idOf(subject));
  if (single === undefined) throw new OcspRefused('it is about another certificate');
  return checked(single, limits);
}

interface CertId {
  name: string;
  key: string;
  serial: string;
}

function idOf({ certificate, issuer }: OcspSubject): CertId {
  const own = fieldsOf(certificate);
  const above = fieldsOf(issuer);
  const key =
    (partsOf(above.keyInfo)[1] as (Node & { bitStringContents?: string }) | undefined)?.bitStringContents ??
    '';
  return { name: sha1(toDer(own.issuer)), key: sha1(key.slice(1)), serial: textOf(own.serial) };
}

function fieldsOf(certificate: Buffer): { serial: Node; issuer: Node; keyInfo: Node } {
  const fields = partsOf(partsOf(fromDer(certificate))[0]);
  // RFC 5280 4.1: the version is there, under a tag of its own, unless it is 1.
  const at = fields[0]?.tagClass === loadForge().asn1.Class.CONTEXT_SPECIFIC ? 1 : 0;
  const [serial, issuer, keyInfo] = [fields[at], fields[at + 2], fields[at + 5]];
  if (serial === undefined || issuer === undefined || keyInfo === undefined)
    throw new Error('no certificate');
  return { serial, issuer, keyInfo };
}

function isSigner(signer: Buffer, issuer: Buffer): boolean {
  if (signer.equals(issuer)) return true;
  const certificate = new X509Certificate(signer);
  const mayAnswer = (certificate.keyUsage as string[] | undefined)?.includes(MAY_SIGN_OCSP) === true;
  return mayAnswer && certificate.verify(new X509Certificate(issuer).publicKey);
}

function isSigned(
  signer: Buffer,
  data: Node,
  algorithm: Node | undefined,
  signature: Node | undefined,
): boolean {
  const hash = HASHES[loadForge().asn1.derToOid(textOf(partsOf(algorithm)[0]))];
  if (hash === undefined) return false;
  const bits = (signature as (Node & { bitStringContents?: string }) | undefined)?.bitStringContents ?? '';
  const { publicKey } = new X509Certificate(signer);
  return verify(hash, Buffer.from(toDer(data), 'latin1'), publicKey, Buffer.from(bits.slice(1), 'latin1'));
}

/** The answer about one certificate, among those of a response. */
function singleOf(data: Node, id: CertId): Node[] | undefined {
  const responses = partsOf(data).find(
    ({ tagClass, type }) =>
      tagClass === loadForge().asn1.Class.UNIVERSAL && type === loadForge().asn1.Type.SEQUENCE,
  );
  return partsOf(responses)
    .map(partsOf)
    .find(([certId]) => {
      const [, name, key, serial] = partsOf(certId).map(textOf);
      return name === id.name && key === id.key && serial === id.serial;
    });
}

function checked([, status, from, ...more]: Node[], { now, timeSkew, maxAge }: OcspLimits): OcspAnswer {
  const kind = Number(status?.type);
  if (kind !== 0) throw new OcspRefused(`it says ${kind === 1 ? 'revoked' : 'unknown'}`);
  const thisUpdate = timeOf(from);
  const end = more.find(
    ({ tagClass, type }) => tagClass === loadForge().asn1.Class.CONTEXT_SPECIFIC && Number(type) === 0,
  );
  const nextUpdate = end === undefined ? undefined : timeOf(partsOf(end)[0]);
  if (thisUpdate > now + timeSkew) throw new OcspRefused('it is not valid yet');
  if (nextUpdate !== undefined && nextUpdate < now - timeSkew) throw new OcspRefused('it is out of date');
  if (nextUpdate === undefined && maxAge !== undefined && thisUpdate < now - maxAge - timeSkew)
    throw new OcspRefused('it is too old');
  return { thisUpdate, nextUpdate };
}

function timeOf(node: Node | undefined): number {
  return loadForge().asn1.generalizedTimeToDate(textOf(node)).getTime();
}

function sha1(bytes: string): string {
  return createHash('sha1').update(Buffer.from(bytes, 'latin1')).digest().toString('latin1');
}

function partsOf(node: Node | undefined): Node[] {
  return Array.isArray(node?.value) ? node.value : [];
}

function textOf(node: Node | undefined): string {
  return typeof node?.value === 'string' ? node.value : '';
}
