/**
 * A client of raw sockets: it sends the bytes of a case as they stand, malformed ones too, and reads back whatever
 * comes, framed or not, complete or cut. No HTTP library sits between the case and the server under test.
 */
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureVersion } from 'node:tls';
import { authority } from './authority.js';
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
  /** What a TLS handshake came to: version, common name of the certificate that was shown, cipher. */
  handshake?: string;
  /** `closed`: the server closed after it; `open`: it did not; `silent`: no answer in time. */
  after: 'closed' | 'open' | 'silent';
}

export interface ClientOptions {
  port: number;
  /** Server name for TLS, or more; undefined: plain TCP. */
  tls?: string | TlsDial | undefined;
}

/** How a client speaks TLS. What was agreed on is compared; a handshake that fails is a connection that was closed. */
export interface TlsDial {
  /** In the hello; undefined: none is sent. */
  name?: string;
  /** The only version. */
  version?: SecureVersion;
  /** OpenSSL's list for up to TLS 1.2 and 1.3; which of them is agreed on is compared then. */
  ciphers?: string;
  /** Name of the certificate that is shown, among those of authority.ts. */
  client?: string;
}

/** For a close that was announced, or that a client's own calls for: it comes, and this only ends what hangs. */
const CLOSE_WAIT = 20_000;

export class ClientConnection {
  #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  #isEnded = false;
  #handshake: string | undefined;
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
    if (typeof tls === 'object') return ClientConnection.#dial(port, tls);
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

  static #dial(port: number, dial: TlsDial): Promise<ClientConnection> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...dialOptions(dial) });
      socket.setNoDelay(true);
      socket.once('error', reject);
      // From here on a failure is the handshake's, which is an outcome.
      socket.once('connect', () => {
        socket.off('error', reject);
        const connection = new ClientConnection(socket);
        const settled = (): void => resolve(connection);
        socket.once('close', settled);
        socket.once('secureConnect', () => {
          const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
          const cipher = dial.ciphers === undefined ? '' : ` ${socket.getCipher().name}`;
          connection.#handshake = `${socket.getProtocol()} ${subject?.CN}${cipher}`;
          settled();
        });
      });
    });
  }

  send(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /**
   * Ends the connection, and waits for the server's end of it: by then the server is done with the request. Its last byte
   * says less: httpd counts a member as busy until the request's pool is gone, which is after it.
   */
  async leave(): Promise<void> {
    this.#socket.end();
    const end = Date.now() + CLOSE_WAIT;
    while (!this.#isEnded && Date.now() < end) await this.#more(end - Date.now());
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
      return { status, version, reason, fields, interim, after, ...body, ...this.#agreed() };
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
    return {
      status: 0,
      version: '',
      reason: '',
      fields: [],
      body,
      interim,
      isCut: false,
      after,
      ...this.#agreed(),
    };
  }

  #agreed(): Pick<SeenResponse, 'handshake'> {
    return this.#handshake === undefined ? {} : { handshake: this.#handshake };
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

/** At its usual level OpenSSL would not even ask for old versions. */
function dialOptions({ name, version, ciphers, client }: TlsDial): ConnectionOptions {
  const isOld = version === 'TLSv1' || version === 'TLSv1.1';
  const list = ciphers ?? (isOld ? 'DEFAULT@SECLEVEL=0' : undefined);
  return {
    ...(name === undefined ? {} : { servername: name }),
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    ...(list === undefined ? {} : { ciphers: list }),
    ...(client === undefined ? {} : authority().pair(client)),
  };
}
