/**
 * The handler of proxied requests: joins a client's exchange with a member's delivery. It is the owner of the exchange
 * (hears of aborts and backpressure), the reader of the request's body, and the job of the delivery. All three sides
 * end in `#end`, once, whoever is first.
 *
 *   client body → readBody → Delivery.pushBody → member     member → onHead/onData → [filter] → #write → client
 *
 * Source: httpd 2.4, mod_proxy_http. Thread: worker. Every request allocates one.
 */
import type { Balancer } from '../../workers/balancer.js';
import { wallClock } from '../../workers/clock.js';
import { Delivery, type DeliveryTools, type Destination } from '../../workers/delivery.js';
import type { Job, Manner } from '../../workers/job.js';
import type { MemberSettings } from '../../workers/member.js';
import type { Deadlines } from '../../workers/upstream/deadlines.js';
import { type Failure, failureOf } from '../../workers/upstream/failure.js';
import type { RequestFacts } from '../../workers/upstream/request-facts.js';
import type { ResponseHead } from '../../workers/upstream/response-head.js';
import type { Tunnel } from '../../workers/upstream/tunnel.js';
import type { OpenCrossing } from '../crossing.js';
import { type TimedBody, timeBody } from '../engine/read-timeout.js';
import type { BodyReader, ExchangeOwner, Fields } from '../exchange.js';
import type { BodyFilter, FilterSink } from '../filter/body-filter.js';
import { authenticateOf, isOverridden } from '../http/error-override.js';
import { addVia } from '../http/via.js';
import { endTry } from '../log/tries.js';
import { type Outgoing, REFUSED_BODIES, type RequestEnd } from '../outgoing.js';
import type { Request } from '../request.js';
import { answer, sendHead, sendUpgrade, sendWhole } from '../respond.js';
import type { Plan } from '../route/place.js';
import { MemberFacts } from './member-facts.js';
import { PickVariables } from './pick-variables.js';
import { mannerOf } from './proxy-manner.js';
import { applyRules } from './response-rules.js';

export class ProxyHandler implements Job, ExchangeOwner, BodyReader, FilterSink {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly upstreamFields: string;
  readonly cookies: string | undefined;
  readonly timeout: number;
  readonly bodyLength: number;
  readonly saysEmptyBody: boolean;
  readonly upgrade: string;
  readonly manner: Manner | undefined;
  readonly request: Request;
  readonly #plan: Plan;
  readonly #end: RequestEnd;
  readonly #delivery: Delivery;
  readonly #deadlines: Deadlines;
  /** The request's body has been read to its end. */
  #isBodyRead: boolean;
  #hasEnded = false;
  /** The client is gone; the cache wants the rest. */
  #isForCache = false;
  /** The head of a member's answer has been handed to the engine. */
  #hasHead = false;
  #isBodyRefused = false;
  /** Bytes that the request's body may have, 0 for any number (LimitRequestBody). */
  readonly #bodyLimit: number;
  #timed: TimedBody | undefined;
  /** Encodes the answer; undefined for nearly all. */
  #filter: BodyFilter | undefined;
  #member: MemberSettings | undefined;
  /** Time of the last pick, for the tally. */
  #pickedAt = 0;

  constructor(
    request: Request,
    plan: Plan,
    destination: Destination,
    outgoing: Outgoing,
    tools: DeliveryTools,
    end: RequestEnd,
  ) {
    const { server } = request;
    this.request = request;
    this.method = outgoing.method;
    this.path = outgoing.path;
    this.host = outgoing.host;
    this.upstreamFields = outgoing.fields;
    this.cookies = outgoing.cookies;
    this.timeout = server.proxy.timeout ?? server.timeout;
    this.bodyLength = outgoing.bodyLength;
    this.saysEmptyBody = outgoing.saysEmptyBody;
    this.manner = mannerOf(request);
    this.upgrade = outgoing.upgrade;
    this.#plan = plan;
    this.#end = end;
    this.#isBodyRead = outgoing.bodyLength === 0;
    this.#deadlines = tools.deadlines;
    this.#bodyLimit = plan.place.limitRequestBody ?? 0;
    this.#delivery = new Delivery(this, destination, tools);
  }

  /** Starts; the body, if there is one, is asked for at once, before the engine's handler returns. */
  start(): void {
    this.request.exchange.attach(this);
    this.request.caching?.begin(this.#plan.place);
    this.#delivery.start(this.request.startedAt);
    if (this.#isBodyRead) return;
    this.#timed = timeBody(this, this.request, this.#deadlines, () => this.#refuseBody(408));
    this.request.readBody(this.#timed ?? this);
  }

  get uri(): string {
    return this.request.uri;
  }

  /** Made when a balancer asks, which only one that hashes does. */
  get hashKey(): string {
    return this.#plan.hashKey?.(this.request) ?? this.request.clientAddress;
  }

  facts(): RequestFacts {
    return new MemberFacts(this.request, this.#plan);
  }

  // --- the client's side

  onBody(chunk: Buffer, isLast: boolean): void {
    this.#isBodyRead = isLast;
    this.request.bodyBytesRead += chunk.length;
    if (this.request.bodyBytesRead > this.#bodyLimit && this.#bodyLimit > 0) this.#refuseBody(413);
    else {
      this.request.tap?.onBody(chunk, isLast);
      this.#delivery.pushBody(chunk, isLast);
    }
  }

  onBodyBroken(): void {
    this.#refuseBody(400);
  }
  /** The body can not be passed on: what a member has of it is lost with its connection. */
  #refuseBody(status: 400 | 408 | 413): void {
    if (this.#hasEnded || this.#isBodyRefused) return;
    this.#isBodyRefused = true;
    this.#delivery.cancel();
    this.request.exchange.closeAfter();
    if (this.#hasHead) this.#cut();
    else answer(this.request, this.#plan, { status, code: REFUSED_BODIES[status] }, this.#end);
  }

  /** Nothing that has begun can be ended well: the client's connection goes. */
  #cut(): void {
    this.#filter?.destroy();
    this.request.exchange.abort();
    this.request.isAborted = true;
    this.#finish();
  }

  onClientAbort(): void {
    if (this.#hasEnded) return;
    this.request.isAborted = true;
    this.#isForCache = this.request.caching?.isWanted === true;
    if (this.#isForCache) this.onClientWritable();
    else this.#leaveMember();
    this.#finish();
  }
  onClientWritable(): void {
    if (this.#filter === undefined) this.#delivery.resume();
    else this.#filter.resume();
  }
  onResponseEnd(): void {
    this.#finish();
  }

  #finish(): void {
    if (!this.#isForCache) this.request.caching?.finish();
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timed?.end();
    this.#end.onRequestEnd(this.request);
  }

  // --- the member's side

  pauseBody(): void {
    this.#timed?.pause(Date.now());
    this.request.exchange.pauseBody();
  }
  resumeBody(): void {
    this.#timed?.resume(Date.now());
    if (!this.#hasEnded) this.request.exchange.resumeBody();
  }

  onPick(member: MemberSettings, balancer: Balancer | undefined): void {
    this.#member = member;
    if (this.#end.tally !== undefined) this.#pickedAt = wallClock();
    const r = this.request;
    r.tries?.push({ member: member.name, startedAt: wallClock(), endedAt: 0, failure: '' });
    if (balancer === undefined) return;
    r.pendingVariables = new PickVariables(member, balancer);
    if (balancer.route === '') return;
    r.note('session-route', balancer.route);
    r.note('session-sticky', balancer.routeName);
  }

  onMiss({ code }: Failure): void {
    endTry(this.request.tries, wallClock(), code);
  }

  onInterim(head: ResponseHead): void {
    this.request.exchange.inform(head.status, head.reason, head.fields);
  }

  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): boolean {
    try {
      return this.#passHead(head, body, isLast);
    } catch (error) {
      this.#fault(error);
      return true;
    }
  }

  /** One request's fault must not take the thread's other requests with it. */
  #fault(error: unknown): void {
    this.#end.onFault(this.request, error);
    this.#delivery.cancel();
    this.request.caching?.finish();
    this.request.exchange.fault();
  }

  #passHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): boolean {
    this.#end.tally?.countAnswer(this.#member?.slot ?? 0, head.status, wallClock() - this.#pickedAt);
    const r = this.request;
    r.tap?.onAnswer(head.status);
    r.status = head.status;
    r.reason = head.reason;
    r.responseFields = head.fields;
    if (isOverridden(this.#plan.place.errorOverride, head.status)) {
      if (r.caching?.onFail() === true) return this.#leaveToCache();
      this.#leaveMember();
      this.#leaveBody();
      const fields = authenticateOf(head);
      const what = { status: head.status, reason: head.reason, code: 'E_UPSTREAM_STATUS', fields };
      answer(r, this.#plan, what, this.#end);
      return true;
    }
    const filter = applyRules(r, this.#plan, head, isLast ? (body?.length ?? 0) : -1);
    const { caching } = r;
    if (caching?.onHead(filter === undefined ? head.length : -1) === true) return this.#leaveToCache();
    this.#hasHead = true;
    if (filter !== undefined) return this.#passFiltered(filter, head.length, body, isLast);
    if (isLast) {
      this.#leaveBody();
      if (body !== undefined) caching?.onData(body);
      caching?.onEnd();
      sendWhole(r, body, body === undefined || body.length !== head.length ? head.length : undefined);
      return true;
    }
    sendHead(r, head.length);
    return body === undefined || this.#write(body);
  }

  onUpgrade(head: ResponseHead, tunnel: Tunnel, rest: Buffer): void {
    try {
      this.#cross(head, tunnel, rest);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** From here on the connection is no exchange any more: what is left to be done is done at the crossing's end. */
  #cross(head: ResponseHead, member: Tunnel, rest: Buffer): void {
    const r = this.request;
    r.status = head.status;
    r.reason = head.reason;
    r.responseFields = head.fields;
    addVia(r); // An interim response, for which no header rules hold.
    this.#hasHead = true;
    let open: OpenCrossing | undefined;
    open = sendUpgrade(r, {
      protocol: head.upgrade,
      member,
      rest,
      idle: Math.max(r.server.timeout, this.#member?.timeout ?? this.timeout),
      deadlines: this.#deadlines,
      onEnd: (sent) => {
        if (open !== undefined) this.#end.onCrossingEnd(open);
        r.bodyBytesRead += sent;
        this.#delivery.countSent(sent);
        this.#delivery.cancel();
        this.#finish();
      },
    });
    if (open !== undefined) {
      if (!this.#hasEnded) this.#end.onCrossing(open);
      return;
    }
    this.#delivery.cancel();
    this.onFail(failureOf('E_UPSTREAM_UPGRADE', { note: 'Bad WebSocket handshake' }));
  }

  /** The cache has answered instead and owns the exchange: what else comes of the member is nobody's. */
  #leaveToCache(): boolean {
    this.#delivery.cancel();
    this.#hasEnded = true;
    this.request.caching?.finish();
    return true;
  }

  #leaveMember(): void {
    this.#delivery.cancel();
    this.#filter?.destroy();
    this.request.caching?.finish();
  }

  get #isUnwanted(): boolean {
    return this.#hasEnded && !this.#isForCache;
  }

  onData(chunk: Buffer, isLast: boolean): boolean {
    if (this.#isUnwanted) return true;
    const isTaken = this.#filter === undefined ? this.#write(chunk, isLast) : this.#filter.write(chunk);
    if (isLast) this.onEnd();
    return isTaken;
  }

  onEnd(trailers?: Fields): void {
    if (this.#isUnwanted) return;
    this.#leaveBody();
    this.request.memberTrailers = trailers;
    if (this.#filter === undefined) this.#complete(trailers);
    else this.#filter.end();
  }

  // --- the way out: all of a body that comes in pieces passes here
  #write(chunk: Uint8Array, isLast = false): boolean {
    const { caching, exchange } = this.request;
    if (caching !== undefined) caching.onData(chunk, isLast);
    if (!this.#isForCache) return exchange.write(chunk);
    if (!isLast && caching?.isWanted !== true) this.#leaveMember();
    return true;
  }

  #complete(trailers?: Fields): void {
    this.request.caching?.onEnd();
    if (!this.#isForCache) this.request.exchange.end(trailers);
  }

  // --- the filter between

  #passFiltered(chosen: BodyFilter, length: number, body: Buffer | undefined, isLast: boolean): boolean {
    const filter = this.request.caching?.isStoring === true ? chosen.apart(length) : chosen;
    if (isLast) this.#leaveBody();
    if (isLast && body !== undefined && body.length <= filter.mostWhole) {
      const whole = filter.whole(body);
      this.request.caching?.onData(whole);
      this.request.caching?.onEnd();
      sendWhole(this.request, whole);
      return true;
    }
    this.#filter = filter;
    filter.open(this);
    sendHead(this.request, -1);
    const isTaken = body === undefined || filter.write(body);
    if (isLast) filter.end();
    return isTaken;
  }

  onFiltered(chunk: Buffer): boolean {
    return this.#isUnwanted || this.#write(chunk);
  }
  onFilteredEnd(): void {
    if (!this.#isUnwanted) this.#complete();
  }
  onFilterDrain(): void {
    this.#delivery.resume();
  }
  onFilterFault(error: Error): void {
    if (!this.#hasEnded) this.#fault(error);
    else this.#leaveMember();
  }

  onFail(failure: Failure): void {
    const r = this.request;
    r.reasonCode = failure.code;
    if (this.#isForCache || failure.code === 'E_UPSTREAM_BODY') {
      if (this.#isForCache) r.caching?.finish();
      else this.#cut();
      return;
    }
    this.#leaveBody();
    const { status, reason, note, code } = failure;
    r.tap?.onAnswer(status);
    try {
      if (r.caching?.onFail() === true) this.#leaveToCache();
      else answer(r, this.#plan, { status, reason, note, isProxyNote: true, code }, this.#end);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** A response that comes before the request's body has ended: the connection can not be used for another request. */
  #leaveBody(): void {
    if (!this.#isBodyRead) this.request.exchange.closeAfter();
  }
}
