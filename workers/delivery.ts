/**
 * One request on its way to a member and back: pick, connect, send, hear the answer; fail over while that is safe.
 *
 *   prefetch body → pick → connect → send head and body → head → body → done
 *                     ↑_______|  another member: nothing was sent, the body is still here
 *                  ↑____________________|  once more: a reused connection closed before any answer, request repeatable
 *
 * What becomes of the request's body meanwhile stands in request-body.ts.
 * Everything counted on the scoreboard is given back in #release, which every way out passes.
 * Source: httpd 2.4, mod_proxy.c (proxy_handler's loop), mod_proxy_http, mod_proxy_balancer. Any worker thread.
 */
import { Attempts } from './attempts.js';
import type { Balancer, NoPick } from './balancer.js';
import { type DeliveryTools, type Destination, mayConverse } from './destination.js';
import {
  ejectedLine,
  failureLines,
  forcedLine,
  NO_PICK_CODES,
  noPickLine,
  noticeLine,
} from './failure-lines.js';
import type { Job } from './job.js';
import { isUsable, type MemberSettings } from './member.js';
import type { Taker } from './pool.js';
import type { Report } from './reporter.js';
import { RequestBody } from './request-body.js';
import { isFull, isIdempotent, isStale, mayLeave } from './retry.js';
import type { ErrorReason } from './scoreboard.js';
import type { Conversation, UpstreamConnection } from './upstream/connection.js';
import { type Failure, failureOf, isBlameless, type OsError, TIMEOUT_EXPIRED } from './upstream/failure.js';
import type { ResponseHead } from './upstream/response-head.js';
import type { Tunnel } from './upstream/tunnel.js';
import { waitForMember } from './waiting.js';

export type { DeliveryTools, Destination } from './destination.js';

export class Delivery implements Taker, Conversation {
  readonly #job: Job;
  readonly #tools: DeliveryTools;
  readonly #destination: Destination;
  #member: MemberSettings | undefined;
  #connection: UpstreamConnection | undefined;
  /** Slot whose busy count this request holds, -1 for none; the earlier ones are the attempts'. */
  #held = -1;
  #attempts: Attempts | undefined;
  /** Ms since the epoch when this attempt began. */
  #startedAt = 0;
  /** A connection is being asked for: one that comes meanwhile was there at once. */
  #isTaking = false;
  #hasRepeated = false;
  #isOver = false;
  /** Undefined for a request without one. */
  readonly #body: RequestBody | undefined;
  #isStarted = false;
  #bytesSent = 0;
  #waitTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;

  constructor(job: Job, destination: Destination, tools: DeliveryTools) {
    this.#job = job;
    this.#tools = tools;
    this.#destination = destination;
    this.#body = job.bodyLength === 0 ? undefined : new RequestBody(job, !mayConverse(destination));
  }

  /**
   * Begins; with a body the member is only asked once enough of it has come by pushBody.
   * now  ms since the epoch
   */
  start(now: number): void {
    if (this.#body?.waits !== true) this.#attempt(now);
  }

  /** A piece of the request's body, owned by the delivery from here on. */
  pushBody(chunk: Buffer, isLast: boolean): void {
    const body = this.#body;
    if (this.#isOver || body === undefined) return;
    if (body.isStreaming) {
      const connection = this.#connection;
      if (connection === undefined) return;
      this.#bytesSent += chunk.length;
      if (!body.stream(chunk, isLast, connection)) this.#job.pauseBody();
      return;
    }
    if (!body.keep(chunk, isLast)) return;
    if (!isLast) this.#job.pauseBody();
    if (!this.#isStarted) this.#attempt(Date.now());
  }

  get job(): Job {
    return this.#job;
  }

  /** The client takes more of the answer. */
  resume(): void {
    this.#connection?.resume();
  }

  /** The client is gone: ends everything, tells nobody. */
  cancel(): void {
    if (this.#isOver) return;
    const pool = this.#member === undefined ? undefined : this.#tools.poolOf(this.#member);
    if (this.#connection !== undefined) {
      this.#connection.destroy();
      this.#countTraffic(this.#connection);
      this.#giveBack();
    } else pool?.forget(this);
    this.#release();
  }

  // --- picking

  /** after: what the last member failed with, when no member is to be asked twice. */
  #attempt(now: number, after?: Failure): void {
    this.#isStarted = true;
    this.#startedAt = now;
    const { balancer, member } = this.#destination;
    if (balancer === undefined) {
      this.#tools.board.elect(member.slot);
      this.#tools.board.enter(member.slot);
      this.#use(member);
      return;
    }
    const picked = balancer.pick(
      this.#job,
      now,
      after === undefined ? undefined : this.#attempts?.tried(this.#held),
    );
    if (balancer.notice !== '') this.#reportNotice(balancer);
    if (typeof picked !== 'string') this.#use(picked);
    else if (after !== undefined) this.#fail(after, undefined);
    else if (picked === 'none' && balancer.settings.timeout > 0) {
      // Nobody is usable: looks again for as long as the balancer's timeout says.
      this.#waitTimer = waitForMember(balancer, this.#job, now, (found) => {
        if (typeof found === 'string') this.#noMember(balancer, found);
        else this.#use(found);
      });
    } else this.#noMember(balancer, picked);
  }

  #nextAttempt(balancer: Balancer): boolean {
    this.#attempts ??= new Attempts(balancer);
    return this.#attempts.next();
  }

  #reportNotice(balancer: Balancer): void {
    this.#report(noticeLine(balancer.notice));
    balancer.notice = '';
  }

  #noMember({ settings, route }: Balancer, why: NoPick): void {
    this.#report(noPickLine(settings.name, why, route));
    this.#fail(failureOf(NO_PICK_CODES[why]), undefined);
  }

  #use(member: MemberSettings): void {
    this.#member = member;
    if (this.#held >= 0) this.#attempts?.slots.push(this.#held);
    this.#held = member.slot;
    this.#job.onPick(member, this.#destination.balancer);
    this.#take(member, this.#job.manner?.isFresh === true);
  }

  #take(member: MemberSettings, isFresh: boolean): void {
    const timeout = member.connectiontimeout ?? member.timeout ?? this.#job.timeout;
    this.#isTaking = true;
    this.#tools.poolOf(member).take(this, timeout, isFresh);
    this.#isTaking = false;
  }

  // --- connecting and sending

  onConnection(connection: UpstreamConnection): void {
    this.#connection = connection;
    if (this.#isOver) {
      this.#giveBack();
      return;
    }
    const job = this.#job;
    const member = this.#member as MemberSettings;
    const timeout = member.timeout ?? job.timeout;
    // A balancer's path is appended to the member's own; to a member alone the job says the whole path.
    const path = this.#destination.balancer === undefined ? job.path : member.path + job.path;
    const withPing = member.ping !== undefined && (this.#body !== undefined || member.scheme === 'ajp');
    const now = this.#isTaking && !withPing ? this.#startedAt : Date.now();
    if (withPing) this.#pingTimer = setTimeout(() => this.#onPingTimeout(), member.ping);
    this.#bytesSent = connection.converse(this, job, path, this.#body, withPing, timeout, now);
    if (!withPing) this.#afterBodyStart(connection);
  }

  #afterBodyStart(connection: UpstreamConnection): void {
    if (this.#body === undefined || this.#body.isComplete) {
      connection.finishRequest();
      return;
    }
    this.#body.isStreaming = true;
    this.#job.resumeBody();
  }

  onDrain(): void {
    if (this.#body?.isStreaming === true && !this.#body.isComplete) this.#job.resumeBody();
  }

  #onPingTimeout(): void {
    this.#connection?.destroy();
    const isAjp = this.#member?.scheme === 'ajp';
    this.#fallible(failureOf(isAjp ? 'E_AJP_PING' : 'E_UPSTREAM_PING'), TIMEOUT_EXPIRED);
  }

  // --- the answer

  onInterim(head: ResponseHead): void {
    this.#job.onInterim(head);
  }

  onContinue(): void {
    const connection = this.#connection as UpstreamConnection;
    this.#stopPing();
    const body = this.#body?.kept();
    if (body !== undefined) {
      this.#bytesSent += body.length;
      connection.write(body);
    }
    this.#afterBodyStart(connection);
  }

  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void {
    if (this.#pingTimer !== undefined) this.#stopPing();
    const { balancer } = this.#destination;
    if (balancer?.hears === true) this.#tell(balancer, head.status);
    if (balancer?.settings.failonstatus.includes(head.status) === true)
      this.#force(balancer, head.status, 'failonstatus');
    const isLeft = balancer?.settings.retryOn?.statuses.includes(head.status) === true;
    if (isLeft && this.#leaveAnswer(balancer, isLast)) return;
    this.#body?.drop();
    if (isLast) this.#finish();
    if (!this.#job.onHead(head, body, isLast) && !isLast) this.#connection?.pause();
  }

  onData(chunk: Buffer, isLast: boolean): void {
    if (isLast) this.#finish();
    if (!this.#job.onData(chunk, isLast) && !isLast) this.#connection?.pause();
  }

  onEnd(trailers?: string[]): void {
    this.#finish();
    this.#job.onEnd(trailers);
  }

  #tell(balancer: Balancer, status: number): void {
    const now = Date.now();
    const words = balancer.hear(this.#held, status, now - this.#startedAt, now);
    if (words === undefined) return;
    this.#report(ejectedLine(balancer.settings.name, (this.#member as MemberSettings).name, words));
  }

  /** EdgeRetry: another member may have a better answer. False when there is none to ask. */
  #leaveAnswer(balancer: Balancer, isLast: boolean): boolean {
    if (this.#body?.isGone === true || !isIdempotent(this.#job.method)) return false;
    if (!this.#nextAttempt(balancer)) return false;
    const now = Date.now();
    const picked = balancer.pick(this.#job, now, this.#attempts?.tried(this.#held));
    if (typeof picked === 'string') return false;
    const connection = this.#connection as UpstreamConnection;
    if (!isLast) connection.destroy();
    this.#countTraffic(connection);
    this.#giveBack();
    if (this.#body !== undefined) this.#body.isStreaming = false;
    this.#startedAt = now;
    this.#use(picked);
    return true;
  }

  /** The place of the member stays taken until the job ends the tunnel by cancel. */
  onUpgrade(head: ResponseHead, tunnel: Tunnel, rest: Buffer): void {
    this.#body?.drop();
    this.#job.onUpgrade(head, tunnel, rest);
  }

  /** Bytes that went to the member through the tunnel. */
  countSent(bytes: number): void {
    this.#bytesSent += bytes;
  }

  #force(balancer: Balancer, why: number | 'timeout', reason: ErrorReason): void {
    const { name, slot } = this.#member as MemberSettings;
    this.#report(forcedLine(balancer.settings.name, name, why));
    this.#tools.board.fail(slot, reason, Date.now());
  }

  #stopPing(): void {
    clearTimeout(this.#pingTimer);
    this.#pingTimer = undefined;
  }

  // --- failing

  onNoConnection(failure: Failure, line: string, osError: OsError | undefined): void {
    if (this.#isOver) return;
    if (line !== '')
      this.#report({ module: 'proxy', level: 'error', text: line, namesClient: false, osError });
    this.#fallible(failure, osError);
  }

  onFailure(failure: Failure, osError: OsError | undefined): void {
    const connection = this.#connection as UpstreamConnection;
    if (this.#pingTimer !== undefined) this.#stopPing();
    const mayRepeat =
      isStale(failure, connection, this.#job.method) && !this.#hasRepeated && this.#body?.isGone !== true;
    if (!mayRepeat) {
      this.#fallible(failure, osError);
      return;
    }
    this.#hasRepeated = true;
    if (this.#body !== undefined) this.#body.isStreaming = false;
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
    this.#job.onMiss?.(failure);
    const { balancer } = this.#destination;
    for (const line of failureLines(failure, osError, member, this.#job, balancer !== undefined))
      this.#report(line);
    if (balancer === undefined) {
      this.#fail(failure, osError);
      return;
    }
    if (balancer.hears && !isBlameless(failure)) this.#tell(balancer, 0);
    if (failure.memberError !== '') this.#tools.board.fail(member.slot, failure.memberError, Date.now());
    else if (failure.code === 'E_UPSTREAM_TIMEOUT' && balancer.settings.failontimeout)
      this.#force(balancer, 'timeout', 'no answer in time');
    const { retryOn } = balancer.settings;
    const mayGoOn =
      this.#body?.isGone !== true &&
      mayLeave(failure, isUsable(this.#tools.board.statusOf(member.slot)), retryOn, this.#job.method) &&
      this.#nextAttempt(balancer);
    if (!mayGoOn) {
      this.#fail(failure, osError);
      return;
    }
    if (this.#body !== undefined) this.#body.isStreaming = false;
    const isElsewhere = retryOn !== undefined || isFull(failure);
    this.#attempt(Date.now(), isElsewhere ? failure : undefined);
  }

  #report(line: Omit<Report, 'job'>): void {
    this.#tools.reporter.report({ ...line, job: this.#job });
  }

  #fail(failure: Failure, osError: OsError | undefined): void {
    this.#release();
    this.#job.onFail(failure, osError);
  }

  // --- ways out

  #finish(): void {
    const connection = this.#connection as UpstreamConnection;
    this.#countTraffic(connection);
    if (this.#job.manner?.closes === true) connection.destroy();
    this.#giveBack();
    this.#release();
  }

  #countTraffic(connection: UpstreamConnection): void {
    this.#tools.board.addTraffic(connection.member.slot, this.#bytesSent, connection.bytesRead);
    this.#bytesSent = 0;
  }

  #giveBack(): void {
    const connection = this.#connection as UpstreamConnection;
    this.#connection = undefined;
    this.#tools.poolOf(connection.member).give(connection);
  }

  #release(): void {
    this.#isOver = true;
    if (this.#pingTimer !== undefined) this.#stopPing();
    if (this.#waitTimer !== undefined) clearInterval(this.#waitTimer);
    if (this.#held >= 0) this.#tools.board.leave(this.#held);
    this.#held = -1;
    this.#attempts?.end(this.#tools.board);
    this.#attempts = undefined;
    this.#body?.drop();
  }
}
