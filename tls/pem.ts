/**
 * Certificates and keys out of files, whatever form they have there: PEM with one or many, DER, PKCS#12. Encrypted keys
 * are opened here, once, and are plain from then on: an engine never needs the pass phrase.
 *
 * Source: httpd 2.4 manual, mod_ssl, "SSLCertificateFile" (PEM or DER); RFC 7468. Any thread, at load.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CertificateError } from './error.js';
import { isPkcs12, openPkcs12 } from './pkcs12.js';

export interface PairFiles {
  /** PEM, the server's own certificate first, intermediates after it; or DER; or PKCS#12 with the key. */
  certificateFile: string;
  /** PEM or DER; may be the same file. */
  keyFile: string;
}

/** What the files hold. */
export interface PairText {
  /** PEM, the server's own first. */
  certificates: string[];
  key: KeyObject;
}

/**
 * passphrase  of an encrypted key or of a PKCS#12 file
 * errors      CertificateError, naming the file
 */
export function readPair({ certificateFile, keyFile }: PairFiles, passphrase?: string): PairText {
  const bytes = readBytes(certificateFile, 'certificate');
  if (isPkcs12(bytes)) {
    if (passphrase === undefined) throw locked(certificateFile);
    const { certificates, key } = openPkcs12(bytes, certificateFile, passphrase);
    return { certificates, key: createPrivateKey(key) };
  }
  const certificates = certificatesOf(bytes);
  if (certificates.length === 0) {
    const text = `no PEM certificate in ${certificateFile}`;
    throw new CertificateError('not-a-certificate', certificateFile, text);
  }
  return { certificates, key: readKey(keyFile, passphrase) };
}

const CERTIFICATE_BLOCK =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** Certificates of a file of authorities or of a chain. errors: CertificateError */
export function readCertificates(file: string, passphrase?: string): string[] {
  const bytes = readBytes(file, 'certificates');
  if (passphrase !== undefined && isPkcs12(bytes)) return openPkcs12(bytes, file, passphrase).certificates;
  return certificatesOf(bytes);
}

function certificatesOf(bytes: Buffer): string[] {
  const blocks = bytes.toString('latin1').match(CERTIFICATE_BLOCK);
  if (blocks !== null) return blocks;
  // 0x30: a DER sequence.
  if (bytes[0] !== 0x30) return [];
  try {
    return [new X509Certificate(bytes).toString()];
  } catch {
    return [];
  }
}

/** Is a key, or the PKCS#12 file of a certificate, of no use without a pass phrase? */
export function isEncrypted({ certificateFile, keyFile }: PairFiles): boolean {
  return isPkcs12(readBytes(certificateFile, 'certificate')) || isLocked(readBytes(keyFile, 'key'));
}

/** Is there a private key among these bytes? */
export function isKey(bytes: Buffer): boolean {
  return /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(bytes.toString('latin1')) || isBinaryKey(bytes);
}

/** errors: CertificateError, when it cannot be read */
export function isKeyFile(file: string): boolean {
  return isKey(readBytes(file, 'certificate'));
}

function isBinaryKey(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30) return false;
  try {
    return derKey(bytes, undefined).type === 'private';
  } catch {
    return false;
  }
}

export function isLocked(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return text.includes('BEGIN ENCRYPTED PRIVATE KEY') || /Proc-Type: 4,ENCRYPTED/.test(text);
}

/** errors: CertificateError, naming the file */
export function readKey(file: string, passphrase: string | undefined): KeyObject {
  const bytes = readBytes(file, 'key');
  const isBinary = bytes[0] === 0x30;
  if (passphrase === undefined && isLocked(bytes)) throw locked(file);
  try {
    if (isBinary) return derKey(bytes, passphrase);
    return createPrivateKey({
      key: bytes,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const reason = /bad decrypt|password/i.test(text) ? 'wrong-pass-phrase' : 'not-a-key';
    throw new CertificateError(reason, file, `cannot read private key ${file}: ${text}`, error);
  }
}

function derKey(key: Buffer, passphrase: string | undefined): KeyObject {
  for (const type of ['pkcs8', 'pkcs1'] as const) {
    try {
      return createPrivateKey({
        key,
        format: 'der',
        type,
        ...(passphrase === undefined ? {} : { passphrase }),
      });
    } catch {
      // It may be of the next kind.
    }
  }
  return createPrivateKey({ key, format: 'der', type: 'sec1' });
}

function locked(file: string): CertificateError {
  return new CertificateError('encrypted', file, `${file} is encrypted, and there is no pass phrase for it`);
}

function readBytes(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new CertificateError('unreadable', file, `cannot read ${what} ${file}: ${text}`, error);
  }
}
