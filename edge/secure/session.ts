/**
 * A client's TLS connection on the node engine as mod_ssl tells of it: the SSL_* variables. What costs something (the
 * certificates, the session) is looked at when a variable asks, and once per connection.
 *
 * Source: httpd 2.4 manual, mod_ssl, "Environment Variables"; values as observed on httpd 2.4.71. Thread: worker.
 */
import type tls from 'node:tls';
import { CertificateFacts } from '../../tls/certificate-facts.js';
import { sessionIdOf } from '../../tls/session-id.js';
import { versionOf } from '../server-token.js';

/** `NONE`: no certificate was shown; `GENEROUS`: one of an unknown authority, which optional_no_ca lets in. */
export type Verification = 'NONE' | 'SUCCESS' | 'GENEROUS' | `FAILED:${string}`;

const LIBRARY = `OpenSSL/${process.versions.openssl.replace(/\+.*$/, '')}`;

/** What is the same on every connection. */
const CONSTANT: Readonly<Record<string, string>> = {
  HTTPS: 'on',
  SSL_SECURE_RENEG: 'true',
  SSL_COMPRESS_METHOD: 'NULL',
  SSL_CIPHER_EXPORT: 'false',
  SSL_VERSION_INTERFACE: `drover/${versionOf()}`,
  SSL_VERSION_LIBRARY: LIBRARY,
};

const CHAIN = /^SSL_CLIENT_CERT_CHAIN_(\d+)$/;

export class ClientSession {
  /** Set when the handshake has been judged. */
  verification: Verification = 'NONE';
  readonly #socket: tls.TLSSocket & { servername?: string | false | null };
  #client: CertificateFacts | null | undefined;
  #server: CertificateFacts | null | undefined;
  #chain: string[] | undefined;

  constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
  }

  /** The name in the client's hello; undefined for none. */
  get serverName(): string | undefined {
    const { servername } = this.#socket;
    return typeof servername === 'string' && servername !== '' ? servername : undefined;
  }

  /** The client has shown a certificate, and it was taken. */
  get hasClientCertificate(): boolean {
    return this.verification === 'SUCCESS' || this.verification === 'GENEROUS';
  }

  /** name: upper case. returns: bytes of UTF-8 as characters, as fields are; undefined for no value */
  variable(name: string): string | undefined {
    const text = this.#text(name);
    return text === undefined ? undefined : Buffer.from(text, 'utf8').toString('latin1');
  }

  #text(name: string): string | undefined {
    const constant = CONSTANT[name];
    if (constant !== undefined) return constant;
    const socket = this.#socket;
    switch (name) {
      case 'SSL_PROTOCOL':
        return socket.getProtocol() ?? undefined;
      case 'SSL_CIPHER':
        return cipherOf(socket);
      case 'SSL_CIPHER_USEKEYSIZE':
      case 'SSL_CIPHER_ALGKEYSIZE':
        return keySize(cipherOf(socket) ?? '');
      case 'SSL_TLS_SNI':
        return this.serverName;
      case 'SSL_SESSION_RESUMED':
        return socket.isSessionReused() ? 'Resumed' : 'Initial';
      case 'SSL_SESSION_ID': {
        const session = socket.getSession();
        return session === undefined ? undefined : sessionIdOf(session);
      }
      case 'SSL_CLIENT_VERIFY':
        return this.verification;
    }
    if (name.startsWith('SSL_SERVER_')) return this.#serverFacts()?.value(name.slice(11), Date.now());
    if (!name.startsWith('SSL_CLIENT_')) return undefined;
    const chain = CHAIN.exec(name);
    if (chain !== null) return this.#clientChain()[Number(chain[1])];
    return this.#clientFacts()?.value(name.slice(11), Date.now());
  }

  /** Names that SSLOptions +StdEnvVars sets, and +ExportCertData. */
  standardNames(exportsCertificates: boolean): string[] {
    const client = this.#clientFacts();
    const server = this.#serverFacts();
    return [
      ...STANDARD,
      ...SERVER_PARTS.map((part) => `SSL_SERVER_${part}`),
      ...(server?.names().map((part) => `SSL_SERVER_${part}`) ?? []),
      ...(client === undefined
        ? []
        : [...SERVER_PARTS, 'V_REMAIN', 'CERT_RFC4523_CEA', ...client.names()].map(
            (part) => `SSL_CLIENT_${part}`,
          )),
      ...(exportsCertificates ? ['SSL_SERVER_CERT', 'SSL_CLIENT_CERT'] : []),
      ...(exportsCertificates ? this.#clientChain().map((_, i) => `SSL_CLIENT_CERT_CHAIN_${i}`) : []),
    ];
  }

  #clientFacts(): CertificateFacts | undefined {
    if (this.#client === undefined) {
      const { raw } = this.#socket.getPeerCertificate() as { raw?: Buffer };
      this.#client = raw === undefined ? null : new CertificateFacts(raw);
    }
    return this.#client ?? undefined;
  }

  #serverFacts(): CertificateFacts | undefined {
    if (this.#server === undefined) {
      const { raw } = (this.#socket.getCertificate() ?? {}) as { raw?: Buffer };
      this.#server = raw === undefined ? null : new CertificateFacts(raw);
    }
    return this.#server ?? undefined;
  }

  /** PEM of what stands between the client's certificate and the authority. */
  #clientChain(): string[] {
    if (this.#chain !== undefined) return this.#chain;
    this.#chain = [];
    let at = this.#socket.getPeerCertificate(true) as Partial<tls.DetailedPeerCertificate>;
    for (let count = 0; count < 20; count += 1) {
      const above = at.issuerCertificate;
      if (above === undefined || above === at || above.issuerCertificate === above) break;
      this.#chain.push(new CertificateFacts(above.raw).pem);
      at = above;
    }
    return this.#chain;
  }
}

const STANDARD = [
  'HTTPS',
  'SSL_VERSION_INTERFACE',
  'SSL_VERSION_LIBRARY',
  'SSL_PROTOCOL',
  'SSL_SECURE_RENEG',
  'SSL_COMPRESS_METHOD',
  'SSL_CIPHER',
  'SSL_CIPHER_EXPORT',
  'SSL_CIPHER_USEKEYSIZE',
  'SSL_CIPHER_ALGKEYSIZE',
  'SSL_CLIENT_VERIFY',
  'SSL_SESSION_ID',
  'SSL_SESSION_RESUMED',
  'SSL_TLS_SNI',
];
const SERVER_PARTS = ['M_VERSION', 'M_SERIAL', 'S_DN', 'I_DN', 'V_START', 'V_END', 'A_SIG', 'A_KEY'];

/** A socket that is gone knows its cipher no more, whatever node's types say. */
function cipherOf(socket: tls.TLSSocket): string | undefined {
  return (socket.getCipher() as tls.CipherNameAndProtocol | null | undefined)?.name;
}

/** Bits of a cipher's key, by its name. */
function keySize(cipher: string): string | undefined {
  if (/256(?:_|-|$)(?!.*AES[_-]?128)|CHACHA20/.test(cipher) && !/AES_?128/.test(cipher)) return '256';
  if (/128/.test(cipher)) return '128';
  return /3DES|DES-CBC3/.test(cipher) ? '168' : undefined;
}

const SESSIONS = new WeakMap<object, ClientSession>();

/** The session of a connection; the same object each time. */
export function sessionOf(socket: tls.TLSSocket): ClientSession {
  let session = SESSIONS.get(socket);
  if (session === undefined) {
    session = new ClientSession(socket);
    SESSIONS.set(socket, session);
  }
  return session;
}
