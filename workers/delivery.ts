/**
 * One request on its way to a member and back: pick, connect, send, hear the answer; fail over while that is safe.
 *
 *   prefetch body → pick → connect → send head and body → head → body → done
 *                     ↑_______|  another member: nothing was sent, the body is still here
 *                  ↑____________________|  once more: a reused connection closed before any answer, request repeatable
 *
 * The first PREFETCH_BYTES of a body are kept until an answer comes; a longer body is streamed and can not be repeated.
 * Everything counted on the scoreboard is given back in #release, which every way out passes.
 * Source: httpd 2.4, mod_proxy.c (proxy_handler's loop), mod_proxy_http, mod_proxy_balancer. Any worker thread.
 */
import type { Balancer } from './balancer.js';
import type { Job } from './job.js';
import { isUsable, type MemberSettings } from './member.js';
import type { Pool, PoolTools, Taker } from './pool.js';
import type { Report, Reporter } from './reporter.js';
import {
  type Failure,
  type FailureCode,
  failureOf,
  type OsError,
  TIMEOUT_EXPIRED,
} from './upstream/failure.js';
import type { Conversation, Http1Connection } from './upstream/http1.js';
import type { ResponseHead } from './upstream/response-head.js';

/** Body bytes that are read before a member is asked, and kept for failover (httpd: MAX_MEM_SPOOL). */
const PREFETCH_BYTES = 16384;
/** RFC 9110 9.2.2: may be repeated without being asked. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** How often a balancer with a timeout looks for a usable member: httpd divides it by 100. */
const WAIT_STEPS = 100;

/** Where a request goes: to a balancer's pick, or to one member. */
export type Destination =
  | { balancer: Balancer; member: undefined }
  | { balancer: undefined; member: MemberSettings };

export interface DeliveryTools extends PoolTools {
  reporter: Reporter;
  poolOf(slot: number): Pool;
}

export class Delivery implements Taker, Conversation {
  readonly #job: Job;
  readonly #tools: DeliveryTools;
  readonly #destination: Destination;
  #member: MemberSettings | undefined;
  #connection: Http1Connection | undefined;
  /** Slot whose busy count this request holds, -1 for none; after a failover the earlier ones too. */
  #held = -1;
  #heldBefore: number[] | undefined;
  #attempts = 0;
  /** Ms since the epoch when this attempt began. */
  #startedAt = 0;
  /** A connection is being asked for: one that comes meanwhile was there at once. */
  #isTaking = false;
  #hasRepeated = false;
  #isOver = false;
  #hasHead = false;

  #body: Buffer[] | undefined;
  #bodyBytes = 0;
  #isBodyComplete: boolean;
  #isStarted = false;
  /** The kept part of the body has been sent: what comes now goes straight to the connection. */
  #isStreaming = false;
  /** Something was sent that is not kept any more. */
  #isBodyGone = false;
  /** The body goes to the member chunked, as the head said. */
  #isChunked = false;
  #bytesSent = 0;
  #waitTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;

  constructor(job: Job, destination: Destination, tools: DeliveryTools) {
    this.#job = job;
    this.#tools = tools;
    this.#destination = destination;
    this.#isBodyComplete = job.bodyLength === 0;
  }

  /**
   * Begins; with a body the member is only asked once enough of it has come by pushBody.
   * now  ms since the epoch
   */
  start(now: number): void {
    if (this.#isBodyComplete) this.#begin(now);
  }

  /** A piece of the request's body, owned by the delivery from here on. */
  pushBody(chunk: Buffer, isLast: boolean): void {
    if (this.#isOver) return;
    this.#isBodyComplete = isLast;
    if (this.#isStreaming) {
      this.#streamBody(chunk, isLast);
      return;
    }
    if (chunk.length > 0) {
      this.#body ??= [];
      this.#body.push(chunk);
    }
    this.#bodyBytes += chunk.length;
    if (!isLast && this.#bodyBytes < PREFETCH_BYTES) return;
    if (!isLast) this.#job.pauseBody();
    if (!this.#isStarted) this.#begin(Date.now());
  }

  /** The client takes more of the answer. */
  resume(): void {
    this.#connection?.resume();
  }

  /** The client is gone: ends everything, tells nobody. */
  cancel(): void {
    if (this.#isOver) return;
    const pool = this.#member === undefined ? undefined : this.#tools.poolOf(this.#member.slot);
    if (this.#connection !== undefined) {
      this.#connection.destroy();
      this.#giveBack();
    } else pool?.forget(this);
    this.#release();
  }

  // --- picking

  #begin(now: number): void {
    this.#isStarted = true;
    this.#attempt(now);
  }

  #attempt(now: number): void {
    this.#startedAt = now;
    const { balancer, member } = this.#destination;
    if (balancer === undefined) {
      this.#tools.board.elect(member.slot);
      this.#tools.board.enter(member.slot);
      this.#use(member);
      return;
    }
    const picked = balancer.pick(this.#job.path, this.#job.cookies, now);
    if (typeof picked !== 'string') this.#use(picked);
    else if (picked === 'none' && balancer.settings.timeout > 0) this.#wait(balancer, now);
    else this.#noMember(balancer, picked);
  }

  /** Nobody is usable: looks again for as long as the balancer's timeout says. */
  #wait(balancer: Balancer, since: number): void {
    const { timeout } = balancer.settings;
    this.#waitTimer = setInterval(
      () => {
        const now = Date.now();
        const picked = balancer.pick(this.#job.path, this.#job.cookies, now);
        if (typeof picked === 'string' && now - since < timeout) return;
        clearInterval(this.#waitTimer);
        if (typeof picked === 'string') this.#noMember(balancer, picked);
        else this.#use(picked);
      },
      Math.max(timeout / WAIT_STEPS, 1),
    );
  }

  #noMember(balancer: Balancer, why: 'empty' | 'none' | 'route'): void {
    const { name } = balancer.settings;
    const [text, code] = {
      empty: [`AH01171: ${name}: No workers in balancer`, 'E_BALANCER_EMPTY'],
      none: [`AH01170: ${name}: All workers are in error state`, 'E_BALANCER_NONE'],
      route: [
        `AH01167: ${name}: All workers are in error state for route (${balancer.route})`,
        'E_BALANCER_ROUTE',
      ],
    }[why] as [string, FailureCode];
    this.#report('proxy_balancer', 'error', text);
    this.#fail(failureOf(code), undefined);
  }

  #use(member: MemberSettings): void {
    this.#member = member;
    if (this.#held >= 0) {
      this.#heldBefore ??= [];
      this.#heldBefore.push(this.#held);
    }
    this.#held = member.slot;
    this.#job.onPick(member, this.#destination.balancer);
    this.#take(member, false);
  }

  #take(member: MemberSettings, isFresh: boolean): void {
    const timeout = member.connectiontimeout ?? member.timeout ?? this.#job.timeout;
    this.#isTaking = true;
    this.#tools.poolOf(member.slot).take(this, timeout, isFresh);
    this.#isTaking = false;
  }

  // --- connecting and sending

  onConnection(connection: Http1Connection): void {
    this.#connection = connection;
    if (this.#isOver) {
      this.#giveBack();
      return;
    }
    const member = this.#member as MemberSettings;
    const withPing = member.ping !== undefined && this.#job.bodyLength !== 0;
    const head = this.#requestHead(member, withPing);
    this.#bytesSent = head.length;
    const timeout = member.timeout ?? this.#job.timeout;
    if (withPing) {
      connection.converse(this, this.#job.method, head, undefined, timeout, Date.now());
      this.#pingTimer = setTimeout(() => this.#onPingTimeout(), member.ping);
    } else {
      const now = this.#isTaking ? this.#startedAt : Date.now();
      connection.converse(this, this.#job.method, head, this.#bodyWithHead(), timeout, now);
      this.#afterBodyStart(connection);
    }
  }

  #requestHead(member: MemberSettings, withPing: boolean): string {
    const job = this.#job;
    const host = job.host === '' ? hostField(member) : job.host;
    let framing = '';
    if (job.bodyLength !== 0) {
      this.#isChunked = !this.#isBodyComplete && job.bodyLength < 0;
      const length = this.#isBodyComplete ? this.#bodyBytes : job.bodyLength;
      framing = this.#isChunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${length}\r\n`;
    } else if (job.saysEmptyBody) framing = 'Content-Length: 0\r\n';
    const expect = withPing ? 'Expect: 100-continue\r\n' : '';
    const connection = member.reuse ? 'Keep-Alive' : 'close';
    // A balancer's path is appended to the member's own; to a member alone the job says the whole path.
    const path = this.#destination.balancer === undefined ? job.path : member.path + job.path;
    return `${job.method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${job.upstreamFields}${expect}${framing}Connection: ${connection}\r\n\r\n`;
  }

  /** What is there of the body, framed as the head said. */
  #bodyWithHead(): Buffer | undefined {
    const pieces = this.#body;
    if (pieces === undefined) return undefined;
    this.#bytesSent += this.#bodyBytes;
    const body = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    return this.#isChunked ? chunkOf(body) : body;
  }

  #afterBodyStart(connection: Http1Connection): void {
    if (this.#isBodyComplete) {
      connection.finishRequest();
      return;
    }
    this.#isStreaming = true;
    this.#job.resumeBody();
  }

  #streamBody(chunk: Buffer, isLast: boolean): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#dropBody();
    this.#bytesSent += chunk.length;
    let isTaken = true;
    if (chunk.length > 0) isTaken = connection.write(this.#isChunked ? chunkOf(chunk) : chunk);
    if (isLast) {
      if (this.#isChunked) connection.write('0\r\n\r\n');
      connection.finishRequest();
    } else if (!isTaken) this.#job.pauseBody();
  }

  /** The kept part of the body is of no use once more was sent. */
  #dropBody(): void {
    this.#isBodyGone = true;
    this.#body = undefined;
  }

  onDrain(): void {
    if (this.#isStreaming && !this.#isBodyComplete) this.#job.resumeBody();
  }

  #onPingTimeout(): void {
    this.#connection?.destroy();
    this.#fallible(failureOf('E_UPSTREAM_PING'), TIMEOUT_EXPIRED);
  }

  // --- the answer

  onInterim(head: ResponseHead): void {
    const connection = this.#connection as Http1Connection;
    if (head.status === 100 && this.#pingTimer !== undefined) {
      this.#stopPing();
      const body = this.#bodyWithHead();
      if (body !== undefined) connection.write(body);
      this.#afterBodyStart(connection);
      return;
    }
    this.#job.onInterim(head);
  }

  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void {
    if (this.#pingTimer !== undefined) this.#stopPing();
    this.#hasHead = true;
    this.#dropBody();
    const { balancer } = this.#destination;
    if (balancer?.settings.failonstatus.includes(head.status) === true)
      this.#failOnStatus(balancer, head.status);
    if (isLast) this.#finish();
    this.#job.onHead(head, body, isLast);
  }

  onData(chunk: Buffer, isLast: boolean): void {
    if (isLast) this.#finish();
    if (!this.#job.onData(chunk, isLast) && !isLast) this.#connection?.pause();
  }

  onEnd(): void {
    this.#finish();
    this.#job.onEnd();
  }

  #failOnStatus(balancer: Balancer, status: number): void {
    const member = this.#member as MemberSettings;
    this.#report(
      'proxy_balancer',
      'error',
      `AH01174: ${balancer.settings.name}: Forcing worker (${member.name}) into error state due to status code ${status} matching 'failonstatus' balancer parameter`,
    );
    this.#tools.board.fail(member.slot, 'failonstatus', Date.now());
  }

  #stopPing(): void {
    clearTimeout(this.#pingTimer);
    this.#pingTimer = undefined;
  }

  // --- failing

  onNoConnection(failure: Failure, line: string, osError: OsError | undefined): void {
    if (this.#isOver) return;
    if (line !== '') {
      const job = this.#job;
      this.#tools.reporter.report({
        module: 'proxy',
        level: 'error',
        text: line,
        job,
        namesClient: false,
        osError,
      });
    }
    this.#fallible(failure, osError);
  }

  onFailure(failure: Failure, osError: OsError | undefined): void {
    const connection = this.#connection as Http1Connection;
    if (this.#pingTimer !== undefined) this.#stopPing();
    const mayRepeat =
      failure.retry === 'stale' &&
      connection.served > 0 &&
      !this.#hasRepeated &&
      !this.#isBodyGone &&
      IDEMPOTENT.has(this.#job.method);
    if (!mayRepeat) {
      this.#fallible(failure, osError);
      return;
    }
    this.#hasRepeated = true;
    this.#isStreaming = false;
    this.#countTraffic(connection);
    this.#giveBack();
    this.#take(this.#member as MemberSettings, true);
  }

  /** Marks the member, then asks another one or gives up. */
  #fallible(failure: Failure, osError: OsError | undefined): void {
    const member = this.#member as MemberSettings;
    if (this.#connection !== undefined) {
      this.#countTraffic(this.#connection);
      this.#giveBack();
    }
    const { balancer } = this.#destination;
    this.#reportFailure(failure, osError, member);
    if (balancer === undefined) {
      this.#fail(failure, osError);
      return;
    }
    if (failure.memberError !== '') this.#tools.board.fail(member.slot, failure.memberError, Date.now());
    else if (failure.code === 'E_UPSTREAM_TIMEOUT' && balancer.settings.failontimeout) {
      this.#report(
        'proxy_balancer',
        'error',
        `AH02460: ${balancer.settings.name}: Forcing worker (${member.name}) into error state due to timeout and 'failontimeout' parameter being set`,
      );
      this.#tools.board.fail(member.slot, 'no answer in time', Date.now());
    }
    // A member that is still usable (flag I) is not left for another one.
    const mayGoOn =
      failure.retry === 'other' &&
      !this.#isBodyGone &&
      !isUsable(this.#tools.board.statusOf(member.slot)) &&
      this.#attempts < balancer.maxattempts;
    if (!mayGoOn) {
      this.#fail(failure, osError);
      return;
    }
    this.#attempts += 1;
    this.#isStreaming = false;
    this.#attempt(Date.now());
  }

  /** httpd's lines for what happened, which scripts look for. */
  #reportFailure(failure: Failure, osError: OsError | undefined, member: MemberSettings): void {
    const place = `${member.host}:${member.port}`;
    switch (failure.code) {
      case 'E_UPSTREAM_CONNECT': {
        if (this.#destination.balancer !== undefined) {
          const text = `AH00959: ap_proxy_connect_backend disabling worker for (${place}) for ${member.retry / 1000}s`;
          const job = this.#job;
          this.#tools.reporter.report({ module: 'proxy', level: 'error', text, job, namesClient: false });
        }
        this.#report(
          'proxy_http',
          'error',
          `AH01114: HTTP: failed to make connection to backend: ${member.host}`,
        );
        break;
      }
      case 'E_UPSTREAM_CLOSED':
      case 'E_UPSTREAM_TIMEOUT':
        this.#report(
          'proxy_http',
          'error',
          `AH01102: error reading status line from remote server ${place}`,
          osError,
        );
        this.#reportNote(failure);
        break;
      case 'E_UPSTREAM_FIELD':
        this.#report(
          'proxy_http',
          'warn',
          `AH01106: bad HTTP/1.1 header returned by ${this.#job.uri} (${this.#job.method})`,
        );
        break;
      case 'E_UPSTREAM_BODY':
        this.#report('proxy_http', 'error', 'AH01110: error reading response', osError);
        break;
      default:
        if (failure.note !== '') this.#reportNote(failure, osError);
    }
  }

  #reportNote(failure: Failure, osError?: OsError): void {
    this.#report('proxy', 'error', `AH00898: ${failure.note} returned by ${this.#job.uri}`, osError);
  }

  #report(module: Report['module'], level: Report['level'], text: string, osError?: OsError): void {
    this.#tools.reporter.report({ module, level, text, job: this.#job, namesClient: true, osError });
  }

  #fail(failure: Failure, osError: OsError | undefined): void {
    this.#release();
    this.#job.onFail(failure, osError);
  }

  // --- ways out

  #finish(): void {
    const connection = this.#connection as Http1Connection;
    this.#countTraffic(connection);
    this.#giveBack();
    this.#release();
  }

  #countTraffic(connection: Http1Connection): void {
    this.#tools.board.addTraffic(connection.member.slot, this.#bytesSent, connection.bytesRead);
    this.#bytesSent = 0;
  }

  #giveBack(): void {
    const connection = this.#connection as Http1Connection;
    this.#connection = undefined;
    this.#tools.poolOf(connection.member.slot).give(connection);
  }

  #release(): void {
    this.#isOver = true;
    if (this.#pingTimer !== undefined) this.#stopPing();
    if (this.#waitTimer !== undefined) clearInterval(this.#waitTimer);
    if (this.#held >= 0) this.#tools.board.leave(this.#held);
    this.#held = -1;
    if (this.#heldBefore !== undefined) for (const slot of this.#heldBefore) this.#tools.board.leave(slot);
    this.#heldBefore = undefined;
    this.#body = undefined;
  }

  /** Has a response head come? */
  get hasHead(): boolean {
    return this.#hasHead;
  }
}

/** A member's own Host: the port is left out where it is 80, as httpd leaves it out. */
function hostField(member: MemberSettings): string {
  const host = member.host.includes(':') ? `[${member.host}]` : member.host;
  return member.port === 80 || (member.port === 443 && member.scheme === 'https')
    ? host
    : `${host}:${member.port}`;
}

function chunkOf(data: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${data.length.toString(16)}\r\n`, 'latin1'),
    data,
    Buffer.from('\r\n', 'latin1'),
  ]);
}
