/**
 * A member made of a bare socket: it keeps every byte that arrives, tells complete requests apart as strictly as RFC 9112
 * wants, and leaves the answer to the test, which has the socket itself.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { BodyDecoder, framingOf, type MessageHead, takeHead } from '../diff/harness/message.js';

export interface RawRequest {
  head: MessageHead;
  body: Buffer;
  /** Place among the requests of its connection, from 0. */
  index: number;
  /** Place of its connection among the connections of this origin, from 0. */
  connection: number;
}

export type OnRequest = (socket: Socket, request: RawRequest) => void;

export function plainReply(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

export class RawOrigin {
  /** Answers a complete request. */
  onRequest: OnRequest = (socket) => socket.write(plainReply('ok'));
  /** Hears of a head before its body has come. */
  onHead: ((socket: Socket, head: MessageHead) => void) | undefined;
  /** Connections accepted since the start. */
  connections = 0;
  /** Complete requests since the last reset. */
  requests: RawRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #bytes = '';

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(onRequest?: OnRequest, port = 0): Promise<RawOrigin> {
    const origin = new RawOrigin();
    if (onRequest !== undefined) origin.onRequest = onRequest;
    await new Promise<void>((resolve) => origin.#server.listen(port, '127.0.0.1', resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Every byte since the last reset, over all connections. */
  get bytes(): string {
    return this.#bytes;
  }

  reset(): void {
    this.#bytes = '';
    this.requests = [];
  }

  /** Closes every connection that is open. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    const connection = this.connections;
    this.connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let held: Buffer = Buffer.alloc(0);
    let index = 0;
    let current: { head: MessageHead; decoder: BodyDecoder } | undefined;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.toString('latin1');
      held = Buffer.concat([held, chunk]);
      for (;;) {
        if (current === undefined) {
          const taken = takeHead(held);
          if (taken === undefined) return;
          held = taken.rest;
          current = { head: taken.head, decoder: new BodyDecoder(framingOf(taken.head.fields, 'none')) };
          this.onHead?.(socket, taken.head);
        }
        held = current.decoder.feed(held);
        if (!current.decoder.isDone) return;
        const request = { head: current.head, body: current.decoder.body, index, connection };
        current = undefined;
        index += 1;
        this.requests.push(request);
        this.onRequest(socket, request);
      }
    });
  }
}
