/**
 * A certificate and its private key, read from files and checked before anything listens with them: both parse, they
 * belong together, and the dates are looked at. A pair that is past its dates still loads, as in httpd; the caller logs the
 * warning. node:crypto does all of it (node-forge cannot read EC keys).
 *
 * Source: httpd 2.4 manual, mod_ssl, "SSLCertificateFile", "SSLCertificateKeyFile"; RFC 5280. Any thread, at load.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CertificateError } from './error.js';

export interface PairFiles {
  /** PEM, the server's own certificate first, intermediates after it. */
  certificateFile: string;
  /** PEM; may be the same file. */
  keyFile: string;
}

export interface CertificatePair extends PairFiles {
  /** DNS names and addresses of subjectAltName in lower case; the common name where there are none. */
  names: string[];
  /** Milliseconds since the epoch. */
  validFrom: number;
  validTo: number;
  /** SHA-256, upper-case hex pairs with colons. */
  fingerprint: string;
  /** Intermediates that follow in the file. */
  chainLength: number;
}

/**
 * Reads and checks one pair.
 * passphrase  of an encrypted key
 * errors      CertificateError, naming the file
 */
export function loadPair(files: PairFiles, passphrase?: string): CertificatePair {
  const blocks = certificateBlocks(files.certificateFile);
  const certificate = parseCertificate(blocks[0] ?? '', files.certificateFile);
  const key = parseKey(files.keyFile, passphrase);
  if (!certificate.checkPrivateKey(key)) {
    throw new CertificateError(
      'mismatch',
      files.keyFile,
      `key ${files.keyFile} does not belong to certificate ${files.certificateFile}`,
    );
  }
  return {
    ...files,
    names: namesOf(certificate),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256,
    chainLength: blocks.length - 1,
  };
}

/** What is to be said of a pair's dates at a time (ms since the epoch); undefined when nothing is. */
export function dateWarning(pair: CertificatePair, now: number, soon = 14 * 86_400_000): string | undefined {
  const { certificateFile: file, validFrom, validTo } = pair;
  if (now < validFrom) return `certificate ${file} is not valid before ${iso(validFrom)}`;
  if (now > validTo) return `certificate ${file} expired at ${iso(validTo)}`;
  if (validTo - now < soon) return `certificate ${file} expires at ${iso(validTo)}`;
  return undefined;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

const CERTIFICATE_BLOCK =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

function certificateBlocks(file: string): string[] {
  const blocks = read(file, 'certificate').match(CERTIFICATE_BLOCK);
  if (blocks === null) throw new CertificateError('not-a-certificate', file, `no PEM certificate in ${file}`);
  return blocks;
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new CertificateError(
      'not-a-certificate',
      file,
      `cannot read certificate ${file}: ${text(error)}`,
      error,
    );
  }
}

function parseKey(file: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({
      key: read(file, 'key'),
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError('not-a-key', file, `cannot read private key ${file}: ${text(error)}`, error);
  }
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    throw new CertificateError('unreadable', file, `cannot read ${what} ${file}: ${text(error)}`, error);
  }
}

function namesOf(certificate: X509Certificate): string[] {
  // RFC 9525 6.2: the common name counts only where subjectAltName has no name.
  const alternatives = [...(certificate.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^\s,"]+)/g)];
  const names = alternatives.map((match) => (match[1] ?? '').toLowerCase());
  if (names.length > 0) return names;
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return common === undefined ? [] : [common.toLowerCase()];
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
