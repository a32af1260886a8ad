/**
 * Sockets to members: TCP or a unix socket, with or without TLS, with or without a PROXY protocol header before all
 * else. The protocols (http1.ts, ajp13.ts …) get one that is ready to be written to, read by `onread` into the buffer
 * that all connections of a thread share, and know nothing of what lies below.
 *
 * A Way is what makes two connections to the same member different: a connection is only used again for a request that
 * would go the same way. For members without TLS there is none.
 * Source: httpd 2.4, mod_proxy (ap_proxy_connect_backend), mod_ssl. Any worker thread.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { Job } from '../job.js';
import { isSecure, type MemberSettings } from '../member.js';
import { CLOSED_EARLY, type OsError, osErrorOf } from './failure.js';
import type { MemberTls } from './member-tls.js';
import { proxyHeader } from './proxy-protocol.js';

export interface Way {
  tls: MemberTls | undefined;
  /** Host that the member's certificate must be for, and that is asked for by SNI. */
  name: string;
  /** Bytes sent before anything else. */
  prelude: Buffer | undefined;
}

/** Connections of the same way may serve each other's requests. */
export function isSameWay(a: Way | undefined, b: Way | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.tls === b.tls && a.name === b.name && a.prelude === undefined && b.prelude === undefined;
}

/** The way to a member for a request; undefined for the plain one. */
export function wayTo(member: MemberSettings, job: Job): Way | undefined {
  const secure = isSecure(member);
  if (!secure && member.proxyProtocol === undefined) return undefined;
  const facts = job.facts();
  return {
    tls: secure ? facts.memberTls : undefined,
    // As httpd: the client's Host where ProxyPreserveHost passes it on.
    name: job.host === '' ? member.host : job.host.replace(/:\d*$/, '').toLowerCase(),
    prelude:
      member.proxyProtocol === undefined ? undefined : proxyHeader(member.proxyProtocol, facts.connection),
  };
}

const READ_BUFFER_BYTES = 65536;

let readBuffer: Buffer | undefined;

/** Returns false to stop reading; the bytes are only lent. */
export type OnBytes = (length: number, buffer: Buffer) => boolean;

/**
 * Opens a socket to a member.
 * address  IP to connect to, or the path of a unix socket
 * alpn     protocols to agree on by TLS, empty for none
 * onReady  called once when the first byte may be written; else the socket's 'error' says why not (connectErrorOf)
 */
export function openSocket(
  member: MemberSettings,
  address: string,
  way: Way | undefined,
  alpn: readonly string[],
  onBytes: OnBytes | undefined,
  onReady: () => void,
): net.Socket {
  const where = member.socketPath === undefined ? { host: address, port: member.port } : { path: address };
  const reading =
    onBytes === undefined ? {} : { onread: { buffer: sharedBuffer(), callback: onBytes as never } };
  const options = { ...where, noDelay: true, keepAlive: member.keepalive, ...reading };
  if (way === undefined) {
    const socket = net.connect(options);
    socket.once('connect', onReady);
    return socket;
  }
  return openAlong(way, member, address, alpn, options, onBytes, onReady);
}

function openAlong(
  way: Way,
  member: MemberSettings,
  address: string,
  alpn: readonly string[],
  options: net.NetConnectOpts,
  onBytes: OnBytes | undefined,
  onReady: () => void,
): net.Socket {
  const { prelude } = way;
  if (way.tls === undefined) {
    const socket = net.connect(options);
    socket.once('connect', () => {
      if (prelude !== undefined) socket.write(prelude);
      onReady();
    });
    return socket;
  }
  const key = `${member.slot} ${address} ${way.name}`;
  const secure = way.tls.options(way.name, key, alpn);
  if (prelude === undefined) {
    const socket = tls.connect({ ...(options as tls.ConnectionOptions), ...secure });
    // tls.connect drops both options.
    socket.setNoDelay(true);
    socket.setKeepAlive(member.keepalive);
    socket.once('connect', () => REACHED.add(socket));
    return shakeHands(socket, way.tls, way.name, key, onReady);
  }
  // TLS begins after bytes of another protocol: on a socket that is there already, which node reads as a stream.
  const { onread: _, ...plain } = options as net.NetConnectOpts & { onread?: unknown };
  const below = net.connect(plain as net.NetConnectOpts);
  below.write(prelude);
  const socket = tls.connect({ ...secure, socket: below });
  below.on('error', (error) => socket.destroy(error));
  below.once('connect', () => REACHED.add(socket));
  if (onBytes !== undefined) {
    socket.on('data', (bytes: Buffer) => {
      if (!onBytes(bytes.length, bytes)) socket.pause();
    });
  }
  return shakeHands(socket, way.tls, way.name, key, onReady);
}

/** Secure sockets whose connection stands: what goes wrong from here on is the handshake. */
const REACHED = new WeakSet<net.Socket>();

function shakeHands(
  socket: tls.TLSSocket,
  how: MemberTls,
  name: string,
  key: string,
  onReady: () => void,
): net.Socket {
  socket.on('session', (session: Buffer) => how.keep(key, session));
  socket.once('secureConnect', () => {
    const faults = how.faultsOf(socket, name, key);
    if (faults.length === 0) {
      REACHED.delete(socket);
      onReady();
      return;
    }
    socket.destroy(Object.assign(new Error('certificate refused'), { code: HANDSHAKE_CODE, faults }));
  });
  return socket;
}

const HANDSHAKE_CODE = 'E_HANDSHAKE';

/** Why a socket never became ready. A failed handshake is told apart by `tls`: mod_ssl's lines. */
export function connectErrorOf(socket: net.Socket, error: NodeJS.ErrnoException): OsError {
  if (!REACHED.has(socket)) return osErrorOf(error);
  const { faults } = error as { faults?: readonly string[] };
  return { ...CLOSED_EARLY, tls: faults ?? ['AH02003: SSL Proxy connect failed', libraryLine(error)] };
}

function libraryLine(error: NodeJS.ErrnoException): string {
  const { reason } = error as { reason?: string };
  return `SSL Library Error: ${reason ?? error.message}`;
}

function sharedBuffer(): Buffer {
  readBuffer ??= Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  return readBuffer;
}
