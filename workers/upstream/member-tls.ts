/**
 * TLS toward members: what a connection offers, and what is asked of the member's certificate before a byte of a request
 * is sent. The chain is checked by OpenSSL while it shakes hands; what httpd checks beside that (dates, name, depth) is
 * checked here afterwards, and every objection is told in mod_ssl's words. Sessions are kept and resumed.
 *
 * Without SSLProxyVerify the chain is not looked at, as in httpd, but dates and name are.
 * Source: httpd 2.4 manual, mod_ssl, SSLProxy*; RFC 9110 4.3.4. One per thread and kind of settings.
 */
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { certificatesAbove, UNTRUSTED } from './peer-chain.js';

/** How members are spoken to by TLS; what is absent has httpd's default. */
export interface MemberTlsSettings {
  engine?: boolean;
  verify?: 'none' | 'optional' | 'require' | 'optional_no_ca';
  /** Certificates above the member's own, the authority's included. */
  depth?: number;
  checkName?: boolean;
  checkCn?: boolean;
  checkExpire?: boolean;
  caFile?: string;
  /** Directory of PEM files named by hash, as c_rehash leaves it. */
  caPath?: string;
  crlFile?: string;
  crlPath?: string;
  revocation?: 'none' | 'leaf' | 'chain';
  /** TLSv1 … TLSv1.3, ascending. */
  protocols?: string[];
  ciphers?: string;
  ciphers13?: string;
  /** Certificate and key that the member is shown when it asks: a PEM file with both. */
  certificateFile?: string;
  certificatePath?: string;
  certificateChainFile?: string;
}

/** The member's certificate with its issuers; empty where none was shown. */
type Peer = Partial<tls.DetailedPeerCertificate>;

const DEFAULT_DEPTH = 1;
const DEFAULT_CIPHERS13 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
/** Sessions kept for one kind of settings: one a member and name is the rule. */
const MAX_SESSIONS = 1000;

export class MemberTls {
  readonly settings: MemberTlsSettings;
  readonly #context: tls.SecureContext;
  readonly #sessions = new Map<string, Buffer>();
  /** Certificates that were accepted: OpenSSL does not show them again when a session is resumed. */
  readonly #accepted = new Map<string, X509Certificate>();

  /** errors  throws what reading the files or OpenSSL says of them */
  constructor(settings: MemberTlsSettings) {
    this.settings = settings;
    this.#context = tls.createSecureContext(contextOf(settings));
  }

  /**
   * What to connect with.
   * name     host that is asked for: of the member's URL, or the client's Host
   * key      member and name: sessions are resumed with the same ones
   * alpn     protocols offered, empty for none
   */
  options(name: string, key: string, alpn: readonly string[]): tls.ConnectionOptions {
    const session = this.#sessions.get(key);
    return {
      secureContext: this.#context,
      // Objections are ours to raise (faultsOf): OpenSSL's verdict is asked for after the handshake.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(session === undefined ? {} : { session }),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    };
  }

  /** Keeps a session for the next connection to the same place. */
  keep(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    for (const oldest of this.#sessions.keys()) {
      this.#forget(oldest);
      break;
    }
  }

  #forget(key: string): void {
    this.#sessions.delete(key);
    this.#accepted.delete(key);
  }

  /** What speaks against the member on the other side of a finished handshake, as mod_ssl words it; empty: nothing. */
  faultsOf(socket: tls.TLSSocket, name: string, key: string): string[] {
    const isResumed = socket.isSessionReused();
    // Asked for once and for all: node gives a chain away only the first time.
    const peer: Peer = isResumed ? {} : socket.getPeerCertificate(true);
    const shown = peer.raw === undefined ? undefined : new X509Certificate(peer.raw);
    const certificate = isResumed ? this.#accepted.get(key) : shown;
    const faults = this.#faults(socket, certificate, peer, name);
    if (faults.length > 0) this.#forget(key);
    else if (!isResumed && certificate !== undefined) this.#accepted.set(key, certificate);
    return faults;
  }

  #faults(
    socket: tls.TLSSocket,
    certificate: X509Certificate | undefined,
    peer: Peer,
    name: string,
  ): string[] {
    const faults: string[] = [];
    const chain = this.#chainFault(socket, certificate, peer);
    // OpenSSL would have ended the handshake here, so that nothing else is looked at.
    if (chain !== '') return [chain, 'AH02003: SSL Proxy connect failed'];
    const { checkExpire, checkName, checkCn } = this.settings;
    if (checkExpire !== false && !isOfToday(certificate))
      faults.push('AH02004: SSL Proxy: Peer certificate is expired');
    if (checkName !== false && (checkCn !== false || checkName === true)) {
      if (certificate === undefined || !isNamed(certificate, name))
        faults.push(`AH02411: SSL Proxy: Peer certificate does not match for hostname ${name}`);
    } else if (checkCn === true) {
      const common = /^CN=(.*)$/m.exec(certificate?.subject ?? '')?.[1] ?? '';
      if (common.toLowerCase() !== name.toLowerCase()) {
        const names = `Certificate CN: ${common} , Requested hostname: ${name}`;
        faults.push(`AH02005: SSL Proxy: Peer certificate CN mismatch: ${names}`);
      }
    }
    return faults;
  }

  #chainFault(socket: tls.TLSSocket, certificate: X509Certificate | undefined, peer: Peer): string {
    const { verify = 'none', depth = DEFAULT_DEPTH } = this.settings;
    if (verify === 'none') return '';
    // Node's type says Error; it is the code of OpenSSL's verdict.
    const verdict = socket.authorizationError as unknown as string | Error | undefined | null;
    const code = verdict instanceof Error ? verdict.message : (verdict ?? '');
    if (code !== '' && !(verify === 'optional_no_ca' && UNTRUSTED.has(code))) {
      const of = certificate === undefined ? '' : ` [subject: ${oneLine(certificate.subject)}]`;
      return `AH02276: Certificate Verification: Error: ${code}${of}`;
    }
    const above = certificatesAbove(peer);
    if (above <= depth) return '';
    return `AH02040: Certificate Verification: Certificate Chain too long (chain has ${above} certificates, but maximum allowed are only ${depth})`;
  }
}

function isOfToday(certificate: X509Certificate | undefined): boolean {
  if (certificate === undefined) return false;
  const now = Date.now();
  return now >= Date.parse(certificate.validFrom) && now <= Date.parse(certificate.validTo);
}

/** Names of subjectAltName and the common name, wildcards for one label. */
function isNamed(certificate: X509Certificate, name: string): boolean {
  // httpd differs: an IP address in subjectAltName does not count there, only a common name that spells it.
  if (isIP(name) !== 0 && certificate.checkIP(name) !== undefined) return true;
  return certificate.checkHost(name, { subject: 'always', partialWildcards: false }) !== undefined;
}

function oneLine(name: string): string {
  return name.split('\n').reverse().join(',');
}

function contextOf(settings: MemberTlsSettings): tls.SecureContextOptions {
  const { protocols, ciphers = 'DEFAULT', ciphers13 = DEFAULT_CIPHERS13, revocation = 'none' } = settings;
  const ca = [...files(settings.caFile), ...hashed(settings.caPath, /^[0-9a-f]{8}\.\d+$/)];
  const crl = [...files(settings.crlFile), ...hashed(settings.crlPath, /^[0-9a-f]{8}\.r\d+$/)];
  const own = [
    ...files(settings.certificateFile),
    ...hashed(settings.certificatePath, /\.(?:pem|crt|cer|key)$/),
  ];
  const [pair] = own;
  const chain = files(settings.certificateChainFile);
  return {
    // An empty list, and not node's own authorities: what is not configured is not trusted.
    ca: ca.flatMap((pem) => certificatesIn(pem)),
    ciphers: `${ciphers13}:${ciphers}`,
    ...(revocation === 'none' || crl.length === 0 ? {} : { crl }),
    ...(pair === undefined ? {} : { cert: [pair, ...chain].join('\n'), key: pair }),
    ...versions(protocols),
  };
}

/** Node takes the first and the last version; a gap between them cannot be said and is refused at load. */
function versions(protocols: readonly string[] | undefined): tls.SecureContextOptions {
  const first = protocols?.[0];
  const last = protocols?.at(-1);
  if (first === undefined || last === undefined) return { minVersion: 'TLSv1.2' };
  return { minVersion: first as tls.SecureVersion, maxVersion: last as tls.SecureVersion };
}

function certificatesIn(pem: string): string[] {
  return (
    pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? []
  );
}

/** What was read, by path: keys may only be readable until the process has given root away. */
const TEXTS = new Map<string, string[]>();

/** Reads the files that settings name, so that a context can be made from them at any later time. */
export function preload(settings: MemberTlsSettings): void {
  contextOf(settings);
}

function files(path: string | undefined): string[] {
  if (path === undefined) return [];
  return memo(path, () => [readFileSync(path, 'latin1')]);
}

function hashed(directory: string | undefined, name: RegExp): string[] {
  if (directory === undefined) return [];
  return memo(`${directory} ${name.source}`, () => {
    const names = readdirSync(directory).filter((entry) => name.test(entry));
    return names.sort().map((entry) => readFileSync(join(directory, entry), 'latin1'));
  });
}

function memo(key: string, read: () => string[]): string[] {
  let texts = TEXTS.get(key);
  if (texts === undefined) {
    texts = read();
    TEXTS.set(key, texts);
  }
  return texts;
}
