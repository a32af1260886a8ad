/**
 * What happens in handshakes on a TLS address of the node engine: the vhost is chosen by the name in the hello, shows its
 * own certificates, and asks for the client's if it wants them; afterwards the outcome is judged in mod_ssl's way before
 * a byte of a request is read.
 *
 * Clients' certificates are asked for per vhost, although node:tls only knows an address: within SNICallback the
 * connection itself is told. Sessions that are resumed never come there. So where vhosts of an address differ in whom
 * they let in, sessions are not resumed at all: one begun at a lax vhost would open a strict one.
 *
 * Source: httpd 2.4, mod_ssl (ssl_callback_SSLVerify, SSLVerifyClient); OpenSSL, SSL_set_verify. Thread: worker.
 */
import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type https from 'node:https';
import type tls from 'node:tls';
import { SniTable } from '../../tls/sni.js';
import { certificatesAbove, UNTRUSTED } from '../../workers/upstream/peer-chain.js';
import { contextOf, contextOptions, speaks, versionRange } from './context.js';
import { sessionOf, type Verification } from './session.js';
import type { TlsSettings } from './settings.js';

/** A vhost's names and settings; the first of a list is for clients that send no name, or an unknown one. */
export interface NamedTls {
  names: string[];
  tls: TlsSettings;
}

interface Entry {
  settings: TlsSettings;
  context: tls.SecureContext;
}

/** Node's own connection, as far as it is used here; its handle is not documented. */
type ServerSocket = tls.TLSSocket & {
  servername?: string | false | null;
  _handle?: { setVerifyMode?(asks: boolean, insists: boolean): void };
  _requestCert?: boolean;
  _rejectUnauthorized?: boolean;
};

export class Handshakes {
  readonly #list: readonly NamedTls[];
  readonly #ticketKeys: Buffer;
  #table: SniTable<Entry>;
  #fallback: Entry;

  /**
   * list        not empty
   * ticketKeys  48 bytes that all threads share
   * errors      throws what reading the files or OpenSSL says
   */
  constructor(list: readonly NamedTls[], ticketKeys: Buffer) {
    this.#list = list;
    this.#ticketKeys = ticketKeys;
    [this.#table, this.#fallback] = entriesOf(list);
  }

  /** What https.createServer takes. */
  serverOptions(): https.ServerOptions {
    const { settings } = this.#fallback;
    const handshakes = this;
    return {
      ...this.#defaultOptions(),
      requestCert: settings.verifyClient !== 'none',
      // Only a missing certificate is OpenSSL's to refuse; faults are judged by `refusal`.
      rejectUnauthorized: settings.verifyClient === 'require',
      SNICallback(
        this: ServerSocket | undefined,
        name: string,
        done: (error: Error | null, context?: tls.SecureContext) => void,
      ) {
        const entry = handshakes.#table.find(name) ?? handshakes.#fallback;
        const isAsked = this === undefined || askClient(this, entry.settings);
        if (isAsked) done(null, entry.context);
        else done(new Error('this Node.js cannot ask a client for its certificate by name'));
      },
    };
  }

  #defaultOptions(): tls.SecureContextOptions & { ticketKeys: Buffer } {
    const all = this.#list.map((each) => each.tls);
    const first = all[0] as TlsSettings;
    const keyFile = first.ticketKeyFile;
    return {
      ...contextOptions(first),
      ...versionRange(all),
      ticketKeys: keyFile === undefined ? this.#ticketKeys : readFileSync(keyFile).subarray(0, 48),
      ...(mayResume(all) ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
    };
  }

  /** Reads the files again; connections that are open stay as they are. errors: throws, and nothing has changed */
  reload(server: tls.Server): void {
    const [table, fallback] = entriesOf(this.#list);
    server.setSecureContext(this.#defaultOptions());
    this.#table = table;
    this.#fallback = fallback;
  }

  /** Judges a finished handshake. returns: why the connection must end, or undefined */
  refusal(socket: ServerSocket): string | undefined {
    const session = sessionOf(socket);
    const name = session.serverName;
    const { settings } = (name === undefined ? undefined : this.#table.find(name)) ?? this.#fallback;
    const version = socket.getProtocol() ?? '';
    if (!speaks(settings, version)) return `${version} is not among its SSLProtocol`;
    if (settings.verifyClient === 'none') return undefined;
    const verification = judge(socket, settings);
    session.verification = verification;
    if (verification === 'NONE')
      return settings.verifyClient === 'require' ? 'AH02008: the client shows no certificate' : undefined;
    return verification.startsWith('FAILED:')
      ? `AH02276: Certificate Verification: Error: ${verification.slice(7)}`
      : undefined;
  }
}

function entriesOf(list: readonly NamedTls[]): [SniTable<Entry>, Entry] {
  const entries = list.map(({ names, tls: settings }) => ({
    names,
    value: { settings, context: contextOf(settings) },
  }));
  const first = entries[0]?.value;
  if (first === undefined) throw new Error('a TLS address has a vhost with a certificate');
  return [new SniTable(entries), first];
}

/** Tells a connection in the middle of its handshake what its vhost wants; false when that cannot be done. */
function askClient(socket: ServerSocket, { verifyClient }: TlsSettings): boolean {
  const isWanted = verifyClient !== 'none';
  if (socket._handle?.setVerifyMode === undefined) return !isWanted;
  socket._handle.setVerifyMode(isWanted, verifyClient === 'require');
  socket._requestCert = isWanted;
  socket._rejectUnauthorized = false;
  return true;
}

/** Tickets where nobody has turned them off, and who is let in is the same for all names. */
function mayResume(all: readonly TlsSettings[]): boolean {
  if (all.some(({ tickets }) => tickets === false)) return false;
  const policies = all.map(({ verifyClient, verifyDepth, caFile, caPath, crlFile, crlPath }) =>
    JSON.stringify(
      verifyClient === 'none' ? 'none' : [verifyClient, verifyDepth, caFile, caPath, crlFile, crlPath],
    ),
  );
  return new Set(policies).size === 1;
}

function judge(socket: tls.TLSSocket, { verifyClient, verifyDepth = 1 }: TlsSettings): Verification {
  const peer = socket.getPeerCertificate(true) as Partial<tls.DetailedPeerCertificate>;
  if (peer.raw === undefined) return 'NONE';
  // Node's type says Error; it is the code of OpenSSL's verdict.
  const verdict = socket.authorizationError as unknown as string | Error | undefined | null;
  const code = verdict instanceof Error ? verdict.message : (verdict ?? '');
  if (code !== '')
    return verifyClient === 'optional_no_ca' && UNTRUSTED.has(code) ? 'GENEROUS' : `FAILED:${code}`;
  const above = certificatesAbove(peer);
  return above <= verifyDepth ? 'SUCCESS' : 'FAILED:certificate chain too long';
}
