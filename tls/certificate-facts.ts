/**
 * What mod_ssl tells of a certificate in its SSL_CLIENT_* and SSL_SERVER_* variables, by the part of the name that both
 * have (`S_DN_CN`, `V_END`, `SAN_DNS_0` …). Names and dates come from node:crypto; version, algorithms and
 * subjectAltName are read out of the DER, because Node 20 does not tell them.
 *
 * Source: httpd 2.4 manual, mod_ssl, "Environment Variables"; RFC 4514 for names; values as observed on httpd 2.4.71.
 * Any thread; an unknown part is undefined, nothing throws.
 */
import { X509Certificate } from 'node:crypto';
import type forge from 'node-forge';
import { loadForge } from './forge.js';

/** Short names that mod_ssl has of its own; the others are OpenSSL's. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  SP: 'ST',
  T: 'title',
  I: 'initials',
  G: 'GN',
  S: 'SN',
  D: 'description',
  EMAIL: 'emailAddress',
};

/** OpenSSL's long names of what signs and of keys. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.1': 'rsaEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.10': 'rsassaPss',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.2.1': 'id-ecPublicKey',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'ED25519',
  '1.3.101.113': 'ED448',
};

const SUBJECT_ALT_NAME = '2.5.29.17';
/** GeneralName, RFC 5280 4.2.1.6. */
const NAME_KINDS: Readonly<Record<number, string>> = { 1: 'EMAIL', 2: 'DNS' };
const OTHER_NAMES: Readonly<Record<string, string>> = {
  '1.3.6.1.4.1.311.20.2.3': 'OTHER_MSUPN',
  '1.3.6.1.5.5.7.8.7': 'OTHER_DNSSRV',
};

const DAY = 86_400_000;

/** Read out of the DER when first asked for. */
interface Inner {
  version: string;
  signature: string;
  key: string;
  /** By variable: `DNS_0`. */
  alternatives: Map<string, string>;
}

export class CertificateFacts {
  readonly #certificate: X509Certificate;
  #inner: Inner | undefined;

  /** der: of one certificate; errors: what node:crypto throws when it is none */
  constructor(der: Buffer) {
    this.#certificate = new X509Certificate(der);
  }

  get pem(): string {
    return this.#certificate.toString();
  }

  /** name: what stands after `SSL_CLIENT_`, upper case; now: ms since the epoch */
  value(name: string, now: number): string | undefined {
    const certificate = this.#certificate;
    switch (name) {
      case 'M_VERSION':
        return this.#der().version;
      case 'M_SERIAL':
        return certificate.serialNumber;
      case 'S_DN':
        return oneLine(certificate.subject);
      case 'I_DN':
        return oneLine(certificate.issuer);
      case 'V_START':
        return certificate.validFrom;
      case 'V_END':
        return certificate.validTo;
      case 'V_REMAIN':
        return String(Math.max(0, Math.floor((Date.parse(certificate.validTo) - now) / DAY)));
      case 'A_SIG':
        return this.#der().signature;
      case 'A_KEY':
        return this.#der().key;
      case 'CERT':
        return this.pem;
      case 'CERT_RFC4523_CEA': {
        const serial = BigInt(`0x${certificate.serialNumber}`);
        return `{ serialNumber ${serial}, issuer rdnSequence:"${oneLine(certificate.issuer)}" }`;
      }
    }
    if (name.startsWith('S_DN_')) return attribute(certificate.subject, name.slice(5));
    if (name.startsWith('I_DN_')) return attribute(certificate.issuer, name.slice(5));
    if (name.startsWith('SAN_')) return this.#der().alternatives.get(name.slice(4));
    return undefined;
  }

  /** Names of variables that StdEnvVars sets, beside those that every certificate has. */
  names(): string[] {
    const { subject, issuer } = this.#certificate;
    const alternatives = [...this.#der().alternatives.keys()].map((name) => `SAN_${spelled(name)}`);
    return [...attributeNames('S_DN_', subject), ...attributeNames('I_DN_', issuer), ...alternatives];
  }

  #der(): Inner {
    this.#inner ??= readInner(this.#certificate.raw);
    return this.#inner;
  }
}

/** As mod_ssl writes it. */
function spelled(name: string): string {
  return name.replace('EMAIL', 'Email').replace('MSUPN', 'msUPN').replace('DNSSRV', 'dnsSRV');
}

/** RFC 4514 order: the last part of the name first. */
export function oneLine(name: string): string {
  return name.split('\n').reverse().join(',');
}

/** `CN`, `OU_1`, `CN_RAW`; the first of several without a number. */
function attribute(name: string, wanted: string): string | undefined {
  const [, short = '', index = '0'] = /^(.*?)(?:_(\d+))?(?:_RAW)?$/.exec(wanted) ?? [];
  const key = ATTRIBUTES[short] ?? short;
  let left = Number(index);
  for (const part of name.split('\n')) {
    const equals = part.indexOf('=');
    if (part.slice(0, equals).toUpperCase() !== key.toUpperCase()) continue;
    if (left === 0) return part.slice(equals + 1).replace(/\\([,+"\\<>;# ])/g, '$1');
    left -= 1;
  }
  return undefined;
}

function attributeNames(prefix: string, name: string): string[] {
  const counts = new Map<string, number>();
  return name.split('\n').map((part) => {
    const key = part.slice(0, part.indexOf('='));
    const short = key === 'emailAddress' ? 'Email' : (ownName(key) ?? key);
    const count = counts.get(short) ?? 0;
    counts.set(short, count + 1);
    return count === 0 ? `${prefix}${short}` : `${prefix}${short}_${count}`;
  });
}

function ownName(key: string): string | undefined {
  return Object.keys(ATTRIBUTES).find(
    (short) => ATTRIBUTES[short] === key && short !== 'SP' && short !== 'EMAIL',
  );
}

type Node = forge.asn1.Asn1;

function partsOf(node: Node | undefined): Node[] {
  return Array.isArray(node?.value) ? node.value : [];
}

function textOf(node: Node | undefined): string {
  return typeof node?.value === 'string' ? node.value : '';
}

function readInner(der: Buffer): Inner {
  const inner: Inner = { version: '1', signature: '', key: '', alternatives: new Map() };
  const { asn1, util } = loadForge();
  try {
    const whole = asn1.fromDer(util.createBuffer(der.toString('latin1')));
    const [body, signed] = partsOf(whole);
    inner.signature = algorithmOf(signed);
    const fields = partsOf(body);
    // RFC 5280 4.1: the version is there, under a tag of its own, unless it is 1.
    const hasVersion = fields[0]?.tagClass === asn1.Class.CONTEXT_SPECIFIC;
    if (hasVersion) inner.version = String(textOf(partsOf(fields[0])[0]).charCodeAt(0) + 1);
    inner.key = algorithmOf(partsOf(fields[hasVersion ? 6 : 5])[0]);
    const extensions = fields.find(
      ({ tagClass, type }) => tagClass === asn1.Class.CONTEXT_SPECIFIC && Number(type) === 3,
    );
    for (const extension of partsOf(partsOf(extensions)[0])) {
      const parts = partsOf(extension);
      if (asn1.derToOid(textOf(parts[0])) !== SUBJECT_ALT_NAME) continue;
      const list = asn1.fromDer(util.createBuffer(textOf(parts.at(-1))));
      addAlternatives(inner.alternatives, partsOf(list));
    }
  } catch {
    // OpenSSL took it and forge does not understand it: what was read so far is what there is.
  }
  return inner;
}

function algorithmOf(node: Node | undefined): string {
  const oid = loadForge().asn1.derToOid(textOf(partsOf(node)[0]));
  return ALGORITHMS[oid] ?? oid;
}

function addAlternatives(found: Map<string, string>, names: readonly Node[]): void {
  const counts = new Map<string, number>();
  for (const name of names) {
    const type = Number(name.type);
    let kind = NAME_KINDS[type];
    let value = textOf(name);
    if (type === 0) {
      const [oid, wrapped] = partsOf(name);
      kind = OTHER_NAMES[loadForge().asn1.derToOid(textOf(oid))];
      value = textOf(partsOf(wrapped)[0]);
    }
    if (kind === undefined) continue;
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    found.set(`${kind}_${count}`, value);
  }
}
