/** A member that echoes WebSocket messages, does what a text tells it, and notes how its sockets ended; and a client. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';

export interface Ending {
  code: number;
  reason: string;
}

/**
 * Texts that it obeys: `close CODE REASON`, or `close` alone, `ping DATA` (it tells of the pong), `die` (ends without a Close),
 * `many BYTES COUNT` (that many binary messages). All else comes back as it came.
 */
export class EchoMember {
  readonly requests: IncomingHttpHeaders[] = [];
  readonly endings: Ending[] = [];
  open = 0;
  /** Answers an upgrade with this status instead of 101, when set. */
  refusal: string | undefined;
  /** Stops reading from new sockets. */
  isDeaf = false;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;

  private constructor(hasDeflate: boolean) {
    this.#http = createServer((_req, res) => res.end('plain'));
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: hasDeflate,
      maxPayload: 0,
      handleProtocols: (offered) => (offered.has('second') ? 'second' : false),
    });
    this.#http.on('upgrade', (req: IncomingMessage, socket, head) => {
      this.requests.push(req.headers);
      if (this.refusal !== undefined) {
        socket.end(this.refusal);
        return;
      }
      this.#sockets.handleUpgrade(req, socket, head, (ws) => this.#serve(ws));
    });
  }

  static async start(hasDeflate = false): Promise<EchoMember> {
    const member = new EchoMember(hasDeflate);
    await new Promise<void>((resolve) => member.#http.listen(0, '127.0.0.1', resolve));
    return member;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #serve(ws: WebSocket): void {
    this.open += 1;
    if (this.isDeaf) ws.pause();
    ws.on('error', () => undefined);
    ws.on('close', (code, reason) => {
      this.open -= 1;
      this.endings.push({ code, reason: reason.toString() });
    });
    ws.on('pong', (data) => ws.send(`pong ${data.toString()}`));
    ws.on('message', (data: Buffer, isBinary) => {
      const [word = '', first = '', second = ''] =
        isBinary || data.length > 100 ? [] : data.toString().split(' ');
      if (word === 'close') ws.close(first === '' ? undefined : Number(first), second);
      else if (word === 'ping') ws.ping(first);
      else if (word === 'die') ws.terminate();
      else if (word === 'many')
        for (let i = 0; i < Number(second); i += 1) ws.send(Buffer.alloc(Number(first)));
      else ws.send(data, { binary: isBinary });
    });
  }
}

/** A socket of a client that keeps what it hears. */
export class Caller {
  readonly socket: WebSocket;
  readonly headers: Promise<IncomingHttpHeaders>;
  readonly ended: Promise<Ending>;
  readonly messages: { data: Buffer; isBinary: boolean }[] = [];
  readonly pongs: string[] = [];
  #onMessage: (() => void) | undefined;

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, { maxPayload: 0, ...options });
    this.headers = new Promise((resolve) => this.socket.once('upgrade', (res) => resolve(res.headers)));
    this.ended = new Promise((resolve) =>
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    this.socket.on('error', () => undefined);
    this.socket.on('pong', (data) => this.pongs.push(data.toString()));
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.messages.push({ data, isBinary });
      this.#onMessage?.();
    });
  }

  /** Resolves when it is open. errors: rejects with `Unexpected server response: 404` and the like */
  opened(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve(this));
      this.socket.once('error', reject);
    });
  }

  /** Sends, and gives the next message that comes. */
  async say(data: string | Buffer): Promise<{ data: Buffer; isBinary: boolean }> {
    const count = this.messages.length;
    this.socket.send(data);
    return this.hear(count + 1);
  }

  /** The nth message, when it has come. */
  async hear(nth: number): Promise<{ data: Buffer; isBinary: boolean }> {
    while (this.messages.length < nth) {
      await new Promise<void>((resolve) => {
        this.#onMessage = resolve;
      });
    }
    return this.messages[nth - 1] as { data: Buffer; isBinary: boolean };
  }
}
