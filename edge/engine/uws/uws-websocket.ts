/**
 * A request for a WebSocket on uWebSockets.js. The library writes the handshake itself (RFC 6455 4.2.2), so what the
 * member answers must be one before, and its fields of the handshake go no further. Of extensions only compression is
 * known here; a client that offers it has it offered to the member in our own words.
 * Thread: worker.
 */
import { acceptFor, DEFLATE_OFFER } from '../../../workers/upstream/websocket.js';
import type { Crossing, OpenCrossing } from '../../crossing.js';
import type { Fields } from '../../exchange.js';
import { fieldValue, removeField } from '../../http/fields.js';
import type { Listener } from '../listener.js';
import { MessageTunnel } from '../message-tunnel.js';
import type { Answers } from './uws-answers.js';
import type { CorkHost } from './uws-cork-host.js';
import type { Packing } from './uws-deflate.js';
import {
  type HttpRequest,
  type HttpResponse,
  UwsExchange,
  type us_socket_context_t,
} from './uws-exchange.js';
import type { OpenPeers } from './uws-peers.js';

const KEY = 'sec-websocket-key';
const PROTOCOL = 'sec-websocket-protocol';
const EXTENSIONS = 'sec-websocket-extensions';
/** Characters of a key: 16 bytes in base64. */
const KEY_LENGTH = 24;
/** Fields that the library writes. */
const HANDSHAKE = new Set(['sec-websocket-accept', PROTOCOL, EXTENSIONS, 'connection', 'upgrade', 'date']);

/** What a WebSocket of the library carries. */
export interface WebSocketData {
  tunnel: MessageTunnel;
}

export class UwsWebSocketExchange extends UwsExchange {
  readonly #context: us_socket_context_t;
  readonly #peers: OpenPeers;
  readonly #host: Pick<CorkHost<unknown>, 'cork'>;
  readonly #limit: number;
  readonly #key: string;
  /** Undefined when the client wants no compression, or offers none that can be had. */
  readonly #packing: Packing | undefined;

  constructor(
    res: HttpResponse,
    req: HttpRequest,
    listener: Listener,
    peers: OpenPeers,
    answers: Answers,
    host: Pick<CorkHost<unknown>, 'cork'>,
    context: us_socket_context_t,
    packing: Packing | undefined,
  ) {
    super(res, req, listener, peers, answers);
    this.#peers = peers;
    this.#host = host;
    this.#context = context;
    this.#limit = listener.webSocketLimit;
    this.#key = fieldValue(this.fields, KEY) ?? '';
    this.#packing = packing;
    removeField(this.fields, EXTENSIONS);
    if (this.#packing !== undefined) this.fields.push(EXTENSIONS, DEFLATE_OFFER);
  }

  canUpgrade(protocol: string): boolean {
    if (protocol.toLowerCase() !== 'websocket' || this.#key.length !== KEY_LENGTH) return false;
    return fieldValue(this.fields, 'sec-websocket-version') === '13';
  }

  /** The library writes the handshake's status line, and before it there is none. */
  override inform(): boolean {
    return false;
  }

  upgrade(reason: string, fields: Fields, crossing: Crossing): OpenCrossing | undefined {
    const { onEnd } = crossing;
    crossing.onEnd = (sent, received) => {
      // As httpd counts: no body, so that %b shows none.
      this.bytesSent += received;
      onEnd(sent, received);
    };
    const tunnel = this.#tunnelFor(fields, crossing);
    if (tunnel === undefined) return undefined;
    const res = this.handOver();
    if (res === undefined) return undefined;
    const extensions = tunnel.isCompressed ? (this.#packing?.offer ?? '') : '';
    const data: WebSocketData = { tunnel };
    this.#host.cork(() => {
      res.writeStatus(`101 ${reason}`);
      for (let i = 0; i < fields.length; i += 2) {
        const name = fields[i] as string;
        if (!HANDSHAKE.has(name.toLowerCase()))
          res.writeHeader(name, Buffer.from(fields[i + 1] as string, 'latin1'));
      }
      res.upgrade(data, this.#key, fieldValue(fields, PROTOCOL) ?? '', extensions, this.#context);
    });
    // It is no connection of requests any more, and the library will not say when it closes.
    this.#peers.closed();
    return tunnel;
  }

  /** Undefined when what the member answered is no handshake for what it was asked. */
  #tunnelFor(fields: Fields, crossing: Crossing): MessageTunnel | undefined {
    if (fieldValue(fields, 'sec-websocket-accept') !== acceptFor(this.#key)) return undefined;
    const extensions = fieldValue(fields, EXTENSIONS) ?? '';
    if (extensions !== '' && this.#packing === undefined) return undefined;
    try {
      return new MessageTunnel(crossing, this.#limit, extensions, this.#packing?.longest);
    } catch {
      return undefined; // it agreed to what was not offered
    }
  }
}
