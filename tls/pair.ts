/**
 * A certificate and its private key, read from files and checked before anything listens with them: both parse, they
 * belong together, the chain is in order, and dates and names are looked at. A pair that is past its dates still loads,
 * as in httpd; the caller logs the warning.
 *
 * Source: httpd 2.4 manual, mod_ssl, "SSLCertificateFile", "SSLCertificateKeyFile"; RFC 5280. Any thread, at load.
 */
import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { CertificateError } from './error.js';
import { type PairFiles, readCertificates, readPair } from './pem.js';
import { coversName } from './sni.js';

export type { PairFiles } from './pem.js';

export interface CertificateSaid {
  certificateFile: string;
  /** DNS names and addresses of subjectAltName in lower case; the common name where there are none. */
  names: string[];
  /** Milliseconds since the epoch. */
  validFrom: number;
  validTo: number;
  /** SHA-256, upper-case hex pairs with colons. */
  fingerprint: string;
  /** Intermediates that follow in the file. */
  chainLength: number;
  /** What is to be said of the chain; undefined when nothing is. */
  chainWarning?: string;
  /** It says of itself that it is an authority's, and is not merely signed by itself. */
  isAuthority: boolean;
}

export interface CertificatePair extends CertificateSaid, PairFiles {}

const DAY = 86_400_000;

/**
 * Reads and checks one pair.
 * passphrase  of an encrypted key
 * above       PEM certificates that stand in another file (SSLCertificateChainFile)
 * errors      CertificateError, naming the file
 */
export function loadPair(
  files: PairFiles,
  passphrase?: string,
  above: readonly string[] = [],
): CertificatePair {
  const { certificates, key } = readPair(files, passphrase);
  const [pem = ''] = certificates;
  if (!parse(pem, files.certificateFile).checkPrivateKey(key)) {
    throw new CertificateError(
      'mismatch',
      files.keyFile,
      `key ${files.keyFile} does not belong to certificate ${files.certificateFile}`,
    );
  }
  return { ...files, ...factsOf(files.certificateFile, certificates, above) };
}

/** What a certificate says without its key. errors: CertificateError, naming the file */
export function loadCertificate(
  file: string,
  passphrase?: string,
  above: readonly string[] = [],
): CertificateSaid {
  const certificates = readCertificates(file, passphrase);
  if (certificates.length === 0)
    throw new CertificateError('not-a-certificate', file, `no PEM certificate in ${file}`);
  return factsOf(file, certificates, above);
}

function factsOf(file: string, certificates: readonly string[], above: readonly string[]): CertificateSaid {
  const all = [...certificates, ...above].map((pem) => parse(pem, file)) as [
    X509Certificate,
    ...X509Certificate[],
  ];
  const [certificate] = all;
  const chainWarning = warningOfChain(file, all);
  return {
    certificateFile: file,
    names: namesOf(certificate),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256,
    chainLength: certificates.length - 1,
    ...(chainWarning === undefined ? {} : { chainWarning }),
    isAuthority: certificate.ca && !certificate.checkIssued(certificate),
  };
}

/** Dates of a certificate, in ms since the epoch; undefined when the file cannot be read. */
export function readDates(
  file: string,
  passphrase?: string,
): Pick<CertificatePair, 'validFrom' | 'validTo'> | undefined {
  try {
    const [pem = ''] = readCertificates(file, passphrase);
    const { validFrom, validTo } = new X509Certificate(pem);
    return { validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
  } catch {
    return undefined;
  }
}

/** What is to be said of a pair's dates at a time (ms since the epoch); undefined when nothing is. */
export function dateWarning(
  pair: Pick<CertificatePair, 'certificateFile' | 'validFrom' | 'validTo'>,
  now: number,
  soon = 30 * DAY,
): string | undefined {
  const { certificateFile: file, validFrom, validTo } = pair;
  if (now < validFrom) return `certificate ${file} is not valid before ${iso(validFrom)}`;
  if (now > validTo) return `certificate ${file} expired at ${iso(validTo)}`;
  if (validTo - now < soon) {
    const days = Math.floor((validTo - now) / DAY);
    const left = days === 0 ? 'in less than a day' : `in ${days} day${days === 1 ? '' : 's'}`;
    return `certificate ${file} expires ${left}, at ${iso(validTo)}`;
  }
  return undefined;
}

/** Does some name of the pair cover this host name? */
export function isNamed(pair: Pick<CertificatePair, 'names'>, hostname: string): boolean {
  return pair.names.some((name) => coversName(name, hostname));
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Each certificate must be signed by the one that follows; the last by itself or by an authority that everybody knows. */
function warningOfChain(file: string, chain: readonly X509Certificate[]): string | undefined {
  for (const [i, certificate] of chain.entries()) {
    const above = chain[i + 1];
    if (above !== undefined && !certificate.checkIssued(above)) {
      const names = `'${lastName(certificate.subject)}' is not signed by '${lastName(above.subject)}', which follows`;
      return `chain of ${file} is out of order: ${names}`;
    }
  }
  const last = chain.at(-1);
  if (last === undefined || isSelfSigned(last) || isWellKnown(last)) return undefined;
  const issuer = lastName(last.issuer);
  return `chain of ${file} is not complete: '${issuer}' is not in it, and no authority that clients know`;
}

/** checkIssued would want a key that may sign certificates, which a server's own need not. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

let authorities: X509Certificate[] | undefined;

function isWellKnown(certificate: X509Certificate): boolean {
  authorities ??= tls.rootCertificates.map((pem) => new X509Certificate(pem));
  return authorities.some((authority) => certificate.checkIssued(authority));
}

function lastName(name: string): string {
  return /^CN=(.+)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', ');
}

function parse(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new CertificateError('not-a-certificate', file, `cannot read certificate ${file}: ${text}`, error);
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
