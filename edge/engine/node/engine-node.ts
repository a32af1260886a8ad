/**
 * The second engine: node:http and node:https, for what uWebSockets.js can not do: HTTP/1.0 clients, other TLS versions,
 * client certificates. It costs half as much again as uws does; what comes after
 * the engine is the same. Node's parser is strict (insecureHTTPParser stays off); what it refuses is answered with httpd's page.
 * Thread: worker. All workers listen on one socket, which the supervisor holds (held-sockets.ts).
 */
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type tls from 'node:tls';
import type { HandshakeEvents, Handshakes } from '../../secure/handshakes.js';
import type { ServerSettings } from '../../settings.js';
import { alpnChooser, Http2Sessions } from '../h2/engine-node-h2.js';
import type { Listener, OnFault, OnRequest, OpenEngine } from '../listener.js';
import { expectProxyHeader } from './engine-node-proxied.js';
import { type ParserError, PLAIN_HTTP, plainAddress, RefusedExchange } from './engine-node-refused.js';
import { serveUpgrades, upgradeRequest } from './engine-node-upgrade.js';
import { ACTIVE, CLOSING, hasWaiting, NodeExchange } from './node-exchange.js';

/** Bytes of a client's header block at the most; LimitRequestFieldSize and -Fields are checked by the guard. */
const MAX_HEADER_BYTES = 1048576;

/**
 * Opens an address.
 * handshakes  of https; undefined for plain http
 * fd      a bound socket to listen on, which this server then owns; undefined to bind one
 */
export function openNode(
  listener: Listener,
  handshakes: Handshakes | undefined,
  onRequest: OnRequest,
  onFault: OnFault,
  fd?: number,
): Promise<OpenEngine> {
  const { listen, vhosts } = listener;
  const { fallback } = vhosts;
  const mayUpgrade = listener.upgrades !== 'none' || listener.hasHttp2;
  const sessions = listener.hasHttp2 ? new Http2Sessions(listener, onRequest, onFault) : undefined;
  const options: http.ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: fallback.keepAliveTimeout,
    requestTimeout: 0,
    headersTimeout: headTime(fallback),
    connectionsCheckingInterval: 1000,
    // The guard refuses a missing Host with httpd's page.
    requireHostHeader: false,
    ...(mayUpgrade ? { IncomingMessage: upgradeRequest(listener) } : {}),
  };
  const server = handshakes === undefined ? http.createServer(options) : https.createServer(options);
  sessions?.divert(server);
  if (handshakes !== undefined) shakeHands(server, handshakes, listener, onRequest, sessions !== undefined);
  if (vhosts.servers.some(({ proxyProtocol }) => proxyProtocol === true)) {
    const exceptions = vhosts.servers.flatMap(({ proxyProtocolExceptions = [] }) => proxyProtocolExceptions);
    expectProxyHeader(server, exceptions, fallback.timeout, (peer) => listener.onUnproxied?.(peer));
  }
  server.maxRequestsPerSocket = 0;
  const take = (req: http.IncomingMessage, res: http.ServerResponse): void => {
    // Node goes on with what came in the same read; behind a last answer nothing is a request.
    if (CLOSING.has(req.socket)) return;
    const exchange = new NodeExchange(req, res, listener);
    try {
      onRequest(exchange, listener);
    } catch (error) {
      onFault(error);
      exchange.fault();
    }
  };
  server.on('request', take);
  server.on('checkExpectation', take);
  server.on('checkContinue', (req: http.IncomingMessage, res: http.ServerResponse) => {
    res.writeContinue();
    take(req, res);
  });
  if (mayUpgrade) serveUpgrades(server, listener, onRequest, onFault, sessions);
  server.on('clientError', (error: ParserError, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || CLOSING.has(socket)) socket.destroy();
    else if (ACTIVE.get(socket)?.breakBody() === true) return;
    // A refusal now would be read as the answer to a request before it.
    else if (hasWaiting(socket)) socket.destroy();
    else onRequest(new RefusedExchange(error, socket, listener), listener);
  });
  server.on('secureConnection', (socket: tls.TLSSocket) => {
    if (socket.isSessionReused()) listener.gate.shook('resumed');
  });
  server.on('tlsClientError', () => listener.gate.shook('failed'));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (!listener.gate.opened()) {
      listener.gate.closed();
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => {
      sockets.delete(socket);
      listener.gate.closed();
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const host = listen.address === '' ? '::' : listen.address;
    server.listen(fd === undefined ? { host, port: listen.port } : { fd }, () => {
      server.removeListener('error', reject);
      // Out of descriptors: descriptors.ts sees it too, says it once, and sees to it that accept works again.
      server.on('error', (error: NodeJS.ErrnoException) => {
        if (error.syscall !== 'accept') onFault(error);
      });
      const { port } = server.address() as AddressInfo;
      resolve({
        bound: { address: listen.address, port },
        get connections() {
          return sockets.size;
        },
        // Not http's own close: it cuts idle connections, whose clients may be sending a request at this moment.
        stopListening: () => {
          net.Server.prototype.close.call(server);
          sessions?.leave();
        },
        staple: (file, response) => handshakes?.staple(file, response),
        reloadCertificates: () => {
          handshakes?.reload();
        },
        close: () => {
          server.close();
          sessions?.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}

/** The server sees a connection when its handshake has been found good; it shakes no hands itself. */
function shakeHands(
  server: http.Server | https.Server,
  handshakes: Handshakes,
  listener: Listener,
  onRequest: OnRequest,
  hasHttp2: boolean,
): void {
  const events: HandshakeEvents = {
    alpn: hasHttp2 ? { ALPNCallback: alpnChooser(listener) } : {},
    timeout: listener.vhosts.fallback.timeout,
    secured(socket) {
      const why = handshakes.refusal(socket);
      if (why === undefined) {
        server.emit('secureConnection', socket);
        return;
      }
      socket.on('error', () => undefined);
      listener.onRefusedHandshake?.(plainAddress(socket.remoteAddress), why);
      socket.destroy();
    },
    failed: (error, socket) => server.emit('tlsClientError', error, socket),
    plain(socket) {
      listener.gate.shook('failed');
      listener.onRefusedHandshake?.(plainAddress(socket.remoteAddress), PLAIN_HTTP.message);
      socket.on('error', () => undefined);
      onRequest(new RefusedExchange(PLAIN_HTTP, socket, listener), listener);
    },
  };
  handshakes.open(events);
  const [begin] = server.listeners('connection') as ((this: unknown, socket: Socket) => void)[];
  if (begin !== undefined) server.removeListener('connection', begin);
  server.prependListener('connection', (socket: Socket) => handshakes.take(socket, events));
}

/** Ms that a request's head may take: RequestReadTimeout's most, since Node has no rates, else Timeout. */
function headTime({ readTimeouts, timeout }: ServerSettings): number {
  const head = readTimeouts?.header;
  return head === undefined ? timeout : head.most || head.first;
}
