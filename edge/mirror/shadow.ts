/**
 * A copy of one request on its way to a shadow member. Its body is gathered while the live member gets it, and only a whole
 * one is sent; what the shadow answers is read to its end and dropped. When both sides have answered, status and time are
 * compared. The live request hears nothing of any of this, and may be over long before.
 *
 *   tap: onBody … → all of it → Delivery → onHead → compared → read to the end → gone
 *                    too long, or broken off: skipped          time limit, no member: failed
 *
 * Thread: worker; one per request that is copied.
 */
import { Delivery, type DeliveryTools, type Destination } from '../../workers/delivery.js';
import type { Job } from '../../workers/job.js';
import type { RequestFacts } from '../../workers/upstream/request-facts.js';
import type { ResponseHead } from '../../workers/upstream/response-head.js';
import type { Outgoing } from '../outgoing.js';
import { MemberFacts } from '../proxy/member-facts.js';
import type { Request } from '../request.js';
import type { Plan } from '../route/place.js';
import type { Tap } from '../tap.js';
import type { MirrorColumn, MirrorCounts, SkipReason } from './counts.js';
import type { MirrorSettings } from './settings.js';

/** What a shadow has of its mirror. */
export interface ShadowHost {
  readonly delivery: DeliveryTools;
  readonly counts: MirrorCounts;
  /** ms, monotonic */
  clock(): number;
  onGone(shadow: Shadow): void;
  onFault(r: Request, error: unknown): void;
}

export class Shadow implements Job, Tap {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly upstreamFields: string;
  readonly cookies: string | undefined;
  readonly hashKey: string;
  readonly timeout: number;
  readonly saysEmptyBody: boolean;
  readonly upgrade = '';
  readonly uri: string;
  bodyLength: number;
  readonly #request: Request;
  readonly #plan: Plan;
  readonly #settings: MirrorSettings;
  readonly #destination: Destination;
  readonly #host: ShadowHost;
  /** Its row in the counts. */
  readonly #row: number;
  #chunks: Buffer[] = [];
  #gathered = 0;
  #delivery: Delivery | undefined;
  #limit: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #isOver = false;
  /** Status and ms of both sides; 0: no answer yet. */
  #status = 0;
  #took = 0;
  #liveStatus = 0;
  #liveTook = 0;

  constructor(
    r: Request,
    plan: Plan,
    outgoing: Outgoing,
    settings: MirrorSettings,
    destination: Destination,
    row: number,
    host: ShadowHost,
  ) {
    this.method = outgoing.method;
    this.path = outgoing.path;
    this.host = outgoing.host;
    this.upstreamFields = outgoing.fields;
    this.cookies = outgoing.cookies;
    this.hashKey = plan.hashKey?.(r) ?? r.clientAddress;
    this.timeout = settings.timeout;
    this.bodyLength = outgoing.bodyLength;
    this.saysEmptyBody = outgoing.saysEmptyBody;
    this.uri = r.uri;
    this.#request = r;
    this.#plan = plan;
    this.#settings = settings;
    this.#destination = destination;
    this.#row = row;
    this.#host = host;
  }

  facts(): RequestFacts {
    return new MemberFacts(this.#request, this.#plan);
  }

  // --- the live side

  onBody(chunk: Buffer, isLast: boolean): void {
    if (this.#isOver) return;
    this.#gathered += chunk.length;
    if (this.#gathered > this.#settings.body) {
      this.#skip('body');
      return;
    }
    if (chunk.length > 0) this.#chunks.push(chunk);
    if (isLast) this.launch();
  }

  onAnswer(status: number): void {
    if (this.#liveStatus !== 0) return;
    this.#liveStatus = status;
    this.#liveTook = this.#startedAt === 0 ? 0 : this.#host.clock() - this.#startedAt;
    this.#compare();
  }

  onDone(r: Request): void {
    if (!r.isAborted) this.onAnswer(r.status);
    if (this.#startedAt === 0) this.#skip('broken');
  }

  #skip(reason: SkipReason): void {
    if (this.#isOver) return;
    this.#host.counts.add(this.#row, reason);
    this.#end();
  }

  // --- the shadow's side

  /** Sends it, once the live request has been written. */
  launch(): void {
    this.#startedAt = this.#host.clock();
    setImmediate(() => {
      try {
        this.#start();
      } catch (error) {
        this.#host.onFault(this.#request, error);
        this.#fail();
      }
    });
  }

  #start(): void {
    if (this.#isOver) return;
    this.#host.counts.add(this.#row, 'copies');
    const body = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.bodyLength = this.#gathered;
    this.#limit = setTimeout(() => this.#fail(), this.#settings.timeout);
    this.#limit.unref();
    this.#delivery = new Delivery(this, this.#destination, this.#host.delivery);
    this.#delivery.start(Date.now());
    if (this.#gathered > 0) this.#delivery.pushBody(body as Buffer, true);
  }

  pauseBody(): void {}
  resumeBody(): void {}
  onPick(): void {}
  onInterim(): void {}

  onHead({ status }: ResponseHead, _body: Buffer | undefined, isLast: boolean): boolean {
    this.#status = status;
    this.#took = this.#host.clock() - this.#startedAt;
    const column = `${Math.min(Math.max(Math.floor(status / 100), 1), 5)}xx` as MirrorColumn;
    this.#host.counts.add(this.#row, column);
    this.#compare();
    if (isLast) this.#end();
    return true;
  }

  onData(_chunk: Buffer, isLast: boolean): boolean {
    if (isLast) this.#end();
    return true;
  }

  onEnd(): void {
    this.#end();
  }

  onUpgrade(): void {
    this.cancel();
  }

  onFail(): void {
    if (this.#isOver) return;
    if (this.#status === 0) this.#host.counts.add(this.#row, 'failed');
    this.#end();
  }

  #fail(): void {
    this.#delivery?.cancel();
    this.onFail();
  }

  /** Nobody wants it any more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#delivery?.cancel();
    this.#end();
  }

  #compare(): void {
    const { counts } = this.#host;
    if (this.#status === 0 || this.#liveStatus === 0) return;
    counts.add(this.#row, this.#status === this.#liveStatus ? 'same' : 'different');
    counts.add(this.#row, 'shadowTime', this.#took);
    counts.add(this.#row, 'liveTime', this.#liveTook);
    if (this.#took > this.#liveTook) counts.add(this.#row, 'slower');
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#limit);
    this.#chunks = [];
    this.#host.onGone(this);
  }
}
