/**
 * PKCS#12: certificate, chain and key in one encrypted file, as Windows and many appliances export them. It is opened
 * into PEM, so that everything behind knows PEM alone. node-forge undoes the encryption; what lies inside is handed to
 * node:crypto, because forge cannot read EC keys.
 *
 * Source: RFC 7292. Any thread, at load.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type forge from 'node-forge';
import { CertificateError } from './error.js';
import { loadForge } from './forge.js';

/** PEM texts: the key's own certificate first. */
export interface Opened {
  certificates: string[];
  key: string;
}

/** A sequence that begins with version 3, which no certificate does. */
export function isPkcs12(bytes: Buffer): boolean {
  return (
    bytes[0] === 0x30 && /^30(?:[0-7].|80|81..|82.{4}|83.{6}|84.{8})020103/.test(bytes.toString('hex', 0, 10))
  );
}

/** errors  what reading the file says, as an Error of node:fs */
export function isPkcs12File(file: string): boolean {
  return isPkcs12(readFileSync(file));
}

/** errors  CertificateError: a wrong pass phrase, or no certificate or no key inside */
export function openPkcs12(bytes: Buffer, file: string, passphrase: string): Opened {
  const { asn1, pkcs12, pki, util } = loadForge();
  let container: forge.pkcs12.Pkcs12Pfx;
  try {
    container = pkcs12.pkcs12FromAsn1(
      asn1.fromDer(util.createBuffer(bytes.toString('latin1'))),
      false,
      passphrase,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = /password|MAC/i.test(why) ? 'wrong-pass-phrase' : 'not-a-certificate';
    throw new CertificateError(reason, file, `cannot open PKCS#12 file ${file}: ${why}`, error);
  }
  const { oids } = pki;
  const [shrouded] = bags(container, oids['pkcs8ShroudedKeyBag']);
  const [plain] = bags(container, oids['keyBag']);
  const keyBag = shrouded ?? plain;
  if (keyBag === undefined)
    throw new CertificateError('not-a-key', file, `no private key in PKCS#12 file ${file}`);
  const key = createPrivateKey({ key: keyDer(keyBag), format: 'der', type: 'pkcs8' });
  const found = bags(container, oids['certBag']).map((bag) => new X509Certificate(certificateDer(bag)));
  const own = found.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    throw new CertificateError(
      'not-a-certificate',
      file,
      `no certificate for its key in PKCS#12 file ${file}`,
    );
  }
  return {
    certificates: [own, ...inOrder(own, found)].map(String),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function bags(container: forge.pkcs12.Pkcs12Pfx, type: string | undefined): forge.pkcs12.Bag[] {
  return type === undefined ? [] : (container.getBags({ bagType: type })[type] ?? []);
}

/** What forge understood it has as an object, the rest as it came. */
function keyDer({ key, asn1 }: forge.pkcs12.Bag): Buffer {
  const { pki } = loadForge();
  return derOf(key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key)) : asn1);
}

function certificateDer({ cert, asn1 }: forge.pkcs12.Bag): Buffer {
  return derOf(cert ? loadForge().pki.certificateToAsn1(cert) : asn1);
}

function derOf(node: forge.asn1.Asn1): Buffer {
  return Buffer.from(loadForge().asn1.toDer(node).getBytes(), 'latin1');
}

/** Issuers of the key's certificate, each above the one before. */
function inOrder(own: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at = own;
  for (;;) {
    const above = all.find((each) => each !== at && !chain.includes(each) && at.checkIssued(each));
    if (above === undefined) return chain;
    chain.push(above);
    at = above;
  }
}
