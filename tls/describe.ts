/**
 * A certificate, a request or a key in words, as rows of name and value for people. Any thread; at the command line.
 */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CertificateFacts, oneLine } from './certificate-facts.js';
import { isSelfSigned } from './pair.js';
import type { RequestFacts } from './request.js';

export type Row = [name: string, value: string];

const DAY = 86_400_000;
/** OpenSSL's names of curves that people know by others. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** bytes: PEM or DER of one. now: ms since the epoch. errors: node:crypto's, when it is none */
export function describeCertificate(bytes: string | Buffer, now: number): Row[] {
  const certificate = new X509Certificate(bytes);
  const facts = new CertificateFacts(certificate.raw);
  return [
    ['subject', oneLine(certificate.subject)],
    ['issuer', isSelfSigned(certificate) ? 'itself' : oneLine(certificate.issuer)],
    ['names', namesOf(certificate)],
    ['from', iso(certificate.validFrom)],
    ['to', `${iso(certificate.validTo)} (${leftText(Date.parse(certificate.validTo), now)})`],
    ['key', keyText(certificate.publicKey)],
    ['signature', facts.value('A_SIG', now) ?? ''],
    ...(certificate.ca ? ([['authority', 'yes']] satisfies Row[]) : []),
    ['serial', certificate.serialNumber],
    ['sha256', certificate.fingerprint256],
  ];
}

export function describeRequest({ commonName, names, key, isSigned }: RequestFacts): Row[] {
  return [
    ['subject', commonName === '' ? '(empty)' : `CN=${commonName}`],
    ['names', names.join(', ')],
    ['key', keyText(key)],
    ['signature', isSigned ? 'by its own key' : 'does not fit its key'],
  ];
}

/** `RSA 2048 bits`, `EC P-256`, `ED25519`. */
export function keyText(key: KeyObject): string {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  const { modulusLength, namedCurve } = open.asymmetricKeyDetails ?? {};
  const kind = (open.asymmetricKeyType ?? '').toUpperCase();
  if (namedCurve !== undefined) return `${kind} ${CURVES[namedCurve] ?? namedCurve}`;
  return modulusLength === undefined ? kind : `${kind} ${modulusLength} bits`;
}

/** `12 days left`, `ended 3 days ago`. */
export function leftText(validTo: number, now: number): string {
  const days = Math.floor(Math.abs(validTo - now) / DAY);
  const span = days === 0 ? 'less than a day' : `${days} day${days === 1 ? '' : 's'}`;
  return validTo < now ? `ended ${span} ago` : `${span} left`;
}

function namesOf({ subjectAltName = '' }: X509Certificate): string {
  return subjectAltName.replace(/\b(?:DNS|IP Address):/g, '') || '(none but the common name)';
}

function iso(date: string): string {
  return new Date(date).toISOString().replace('.000Z', 'Z');
}
