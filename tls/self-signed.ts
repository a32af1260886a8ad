/**
 * Certificates made on the spot, signed by themselves: for the demonstration, for tests, and as the placeholder that a TLS
 * listener needs before it has seen a name. RSA 2048, because node-forge can sign with nothing else; node:crypto makes
 * the key, which takes it a tenth of a second and forge several. Only this folder imports node-forge.
 *
 * Source: RFC 5280 4.1 and 4.2. Main threads, at start.
 */
import { generateKeyPair, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { loadForge } from './forge.js';

const KEY_BITS = 2048;
const DAY = 86_400_000;
/** Clocks of clients that are a little slow shall take it too. */
const BACKDATED = 3_600_000;

export interface SelfSignedOptions {
  /** Host names and addresses; the first is the common name too. */
  names: readonly string[];
  days: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Both PEM. */
export interface SelfSigned {
  certificate: string;
  key: string;
}

export const LOCAL_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** errors  what node:crypto throws when it cannot make a key */
export async function selfSigned({ names, days, now }: SelfSignedOptions): Promise<SelfSigned> {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const subject = [{ name: 'commonName', value: names[0] ?? 'localhost' }];
  const { pki, md } = loadForge();
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = new Date(now - BACKDATED);
  certificate.validity.notAfter = new Date(now + days * DAY);
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names.map(alternativeName) },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(pki.privateKeyFromPem(pair.privateKey), md.sha256.create());
  return { certificate: pki.certificateToPem(certificate), key: pair.privateKey };
}

/** GeneralName of RFC 5280 4.2.1.6: 2 is a DNS name, 7 an address. */
function alternativeName(name: string): { type: 2; value: string } | { type: 7; ip: string } {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}

/** Positive, 127 random bits (RFC 5280 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
}
