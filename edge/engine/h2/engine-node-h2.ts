/**
 * How connections of the node engine become HTTP/2: over TLS by ALPN, where each vhost has its own list of Protocols; in
 * clear text by the preface that such a client begins with (H2Direct), or by `Upgrade: h2c` (H2Upgrade, h2c-upgrade.ts).
 * Everything else on the address is HTTP/1.1, and goes to the listener that Node has for it.
 *
 * Source: RFC 9113 3; httpd 2.4, core "Protocols", "ProtocolsHonorOrder", mod_http2. Thread: worker.
 */
import type http from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';
import type tls from 'node:tls';
import type { Exchange } from '../../exchange.js';
import type { ServerSettings } from '../../settings.js';
import type { Listener, OnFault, OnRequest } from '../listener.js';
import { plainAddress } from '../node/engine-node-refused.js';
import { H2Session, type SessionOwner } from './h2-session.js';
import type { Http2End } from './http2-ends.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/**
 * A first line that is of no request in HTTP/1.1, neither by its target nor by its version, or that is the preface's own: a
 * preface gone wrong, which ends the connection (RFC 9113 3.4). httpd differs: it answers 400 in HTTP/1.1, which a client
 * of HTTP/2 takes for a frame without an end.
 */
const WRONG_PREFACE = /^(?:PRI \* HTTP\/2\.0|[^ \r\n]+ [^/*: \r\n]+ (?!HTTP\/)[^ \r\n]+)\r?\n/;
const MOST_PREFACE_BYTES = 64;
const SWEEP_MS = 1000;
/** Between the two GOAWAY of a server that goes: time for what is on its way. */
const LEAVE_MS = 100;
/** What of Protocols is negotiated by ALPN. */
const BY_ALPN = new Set(['h2', 'http/1.1']);

/** Chooses by ALPN for a vhost; undefined ends the handshake, as RFC 7301 3.2 wants it. */
export function alpnChooser(
  listener: Listener,
): (asked: { servername: string; protocols: string[] }) => string | undefined {
  return ({ servername, protocols }) => {
    const server = listener.vhosts.match(servername)?.server ?? listener.vhosts.fallback;
    const own = server.protocols.filter((name) => BY_ALPN.has(name));
    if (own.length === 0) own.push('http/1.1');
    return server.protocolsHonorOrder
      ? own.find((name) => protocols.includes(name))
      : protocols.find((name) => own.includes(name));
  };
}

export class Http2Sessions implements SessionOwner {
  readonly server: ServerSettings;
  readonly hasWebSockets: boolean;
  readonly #listener: Listener;
  readonly #onRequest: OnRequest;
  readonly #onFault: OnFault;
  readonly #open = new Set<H2Session>();
  #timer: NodeJS.Timeout | undefined;

  constructor(listener: Listener, onRequest: OnRequest, onFault: OnFault) {
    this.server = listener.vhosts.fallback;
    this.hasWebSockets = listener.upgrades !== 'none';
    this.#listener = listener;
    this.#onRequest = onRequest;
    this.#onFault = onFault;
  }

  /** Takes HTTP/2 out of what a server accepts. */
  divert(server: http.Server | https.Server): void {
    const event = this.#listener.isSecure ? 'secureConnection' : 'connection';
    const [asHttp1] = server.listeners(event) as ((this: unknown, socket: Socket) => void)[];
    if (asHttp1 === undefined) return;
    server.removeListener(event, asHttp1);
    server.on(event, (socket: Socket) => {
      if (this.#listener.isSecure) {
        if ((socket as tls.TLSSocket).alpnProtocol === 'h2') this.open(socket);
        else asHttp1.call(server, socket);
      } else if (this.#isDirect) this.#lookAt(socket, () => asHttp1.call(server, socket));
      else asHttp1.call(server, socket);
    });
  }

  get #isDirect(): boolean {
    return this.server.http2?.direct ?? this.server.protocols.includes('h2c');
  }

  /** Waits for as much as tells a preface from a request line. */
  #lookAt(socket: Socket, asHttp1: () => void): void {
    let held: Buffer = Buffer.alloc(0);
    const look = (chunk: Buffer): void => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const length = Math.min(held.length, PREFACE.length);
      const isPreface = held.subarray(0, length).equals(PREFACE.subarray(0, length));
      if (isPreface && length < PREFACE.length) return;
      if (!isPreface && WRONG_PREFACE.test(held.toString('latin1', 0, MOST_PREFACE_BYTES))) {
        const peer = plainAddress(socket.remoteAddress);
        this.#listener.onBadConnection?.(peer, 'its first line is of no HTTP', 'protocol');
        gone();
        return;
      }
      socket.off('data', look);
      socket.off('error', gone);
      socket.off('timeout', gone);
      socket.setTimeout(0);
      socket.pause();
      socket.unshift(held);
      if (isPreface) this.open(socket);
      else {
        asHttp1();
        socket.resume();
      }
    };
    const gone = (): void => {
      socket.destroy();
    };
    socket.on('data', look);
    socket.on('error', gone);
    socket.setTimeout(this.server.timeout, gone);
  }

  open(socket: Socket): void {
    try {
      this.#open.add(new H2Session(socket, this, this.#listener.isSecure));
      this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    } catch (error) {
      socket.destroy();
      this.#onFault(error);
    }
  }

  onExchange(exchange: Exchange): void {
    try {
      this.#onRequest(exchange, this.#listener);
    } catch (error) {
      this.#onFault(error);
      exchange.fault();
    }
  }

  onStalled({ peer }: H2Session): void {
    this.#listener.onBadConnection?.(peer.remoteAddress, '', 'stalled');
  }

  onSessionEnd(session: H2Session, why: string, end: Http2End): void {
    this.#open.delete(session);
    if (why !== '') this.#listener.onBadConnection?.(session.peer.remoteAddress, why, end);
    if (this.#open.size > 0 || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    const now = Date.now();
    for (const session of this.#open) session.sweep(now);
  }

  leave(): void {
    for (const session of this.#open) session.announceLeave();
    setTimeout(() => {
      for (const session of [...this.#open]) session.leave();
    }, LEAVE_MS);
  }

  close(): void {
    for (const session of [...this.#open]) session.destroy();
    clearInterval(this.#timer);
  }
}
