/**
 * Requests on the node engine that may change the protocol of their connection. Node takes such a connection away from
 * its parser as soon as the head is read, so only those are let go this way that may really change: GET without a body,
 * or HEAD without a body, with an Upgrade. What becomes of it is decided behind, as for any request; when it stays plain
 * HTTP, the connection is given back to the server after the answer, as if it had just been accepted.
 * Thread: worker.
 */
import http from 'node:http';
import type https from 'node:https';
import type { Duplex } from 'node:stream';
import type { Crossing, OpenCrossing } from '../../crossing.js';
import type { Fields } from '../../exchange.js';
import { ByteTunnel } from '../byte-tunnel.js';
import type { Http2Sessions } from '../h2/engine-node-h2.js';
import { asksH2c, upgradeToH2c } from '../h2/h2c-upgrade.js';
import type { Listener, OnFault, OnRequest } from '../listener.js';
import { NodeExchange } from './node-exchange.js';

/** Node asks a request whether it wants to be upgraded after its fields are read; before, it says what its parser thinks. */
export function upgradeRequest(listener: Listener): typeof http.IncomingMessage {
  return class UpgradeRequest extends http.IncomingMessage {
    mayUpgrade?: boolean;

    get upgrade(): boolean {
      return this.mayUpgrade === true && isAlone(this) && isWelcome(this, listener);
    }

    set upgrade(mayUpgrade: boolean) {
      this.mayUpgrade = mayUpgrade;
    }
  };
}

function isAlone({ method, headers }: http.IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
}

function isWelcome(req: http.IncomingMessage, listener: Listener): boolean {
  const protocol = req.headers.upgrade?.toLowerCase() ?? '';
  if (protocol === 'h2c') return hasH2c(listener) && asksH2c(req);
  if (protocol === '' || req.method !== 'GET') return false;
  return listener.upgrades === 'any' || (listener.upgrades === 'websocket' && protocol === 'websocket');
}

/** Is `Upgrade: h2c` taken on an address? */
function hasH2c(listener: Listener): boolean {
  const { http2, protocols } = listener.vhosts.fallback;
  return listener.hasHttp2 && !listener.isSecure && protocols.includes('h2c') && http2?.upgrade !== false;
}

export function serveUpgrades(
  server: http.Server | https.Server,
  listener: Listener,
  onRequest: OnRequest,
  onFault: OnFault,
  sessions: Http2Sessions | undefined,
): void {
  server.on('upgrade', (req: http.IncomingMessage, socket: Duplex, first: Buffer) => {
    const onError = (): void => void socket.destroy();
    socket.on('error', onError);
    if (sessions !== undefined && req.headers.upgrade?.toLowerCase() === 'h2c') {
      const { timeout } = listener.vhosts.fallback;
      upgradeToH2c(req, socket, first, timeout, (ready) => sessions.open(ready));
      return;
    }
    const res = new http.ServerResponse(req);
    res.assignSocket(req.socket);
    const exchange = new NodeUpgradeExchange(req, res, listener, first);
    // Nobody else sees to these for a connection that the parser has let go.
    const onDrain = (): void => void res.emit('drain');
    socket.on('drain', onDrain);
    res.on('finish', () => {
      res.detachSocket(req.socket);
      res.emit('close');
      socket.off('error', onError);
      socket.off('drain', onDrain);
      if (exchange.wantsClose) socket.end();
      else {
        socket.unshift(first);
        server.emit(listener.isSecure ? 'secureConnection' : 'connection', socket);
        socket.resume();
      }
    });
    try {
      onRequest(exchange, listener);
    } catch (error) {
      onFault(error);
      exchange.fault();
    }
  });
}

class NodeUpgradeExchange extends NodeExchange {
  readonly #res: http.ServerResponse;
  readonly #isAny: boolean;
  readonly #first: Buffer;

  /** first  what came right behind the head */
  constructor(req: http.IncomingMessage, res: http.ServerResponse, listener: Listener, first: Buffer) {
    super(req, res, listener);
    this.#res = res;
    this.#isAny = listener.upgrades === 'any';
    this.#first = first;
  }

  canUpgrade(protocol: string): boolean {
    return this.#isAny || protocol.toLowerCase() === 'websocket';
  }

  upgrade(reason: string, fields: Fields, crossing: Crossing): OpenCrossing | undefined {
    if (!this.handOver()) return undefined;
    const { socket } = this.req;
    this.#res.detachSocket(socket);
    const lines = [`HTTP/1.1 101 ${reason}`];
    for (let i = 0; i < fields.length; i += 2)
      lines.push(`${fields[i] as string}: ${fields[i + 1] as string}`);
    lines.push(`Upgrade: ${crossing.protocol}`, 'Connection: Upgrade', '', '');
    const head = lines.join('\r\n');
    this.bytesSent += head.length;
    const { onEnd } = crossing;
    crossing.onEnd = (sent, received) => {
      // As httpd counts: no body, so that %b shows none.
      this.bytesSent += received;
      onEnd(sent, received);
    };
    socket.setTimeout(0);
    socket.write(head, 'latin1');
    return new ByteTunnel(socket, crossing, this.#first);
  }
}
