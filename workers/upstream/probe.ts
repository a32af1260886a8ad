/**
 * One health check: a fresh connection to a member, a question, an answer, and nothing of it kept. What an answer means
 * (status, condition) is judged by who asked; here is only whether one came, and what it was.
 *
 *   TCP            connect, and for https the handshake
 *   CPING          an AJP ping of five bytes, its pong
 *   OPTIONS HEAD GET …11   a request of two lines, HTTP/1.0 without `11`; the head, and for GET the body;
 *                          of h2 and h2c members the same in HTTP/2 (httpd differs: it asks them in HTTP/1)
 *
 * Source: httpd 2.4 manual, mod_proxy_hcheck; the bytes as observed on httpd 2.4.71. AJP: Apache Tomcat's AJPv13
 * protocol reference. Control thread.
 */
import net from 'node:net';
import tls from 'node:tls';
import { type HealthCheckSettings, isSecure, type MemberSettings } from '../member.js';
import type { CheckReason } from '../scoreboard-layout.js';
import { AnswerReader, type AnswerSink } from './answer.js';
import { type OsError, osErrorOf, TIMEOUT_EXPIRED } from './failure.js';
import { askHttp2 } from './probe-http2.js';
import { localHeader } from './proxy-protocol.js';
import type { Resolver } from './resolve.js';
import type { ResponseHead } from './response-head.js';

export interface ProbeResult {
  /** `passed`: the member answered, whatever it said. */
  reason: CheckReason;
  /** Where a connection was refused, or the name itself when it has no address. */
  address: string;
  /** What the system said when there was no connection. */
  osError: OsError | undefined;
  /** Undefined without an HTTP answer. */
  head: ResponseHead | undefined;
  /** Of GET, latin1, cut at 64 KiB; else empty. */
  body: string;
}

/** A probe under way. */
export interface Probe {
  /** Ends it; nobody is told. */
  cancel(): void;
}

const BODY_LIMIT = 65_536;
const CPING = Buffer.from([0x12, 0x34, 0x00, 0x01, 0x0a]);
const CPONG = Buffer.from([0x41, 0x42, 0x00, 0x01, 0x09]);

/** Why a connect failed, by the number of the system's error. */
const CONNECT_REASONS: Record<number, CheckReason> = { 111: 'connection refused', 110: 'connect timeout' };

/**
 * Asks a member.
 * timeout  ms for all of it
 * done     called once, unless it is cancelled before
 */
export function probe(
  member: MemberSettings,
  health: HealthCheckSettings,
  resolver: Resolver,
  timeout: number,
  done: (result: ProbeResult) => void,
): Probe {
  return new RunningProbe(member, health, resolver, timeout, done);
}

class RunningProbe implements Probe, AnswerSink {
  readonly #member: MemberSettings;
  readonly #health: HealthCheckSettings;
  readonly #done: (result: ProbeResult) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #answer: AnswerReader;
  #socket: net.Socket | undefined;
  #address = '';
  #isConnected = false;
  #isOver = false;
  #head: ResponseHead | undefined;
  #body = '';
  #pong = Buffer.alloc(0);

  constructor(
    member: MemberSettings,
    health: HealthCheckSettings,
    resolver: Resolver,
    timeout: number,
    done: (result: ProbeResult) => void,
  ) {
    this.#member = member;
    this.#health = health;
    this.#done = done;
    this.#answer = new AnswerReader(this, member.responsefieldsize);
    this.#timer = setTimeout(
      () =>
        this.#isConnected
          ? this.#end('no answer in time', undefined)
          : this.#end('connect timeout', TIMEOUT_EXPIRED),
      timeout,
    );
    if (member.socketPath !== undefined) {
      this.#address = member.host;
      this.#open([member.socketPath], 0);
      return;
    }
    resolver.resolve(member.host, member.addressttl, (error, addresses) => {
      if (this.#isOver) return;
      this.#address = member.host;
      if (addresses.length > 0) this.#open(addresses, 0);
      else this.#end('name not found', error === undefined ? undefined : osErrorOf(error));
    });
  }

  cancel(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#answer.stop();
    this.#socket?.destroy();
  }

  /** Tries a name's addresses in order. */
  #open(addresses: readonly string[], at: number): void {
    const { host, port, socketPath, proxyProtocol } = this.#member;
    const address = addresses[at] as string;
    this.#address = address;
    const where = socketPath === undefined ? { host: address, port } : { path: socketPath };
    const isTls = isSecure(this.#member);
    // httpd differs: a check does not judge the certificate; whether requests would is a matter of SSLProxyVerify.
    const socket = isTls
      ? tls.connect({
          ...(proxyProtocol === undefined
            ? where
            : { socket: this.#below(where, localHeader(proxyProtocol)) }),
          rejectUnauthorized: false,
          ...(this.#member.scheme === 'h2' ? { ALPNProtocols: ['h2'] } : {}),
          ...(net.isIP(host) === 0 ? { servername: host } : {}),
        })
      : this.#below(where, proxyProtocol === undefined ? undefined : localHeader(proxyProtocol));
    let hasTcp = false;
    this.#socket = socket;
    socket.once('connect', () => {
      hasTcp = true;
    });
    socket.once(isTls ? 'secureConnect' : 'connect', () => this.#onConnect(socket));
    if (!this.#asksHttp2) socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#isOver || socket !== this.#socket) return;
      if (this.#isConnected) this.#onClose();
      else if (hasTcp) this.#end('tls handshake', undefined);
      else if (at + 1 < addresses.length) this.#open(addresses, at + 1);
      else {
        const osError = osErrorOf(error);
        this.#end(CONNECT_REASONS[osError.number] ?? 'unreachable', osError);
      }
    });
    socket.on('close', () => {
      if (!this.#isOver && socket === this.#socket) this.#onClose();
    });
  }

  /** A socket that sends a PROXY protocol header first, where the member wants one. */
  #below(where: net.NetConnectOpts, prelude: Buffer | undefined): net.Socket {
    const socket = net.connect(where);
    if (prelude !== undefined) socket.write(prelude);
    socket.on('error', (error) => this.#socket?.destroy(error));
    return socket;
  }

  get #asksHttp2(): boolean {
    const { scheme } = this.#member;
    const { method } = this.#health;
    return (scheme === 'h2' || scheme === 'h2c') && method !== 'TCP' && method !== 'CPING';
  }

  #onConnect(socket: net.Socket): void {
    if (this.#isOver) return;
    this.#isConnected = true;
    const { method } = this.#health;
    if (method === 'TCP') this.#end('passed', undefined);
    else if (this.#asksHttp2) this.#askHttp2(socket);
    else if (method === 'CPING') socket.write(CPING);
    else {
      this.#answer.begin(method.startsWith('HEAD'), '');
      const { verb, target, authority } = this.#question();
      const version = method.endsWith('11') ? 1 : 0;
      socket.write(`${verb} ${target} HTTP/1.${version}\r\nHost: ${authority}\r\n\r\n`);
    }
  }

  #askHttp2(socket: net.Socket): void {
    const isTls = isSecure(this.#member);
    if (isTls && (socket as tls.TLSSocket).alpnProtocol !== 'h2') {
      this.onBroken();
      return;
    }
    const { verb, target, authority } = this.#question();
    const headers = { ':method': verb, ':scheme': isTls ? 'https' : 'http', ':path': target };
    askHttp2(socket, { ...headers, ':authority': authority }, this);
  }

  #question(): { verb: string; target: string; authority: string } {
    const { host, port, path } = this.#member;
    const { method } = this.#health;
    const { uri } = this.#health;
    const verb = method.replace('11', '');
    const own = path + (path !== '' && uri !== '' ? '/' : '') + uri;
    // httpd differs: it asks for the empty path where neither the member nor hcuri has one, which no server takes.
    const target = verb === 'OPTIONS' ? '*' : own === '' ? '/' : own;
    const name = host.includes(':') ? `[${host}]` : host;
    return { verb, target, authority: `${name}:${port}` };
  }

  #onBytes(bytes: Buffer): void {
    if (this.#isOver) return;
    if (this.#health.method !== 'CPING') {
      this.#answer.read(bytes, bytes.length);
      return;
    }
    this.#pong = Buffer.concat([this.#pong, bytes]);
    if (this.#pong.length < CPONG.length) return;
    const isPong = this.#pong.subarray(0, CPONG.length).equals(CPONG);
    this.#end(isPong ? 'passed' : 'not an answer', undefined);
  }

  /** The member has ended: good for a body that ends with the connection. */
  #onClose(): void {
    if (this.#head !== undefined && this.#answer.phase === 'until-close') this.onEnd();
    else this.#end(this.#isConnected ? 'connection closed' : 'tls handshake', undefined);
  }

  // --- the answer

  onInterim(): void {}

  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void {
    this.#head = head;
    if (body !== undefined) this.#keep(body);
    if (isLast || !this.#health.method.startsWith('GET')) this.onEnd();
  }

  onData(chunk: Buffer, isLast: boolean): void {
    this.#keep(chunk);
    if (isLast || this.#body.length >= BODY_LIMIT) this.onEnd();
  }

  onEnd(): void {
    this.#end('passed', undefined);
  }

  /** Never: none is asked for. */
  onUpgrade(): void {}

  onBroken(): void {
    this.#end('not an answer', undefined);
  }

  #keep(chunk: Buffer): void {
    this.#body += chunk.toString('latin1', 0, Math.max(BODY_LIMIT - this.#body.length, 0));
  }

  #end(reason: CheckReason, osError: OsError | undefined): void {
    if (this.#isOver) return;
    this.cancel();
    this.#done({ reason, address: this.#address, osError, head: this.#head, body: this.#body });
  }
}
