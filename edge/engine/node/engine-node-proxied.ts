/**
 * The PROXY protocol on connections of clients (RemoteIPProxyProtocol): a balancer in front says who the client is before
 * the first byte of HTTP or TLS, as a line of text (version 1) or in binary (version 2). Every connection must begin with
 * such a header, but for those of RemoteIPProxyProtocolExceptions; one that does not is closed, since whoever may connect
 * without could name any client. Behind the header the connection's socket shows the client's address as its own.
 *
 * Source: HAProxy's PROXY protocol specification, 2.1 and 2.2; httpd 2.4, mod_remoteip. Thread: worker, node engine alone.
 */
import type http from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';
import net from 'node:net';
import tls from 'node:tls';
import { compileNetworks } from '../../http/access-address.js';
import type { Ms } from '../../settings.js';
import { plainAddress } from './engine-node-refused.js';

/** Who a header says the client is; undefined in it: the peer itself (LOCAL). A line with UNKNOWN is none, as in httpd. */
export interface ProxiedClient {
  address: string | undefined;
  port: number;
  /** Bytes of the header. */
  size: number;
}

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** 2.1: the longest line, with its end. */
const MOST_LINE = 107;
/** Bytes behind the fixed part of version 2; what is above the addresses is skipped. */
const MOST_BINARY = 2048;
const FIXED = 16;
const LINE = /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r\n$/;

/** Reads a header from the start of a connection; undefined while more is needed, 'bad' where it is none. */
export function readProxyHeader(bytes: Buffer): ProxiedClient | 'bad' | undefined {
  const length = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.subarray(0, length).equals(SIGNATURE.subarray(0, length)))
    return bytes.length < FIXED ? undefined : readBinary(bytes);
  const end = bytes.indexOf('\r\n');
  const start = 'PROXY '.slice(0, bytes.length);
  if (bytes.toString('latin1', 0, start.length) !== start || end >= MOST_LINE - 1) return 'bad';
  if (end < 0) return bytes.length >= MOST_LINE ? 'bad' : undefined;
  return readLine(bytes.toString('latin1', 0, end + 2));
}

function readLine(line: string): ProxiedClient | 'bad' {
  const parts = LINE.exec(line);
  if (parts === null) return 'bad';
  const [, family, from = '', to = '', port = '', toPort = ''] = parts;
  const isAddress = family === '4' ? net.isIPv4 : net.isIPv6;
  if (!isAddress(from) || !isAddress(to) || Number(port) > 65535 || Number(toPort) > 65535) return 'bad';
  return { address: plainAddress(from), port: Number(port), size: line.length };
}

function readBinary(bytes: Buffer): ProxiedClient | 'bad' | undefined {
  const command = bytes[12] as number;
  const family = (bytes[13] as number) >> 4;
  const length = bytes.readUInt16BE(14);
  if (command >> 4 !== 2 || (command & 15) > 1 || length > MOST_BINARY) return 'bad';
  const size = FIXED + length;
  if (bytes.length < size) return undefined;
  // LOCAL: the balancer itself asks. A family without addresses of IP says nothing of the client.
  if ((command & 15) === 0 || family === 0 || family === 3) return { address: undefined, port: 0, size };
  const width = family === 1 ? 4 : 16;
  if (family > 3 || length < width * 2 + 4) return 'bad';
  const raw = bytes.subarray(FIXED, FIXED + width);
  return { address: textOf(raw), port: bytes.readUInt16BE(FIXED + width * 2), size };
}

function textOf(raw: Buffer): string {
  if (raw.length === 4) return raw.join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(raw.readUInt16BE(i).toString(16));
  // The URL parser writes IPv6 in its shortest form.
  return plainAddress(shortest(groups.join(':')));
}

function shortest(address: string): string {
  const { hostname } = new URL(`http://[${address}]/`);
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(hostname);
  if (mapped === null) return hostname.slice(1, -1);
  const high = Number.parseInt(mapped[1] as string, 16);
  const low = Number.parseInt(mapped[2] as string, 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * Takes the header out of what a server accepts, before whatever listens for connections first.
 * exceptions  networks whose connections begin without one
 * timeout     ms that it may take to come
 * onRefused   hears of a connection that was closed for the lack of it
 */
export function expectProxyHeader(
  server: http.Server | https.Server,
  exceptions: readonly string[],
  timeout: Ms,
  onRefused: (remoteAddress: string) => void,
): void {
  const isExcepted = compileNetworks(exceptions);
  const [begin] = server.listeners('connection') as ((this: unknown, socket: Socket) => void)[];
  if (begin === undefined) return;
  /** Clients by their connection's own ends, for the secure sockets above them. */
  const clients = new Map<string, ProxiedClient>();
  server.removeListener('connection', begin);
  server.on('connection', (socket: Socket) => {
    const peer = plainAddress(socket.remoteAddress);
    if (isExcepted(peer)) {
      begin.call(server, socket);
      return;
    }
    const key = keyOf(socket);
    awaitHeader(socket, timeout, (client) => {
      if (client === undefined) {
        onRefused(peer);
        return;
      }
      if (client.address !== undefined) {
        clients.set(key, client);
        socket.once('close', () => clients.delete(key));
      }
      begin.call(server, socket);
      if (client.address !== undefined) rename(socket, client);
      // TLS takes what has come by itself; a socket that flows would have lost it by then.
      if (!(server instanceof tls.Server)) socket.resume();
    });
  });
  server.prependListener('secureConnection', (socket: Socket) => {
    const client = clients.get(keyOf(socket));
    if (client !== undefined) rename(socket, client);
  });
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}

/** From here on the socket's other end is the client. httpd differs: CONN_REMOTE_ADDR and %{c}a go on naming the balancer. */
function rename(socket: Socket, { address, port }: ProxiedClient): void {
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  Object.defineProperty(socket, 'remotePort', { value: port });
}

function awaitHeader(socket: Socket, timeout: Ms, done: (client: ProxiedClient | undefined) => void): void {
  let held: Buffer = Buffer.alloc(0);
  const leave = (): void => {
    socket.off('data', look);
    socket.off('error', refuse);
    socket.off('end', refuse);
    socket.off('timeout', refuse);
    socket.setTimeout(0);
  };
  const refuse = (): void => {
    leave();
    socket.on('error', () => undefined);
    socket.destroy();
    done(undefined);
  };
  const look = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const client = readProxyHeader(held);
    if (client === undefined) return;
    if (client === 'bad') {
      refuse();
      return;
    }
    leave();
    socket.pause();
    if (held.length > client.size) socket.unshift(held.subarray(client.size));
    done(client);
  };
  socket.on('data', look);
  socket.on('error', refuse);
  socket.on('end', refuse);
  socket.setTimeout(timeout, refuse);
}
