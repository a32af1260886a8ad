/**
 * The members behind both servers under test: small TCP servers that read requests themselves, record what arrived to
 * the byte, and answer by a script. Each server under test has a set of its own, so that recordings do not mix; both
 * sets run the same script. A script sees the whole request and returns an Answer, a plain description that reaches
 * down to wrong bytes, late bytes and no bytes, because those are what a balancer is judged by.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { BodyDecoder, type FieldList, fieldValue, framingOf, takeHead } from './message.js';

export interface SeenRequest {
  /** Name of the member that saw it: web1 … web4. */
  member: string;
  /** Request line as it arrived. */
  line: string;
  fields: FieldList;
  body: Buffer;
  /** How many requests came on the same connection before it. */
  reuse: number;
}

export interface Answer {
  status?: number;
  reason?: string;
  /** Sent after Content-Type and the framing field, in this order and case. */
  fields?: FieldList;
  /** Default: `member METHOD target` and a line feed. */
  body?: string | Buffer;
  framing?: 'length' | 'chunked' | 'close' | 'none';
  /** Wait before the first byte, in milliseconds. */
  delay?: number;
  /** The first byte waits until all steps beside this one are answered or held too. */
  held?: boolean;
  /** Exactly these bytes (latin1) instead of a made response. */
  raw?: string;
  /** Bytes before the response: interim responses. */
  interim?: string;
  /** Trailer fields after the last chunk. */
  trailers?: string;
  /** Wait between the head and the body, in milliseconds, so that they do not arrive in one read. */
  bodyDelay?: number;
  /** Cut the connection after this many bytes of the body; 0 cuts before any byte of the response. */
  cutAfter?: number;
  /** Close the connection in good order after the response. */
  close?: boolean;
}

export type Script = (request: SeenRequest) => Answer;

/** Is it a check of mod_proxy_hcheck, as cases ask for them? One by OPTIONS names no path. */
export function isHealthCheck(line: string): boolean {
  return line.includes('/healthz') || line === 'OPTIONS * HTTP/1.0';
}

/** What every member answers unless a case says otherwise: who it is and what it was asked. */
export const plainAnswer: Script = () => ({});

const REASONS: Record<number, string> = {
  200: 'OK',
  204: 'No Content',
  304: 'Not Modified',
  404: 'Not Found',
};

export class Origin {
  readonly member: string;
  script: Script = plainAnswer;
  #server: Server;
  #sockets = new Set<Socket>();
  #seen: SeenRequest[] = [];
  #held: (() => void)[] = [];
  /** Health checks that it has had. */
  checks = 0;

  private constructor(member: string) {
    this.member = member;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(member: string): Promise<Origin> {
    const origin = new Origin(member);
    await new Promise<void>((resolve) => origin.#server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What came since the last call. */
  drain(): SeenRequest[] {
    return this.#seen.splice(0);
  }

  /** Answers that are held. */
  get held(): number {
    return this.#held.length;
  }

  release(): void {
    for (const send of this.#held.splice(0)) send();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let held: Buffer = Buffer.alloc(0);
    let reuse = 0;
    let current: { request: SeenRequest; decoder: BodyDecoder } | undefined;
    const advance = (): void => {
      if (current === undefined) {
        const taken = takeHead(held);
        if (taken === undefined) return;
        held = taken.rest;
        const { line, fields } = taken.head;
        const request = { member: this.member, line, fields, body: Buffer.alloc(0), reuse: reuse++ };
        this.#seen.push(request);
        if (isHealthCheck(line)) this.checks += 1;
        current = { request, decoder: new BodyDecoder(framingOf(fields, 'none')) };
        if (/100-continue/i.test(fieldValue(fields, 'expect') ?? ''))
          socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      held = current.decoder.feed(held);
      current.request.body = current.decoder.body;
      if (!current.decoder.isDone) return;
      const { request } = current;
      current = undefined;
      const answer = this.script(request);
      const send = (): void => sendAnswer(socket, request, answer);
      if (answer.held === true) this.#held.push(send);
      else setTimeout(send, answer.delay ?? 0);
    };
    socket.on('data', (bytes) => {
      held = Buffer.concat([held, bytes]);
      advance();
    });
  }
}

function sendAnswer(socket: Socket, request: SeenRequest, answer: Answer): void {
  if (socket.destroyed) return;
  if (answer.cutAfter === 0) {
    socket.destroy();
    return;
  }
  if (answer.raw !== undefined) {
    socket.write(answer.raw, 'latin1');
    if (answer.close === true) socket.end();
    return;
  }
  const [method = '', target = ''] = request.line.split(' ');
  const body = Buffer.from(answer.body ?? `${request.member} ${method} ${target}\n`);
  const status = answer.status ?? 200;
  const isBodyless = method === 'HEAD' || status === 204 || status === 304;
  const framing = answer.framing ?? (status === 204 || status === 304 ? 'none' : 'length');
  const rows = [`HTTP/1.1 ${status} ${answer.reason ?? REASONS[status] ?? 'Scripted'}`];
  if (!isBodyless || method === 'HEAD') rows.push('Content-Type: text/plain');
  if (framing === 'length') rows.push(`Content-Length: ${body.length}`);
  if (framing === 'chunked') rows.push('Transfer-Encoding: chunked');
  if (answer.close === true) rows.push('Connection: close');
  for (const [name, value] of answer.fields ?? []) rows.push(`${name}: ${value}`);
  socket.write(`${answer.interim ?? ''}${rows.join('\r\n')}\r\n\r\n`, 'latin1');
  const finish = (): void => sendBody(socket, isBodyless ? undefined : body, framing, answer);
  if (answer.bodyDelay === undefined) finish();
  else setTimeout(finish, answer.bodyDelay);
}

function sendBody(
  socket: Socket,
  body: Buffer | undefined,
  framing: Answer['framing'],
  { cutAfter, trailers = '', close }: Answer,
): void {
  const part = body?.subarray(0, cutAfter ?? body.length);
  if (part !== undefined && framing === 'chunked') {
    if (part.length > 0)
      socket.write(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, CRLF]));
    if (cutAfter === undefined) socket.write(`0\r\n${trailers}\r\n`, 'latin1');
  } else if (part !== undefined) {
    socket.write(part);
  }
  // end() first lets what was written leave, then closes: the reader sees a short body, not a reset.
  if (cutAfter !== undefined || close === true || framing === 'close') socket.end();
}

const CRLF = Buffer.from('\r\n');

/** The members of one server under test. */
export class Origins {
  readonly members: readonly Origin[];

  private constructor(members: readonly Origin[]) {
    this.members = members;
  }

  static async start(): Promise<Origins> {
    return new Origins(await Promise.all(['web1', 'web2', 'web3', 'web4'].map((name) => Origin.start(name))));
  }

  follow(script: Script): void {
    for (const origin of this.members) origin.script = script;
  }

  /** Answers that are held, of all. */
  get held(): number {
    return this.members.reduce((sum, origin) => sum + origin.held, 0);
  }

  release(): void {
    for (const origin of this.members) origin.release();
  }

  /** Health checks so far, by member. */
  checks(): number[] {
    return this.members.map((origin) => origin.checks);
  }

  /** What arrived since the last call, by member. */
  drain(): SeenRequest[] {
    return this.members.flatMap((origin) => origin.drain());
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((origin) => origin.stop()));
  }
}
