/**
 * What happens in handshakes on a TLS address of the node engine. Each vhost has a tls.Server of its own, which never
 * listens: versions, ciphers, all its certificates, whom it asks for one, and which sessions it resumes are the vhost's
 * alone. The first bytes of a connection are read to find the name in the hello (hello.ts); then the connection is given to
 * the server of the vhost that has the name, the first one for none or another. Afterwards the outcome is judged in
 * mod_ssl's way before a byte of a request is read.
 *
 * Source: httpd 2.4, mod_ssl (ssl_callback_SSLVerify, SSLVerifyClient). Thread: worker.
 */
import { constants, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { readPair } from '../../tls/pem.js';
import { SniTable } from '../../tls/sni.js';
import { certificatesAbove, UNTRUSTED } from '../../workers/upstream/peer-chain.js';
import type { Ms } from '../settings.js';
import { contextOptions, speaks, versionRange } from './context.js';
import { readOffer, readOpening } from './hello.js';
import { type KeyKind, keyKindFor } from './key-kind.js';
import { sessionOf, type Verification } from './session.js';
import type { TlsSettings } from './settings.js';

/** A vhost's names and settings; the first of a list is for clients that send no name, or an unknown one. */
export interface NamedTls {
  names: string[];
  tls: TlsSettings;
}

interface Entry {
  named: NamedTls;
  server: tls.Server;
  /** Of a vhost that staples and has certificates of both kinds: a server for each alone. */
  byKind: { curve: string; servers: Record<KeyKind, Entry> } | undefined;
}

/** Node's own connection; what it does with a client whose certificate is not good is not documented. */
type ServerSocket = tls.TLSSocket & { _rejectUnauthorized?: boolean };

export interface HandshakesOptions {
  /** Not empty. */
  list: readonly NamedTls[];
  /** 48 bytes that all threads share. */
  ticketKeys: Buffer;
}

/** What becomes of connections. */
export interface HandshakeEvents {
  alpn: tls.TlsOptions;
  /** Ms that a hello may take. */
  timeout: Ms;
  secured(socket: tls.TLSSocket): void;
  failed(error: Error, socket: tls.TLSSocket): void;
  /** Somebody speaks plain HTTP; the socket is the caller's. */
  plain(socket: Socket): void;
}

export class Handshakes {
  readonly #ticketKeys: Buffer;
  readonly #list: readonly NamedTls[];
  /** OCSP answers by the file of their certificate. */
  readonly #staples = new Map<string, Buffer>();
  #entries: Entry[] = [];
  #table = new SniTable<Entry>([]);

  constructor({ list, ticketKeys }: HandshakesOptions) {
    this.#list = list;
    this.#ticketKeys = ticketKeys;
  }

  /** Makes the servers. errors: throws what reading the files or OpenSSL says */
  open(events: HandshakeEvents): void {
    this.#entries = this.#list.map((named) => this.#entryFor(named, events));
    this.#table = new SniTable(this.#entries.map((entry) => ({ names: entry.named.names, value: entry })));
  }

  #entryFor(named: NamedTls, events: HandshakeEvents): Entry {
    const server = tls.createServer({ ...this.#optionsOf(named), ...events.alpn });
    server.on('secureConnection', (socket) => events.secured(socket));
    server.on('tlsClientError', (error, socket) => events.failed(error, socket));
    const { certificates, stapling } = named.tls;
    const [first, ...others] = certificates;
    if (!stapling || first === undefined) return { named, server, byKind: undefined };
    if (others.length === 0) this.#staple(server, first.certificateFile);
    return { named, server, byKind: others.length === 1 ? this.#byKind(named, events) : undefined };
  }

  #byKind(named: NamedTls, events: HandshakeEvents): Entry['byKind'] {
    let curve: string | undefined;
    const servers: Partial<Record<KeyKind, Entry>> = {};
    for (const pair of named.tls.certificates) {
      const { asymmetricKeyType: type, asymmetricKeyDetails: details } = readPair(pair, pair.passphrase).key;
      if (type !== 'ec' && type !== 'rsa') return undefined;
      curve ??= details?.namedCurve;
      servers[type] = this.#entryFor({ ...named, tls: { ...named.tls, certificates: [pair] } }, events);
    }
    const { ec, rsa } = servers;
    return ec === undefined || rsa === undefined || curve === undefined
      ? undefined
      : { curve, servers: { ec, rsa } };
  }

  #staple(server: tls.Server, file: string): void {
    server.on(
      'OCSPRequest',
      (_certificate, _issuer, done: (error: Error | null, response: Buffer | null) => void) =>
        done(null, this.#staples.get(file) ?? null),
    );
  }

  /** response: what is stapled to a certificate from now on; undefined for nothing */
  staple(file: string, response: Uint8Array | undefined): void {
    if (response === undefined) this.#staples.delete(file);
    else this.#staples.set(file, Buffer.from(response));
  }

  /** Takes a connection of which nothing has been read, or whose first bytes have been put back. */
  take(socket: Socket, events: HandshakeEvents): void {
    let held: Buffer = Buffer.alloc(0);
    const leave = (): void => {
      socket.off('data', look);
      socket.off('error', give);
      socket.off('end', give);
      socket.off('timeout', give);
      socket.setTimeout(0);
    };
    const give = (): void => {
      leave();
      socket.on('error', () => undefined);
      socket.destroy();
    };
    const look = (chunk: Buffer): void => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const opening = readOpening(held);
      if (opening.kind === 'more') return;
      leave();
      socket.pause();
      if (opening.kind === 'http') {
        events.plain(socket);
        return;
      }
      socket.unshift(held);
      const entry = opening.kind === 'hello' ? this.#entryOf(opening.name) : this.#entries[0];
      if (entry !== undefined) serverOf(entry, held).emit('connection', socket);
    };
    socket.on('data', look);
    socket.on('error', give);
    socket.on('end', give);
    socket.setTimeout(events.timeout, give);
    // Whoever has read a header before the hello has paused it.
    socket.resume();
  }

  #entryOf(name: string | undefined): Entry | undefined {
    return (name === undefined || name === '' ? undefined : this.#table.find(name)) ?? this.#entries[0];
  }

  #optionsOf({ names, tls: settings }: NamedTls): tls.TlsOptions {
    const { verifyClient, ticketKeyFile, tickets } = settings;
    return {
      ...contextOptions(settings),
      ...versionRange([settings]),
      ticketKeys:
        ticketKeyFile === undefined ? this.#ticketKeys : readFileSync(ticketKeyFile).subarray(0, 48),
      // A session that was begun at another vhost, which may let in others, is none here.
      sessionIdContext: sessionContext(names, settings),
      ...(tickets === false ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
      requestCert: verifyClient !== 'none',
      // Only a missing certificate is OpenSSL's to refuse; faults are judged by `refusal`.
      rejectUnauthorized: verifyClient === 'require',
      ...(verifyClient === 'require' ? { SNICallback: tellFaults } : {}),
    };
  }

  /** Reads the files again; connections that are open stay as they are. errors: throws, and nothing has changed */
  reload(): void {
    const entries = this.#entries.flatMap((entry) => [entry, ...Object.values(entry.byKind?.servers ?? {})]);
    const all = entries.map(({ named, server }) => ({ server, options: this.#optionsOf(named) }));
    for (const { options } of all) tls.createSecureContext(options);
    for (const { server, options } of all) server.setSecureContext(options);
  }

  /** Judges a finished handshake. returns: why the connection must end, or undefined */
  refusal(socket: tls.TLSSocket): string | undefined {
    const session = sessionOf(socket);
    const settings = this.#entryOf(session.serverName)?.named.tls;
    if (settings === undefined) return 'no virtual host speaks TLS';
    const version = socket.getProtocol() ?? '';
    // OpenSSL knows the oldest and the newest; one between them may be missing.
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

/** hello: what `readOpening` has found a hello in, or something else */
function serverOf({ named, server, byKind }: Entry, hello: Buffer): tls.Server {
  if (byKind === undefined) return server;
  const kind = keyKindFor(readOffer(hello), named.tls, byKind.curve);
  return kind === undefined ? server : byKind.servers[kind].server;
}

/** Within the handshake: a certificate that is not good ends the connection in `refusal`, which says why. */
function tellFaults(
  this: ServerSocket | undefined,
  _name: string,
  done: (error: Error | null, context?: tls.SecureContext) => void,
): void {
  if (this !== undefined) this._rejectUnauthorized = false;
  done(null);
}

/** Equal on all hosts that have the vhost alike, wherever its files lie; OpenSSL takes 32 bytes. */
function sessionContext(names: readonly string[], settings: TlsSettings): string {
  const { verifyClient, verifyDepth, caFile, caPath, crlFile, crlPath, revocation } = settings;
  const policy =
    verifyClient === 'none' ? [] : [verifyClient, verifyDepth, caFile, caPath, crlFile, crlPath, revocation];
  return createHash('sha256')
    .update(JSON.stringify([names, policy]))
    .digest('hex')
    .slice(0, 32);
}

function judge(socket: tls.TLSSocket, { verifyClient, verifyDepth = 1 }: TlsSettings): Verification {
  const peer = socket.getPeerCertificate(true) as Partial<tls.DetailedPeerCertificate>;
  if (peer.raw === undefined) return 'NONE';
  // Node's type says Error; it is the code of OpenSSL's verdict.
  const verdict = socket.authorizationError as unknown as string | Error | undefined | null;
  const code = verdict instanceof Error ? verdict.message : (verdict ?? '');
  // httpd differs: its SSL_CLIENT_VERIFY may be FAILED with OpenSSL's words as well where it lets a client in so.
  if (code !== '')
    return verifyClient === 'optional_no_ca' && UNTRUSTED.has(code) ? 'GENEROUS' : `FAILED:${code}`;
  const above = certificatesAbove(peer);
  return above <= verifyDepth ? 'SUCCESS' : 'FAILED:certificate chain too long';
}
