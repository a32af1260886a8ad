/**
 * Requests for certificates (PKCS#10): made for names and a key, and read back.
 *
 * Source: RFC 2986; RFC 2985 5.4.2 (extensionRequest). Main thread, at the command line.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  addressTools,
  distinguishedName,
  fromDer,
  integer,
  type Node,
  oid,
  publicKeyInfo,
  sequence,
  serverExtensions,
  set,
  signed,
  tagged,
  toDer,
} from './der.js';
import { CertificateError } from './error.js';
import { loadForge } from './forge.js';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALT_NAME = '2.5.29.17';
const COMMON_NAME = '2.5.4.3';
const BLOCK = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/;

export interface RequestFacts {
  commonName: string;
  /** DNS names and addresses. */
  names: string[];
  key: KeyObject;
  /** Signed by the key that is in it. */
  isSigned: boolean;
}

/** PEM. names: host names and addresses; the first is the common name too */
export function certificateRequest(names: readonly string[], key: KeyObject): string {
  const wanted = sequence(oid(EXTENSION_REQUEST), set(sequence(...serverExtensions(names, key))));
  const body = sequence(
    integer('\0'),
    distinguishedName(names[0] ?? ''),
    publicKeyInfo(key),
    tagged(0, wanted),
  );
  return signed(body, key, 'CERTIFICATE REQUEST');
}

/** Undefined for a text that is no request. errors: CertificateError, naming the file, for one that is broken */
export function readRequest(text: string, file: string): RequestFacts | undefined {
  const base64 = BLOCK.exec(text)?.[1];
  if (base64 === undefined) return undefined;
  try {
    const [body, algorithm, signature] = partsOf(fromDer(Buffer.from(base64, 'base64')));
    if (body === undefined) throw new Error('it is empty');
    const [, subject, spki, attributes] = partsOf(body);
    if (spki === undefined) throw new Error('there is no key in it');
    const key = createPublicKey({
      key: Buffer.from(toDer(spki), 'latin1'),
      format: 'der',
      type: 'spki',
    });
    return {
      commonName: commonNameOf(subject),
      names: partsOf(attributes).flatMap(namesOf),
      key,
      isSigned: isSignedBy(key, body, algorithm, signature),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CertificateError(
      'not-a-certificate',
      file,
      `cannot read certificate request ${file}: ${why}`,
      error,
    );
  }
}

function partsOf(node: Node | undefined): Node[] {
  return Array.isArray(node?.value) ? node.value : [];
}

function textOf(node: Node | undefined): string {
  return typeof node?.value === 'string' ? node.value : '';
}

function idOf(node: Node | undefined): string {
  return loadForge().asn1.derToOid(textOf(partsOf(node)[0]));
}

function commonNameOf(subject: Node | undefined): string {
  const parts = partsOf(subject).flatMap(partsOf);
  return textOf(partsOf(parts.find((part) => idOf(part) === COMMON_NAME))[1]);
}

function namesOf(attribute: Node): string[] {
  if (idOf(attribute) !== EXTENSION_REQUEST) return [];
  const extensions = partsOf(partsOf(partsOf(attribute)[1])[0]);
  const alternative = extensions.find((extension) => idOf(extension) === SUBJECT_ALT_NAME);
  if (alternative === undefined) return [];
  return partsOf(fromDer(textOf(partsOf(alternative).at(-1)))).map((name) =>
    Number(name.type) === 7 ? (addressTools().bytesToIP(textOf(name)) ?? '') : textOf(name),
  );
}

function isSignedBy(
  key: KeyObject,
  body: Node,
  algorithm: Node | undefined,
  signature: Node | undefined,
): boolean {
  const hash =
    { '1.2.840.10045.4.3.3': 'sha384', '1.2.840.113549.1.1.12': 'sha384' }[idOf(algorithm)] ?? 'sha256';
  const bytes =
    (signature as (Node & { bitStringContents?: string }) | undefined)?.bitStringContents ??
    textOf(signature);
  return verify(hash, Buffer.from(toDer(body), 'latin1'), key, Buffer.from(bytes.slice(1), 'latin1'));
}
