/**
 * A client of raw sockets: it sends the bytes of a case as they stand, malformed ones too, and reads back whatever
 * comes, framed or not, complete or cut. No HTTP library sits between the case and the server under test.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BodyDecoder, type FieldList, fieldValue, framingOf, takeHead } from './message.js';

export interface SeenResponse {
  /** 0 when the connection ended, or nothing came in time, before a status line. */
  status: number;
  version: string;
  reason: string;
  fields: FieldList;
  body: Buffer;
  /** Status codes of the interim responses before it. */
  interim: number[];
  /** The body ended before its framing said so. */
  isCut: boolean;
  /** `closed`: the server closed after it; `open`: it did not; `silent`: no answer in time. */
  after: 'closed' | 'open' | 'silent';
}

export interface ClientOptions {
  port: number;
  /** Server name for TLS; undefined: plain TCP. */
  tls?: string | undefined;
}

const CLOSE_WAIT = 1500;

export class ClientConnection {
  #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  #isEnded = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#held = Buffer.concat([this.#held, bytes]);
      this.#wake?.();
    });
    const ended = (): void => {
      this.#isEnded = true;
      this.#wake?.();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('error', ended);
  }

  static async open(options: ClientOptions): Promise<ClientConnection> {
    const { port, tls } = options;
    return new Promise((resolve, reject) => {
      const socket =
        tls === undefined
          ? connect({ host: '127.0.0.1', port, allowHalfOpen: true })
          : connectTls({ host: '127.0.0.1', port, servername: tls, rejectUnauthorized: false });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        socket.off('error', reject);
        resolve(new ClientConnection(socket));
      });
    });
  }

  send(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Reads one response. timeout in milliseconds bounds every wait for further bytes. */
  async receive(method: string, timeout: number): Promise<SeenResponse> {
    const interim: number[] = [];
    for (;;) {
      const taken = takeHead(this.#held);
      if (taken === undefined) {
        if (await this.#more(timeout)) continue;
        return this.#withoutHead(interim);
      }
      this.#held = taken.rest;
      const { line, fields } = taken.head;
      const [version = '', code = ''] = line.split(' ', 2);
      const status = Number.parseInt(code, 10) || 0;
      if (status >= 100 && status < 200 && status !== 101) {
        interim.push(status);
        continue;
      }
      const reason = line.slice(version.length + code.length + 2);
      const body = await this.#readBody(method, status, fields, timeout);
      const after = await this.#stateAfter(fields, body.isCut);
      return { status, version, reason, fields, interim, after, ...body };
    }
  }

  async #readBody(
    method: string,
    status: number,
    fields: FieldList,
    timeout: number,
  ): Promise<{ body: Buffer; isCut: boolean }> {
    const isBodyless = method === 'HEAD' || status === 204 || status === 304 || status === 101;
    const framing = framingOf(fields, 'close');
    const decoder = new BodyDecoder(isBodyless ? { kind: 'none' } : framing);
    for (;;) {
      this.#held = decoder.feed(this.#held);
      if (decoder.isDone) return { body: decoder.body, isCut: false };
      if (!(await this.#more(timeout))) return { body: decoder.body, isCut: framing.kind !== 'close' };
    }
  }

  #withoutHead(interim: number[]): SeenResponse {
    const body = this.#held;
    this.#held = Buffer.alloc(0);
    const after = this.#isEnded ? 'closed' : 'silent';
    return { status: 0, version: '', reason: '', fields: [], body, interim, isCut: false, after };
  }

  /**
   * Waits for the close that the response announced. A response that announced none counts as `open`: whether the
   * server closed all the same is for the next step on the connection to find out, not for a race here.
   */
  async #stateAfter(fields: FieldList, isCut: boolean): Promise<'closed' | 'open'> {
    if (isCut) return this.#isEnded ? 'closed' : 'open';
    if (!/\bclose\b/i.test(fieldValue(fields, 'connection') ?? '')) return 'open';
    if (!this.#isEnded) await this.#more(CLOSE_WAIT);
    return this.#isEnded ? 'closed' : 'open';
  }

  /** Resolves true when bytes came, false when the connection ended or the time is over. */
  async #more(timeout: number): Promise<boolean> {
    if (this.#isEnded) return false;
    const before = this.#held.length;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    return this.#held.length > before;
  }
}
