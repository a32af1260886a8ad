/**
 * A conversation with a member, whatever protocol it is held in. A connection is got from the member's pool, told to
 * converse about one request, and given back; the protocols (http1.ts and its neighbours) implement it, open.ts chooses
 * by the member's scheme. Who asks (delivery.ts) knows this interface alone.
 *
 *   converse → write … finishRequest          onInterim … onHead → onData … → onEnd
 *
 * Thread: the worker that opened it.
 */
import type { Job } from '../job.js';
import type { MemberSettings } from '../member.js';
import type { BodySink, RequestBody } from '../request-body.js';
import type { Failure, OsError } from './failure.js';
import type { ResponseHead } from './response-head.js';
import type { Way } from './socket.js';
import type { Tunnel } from './tunnel.js';

/** What hears one request's answer. Chunks may be views on a shared read buffer: copy what must outlive the call. */
export interface Conversation {
  onInterim(head: ResponseHead): void;
  /** The member answered the ping that was asked for: the body may follow. */
  onContinue(): void;
  /** body: what came with the head, or undefined; isLast: nothing follows and onEnd is not called. */
  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void;
  /** isLast: nothing follows and onEnd is not called. */
  onData(chunk: Buffer, isLast: boolean): void;
  /** The body ended without a last chunk of its own. trailers: fields after it, as ResponseHead.fields. */
  onEnd(trailers?: string[]): void;
  /** The connection is unusable; the conversation is over. */
  onFailure(failure: Failure, osError: OsError | undefined): void;
  /** The member took what was written; the request's body may go on. */
  onDrain(): void;
  /** The member agreed to another protocol, which the connection speaks from now on. rest: what came behind the head. */
  onUpgrade(head: ResponseHead, tunnel: Tunnel, rest: Buffer): void;
}

export interface UpstreamConnection extends BodySink {
  readonly member: MemberSettings;
  /** How the member was reached; undefined for the plain way. */
  readonly way: Way | undefined;
  /** Requests answered on this connection so far. */
  readonly served: number;
  /** It was opened before anybody asked for it: its member may have closed it meanwhile, as one that has served. */
  isWarmed: boolean;
  /** Ms since the epoch when something last moved on it. */
  readonly lastActivity: number;
  /** May the next request use it? True before the first, and between the end of a clean conversation and the next. */
  readonly isReusable: boolean;
  /** Idle milliseconds the member promised to wait, 0 for no word. */
  readonly idleLimit: number;
  /** Bytes read in this conversation as httpd counts them. */
  readonly bytesRead: number;
  /** Has anything of this conversation's answer come? */
  readonly hasAnswer: boolean;
  /** Called when it ends while nobody uses it. */
  onIdleClose: ((connection: UpstreamConnection) => void) | undefined;

  /**
   * Starts a conversation: sends the request's head, and its body as far as it is kept.
   * path      whole path and query for the member
   * withPing  first asks the member whether it is there, and tells by onContinue: the body waits until then
   * timeout   ms of silence after which it fails
   * now       ms since the epoch
   * returns   bytes sent
   */
  converse(
    talk: Conversation,
    job: Job,
    path: string,
    body: RequestBody | undefined,
    withPing: boolean,
    timeout: number,
    now: number,
  ): number;
  /** Stops reading the answer: the client is slower than the member. The time-out rests meanwhile. */
  pause(): void;
  resume(): void;
  /** Ends it, whatever it is doing; nobody is told. */
  destroy(): void;
}

/** Called once: without an error when the connection is usable, with one when it never will be. */
export type OnConnect = (error: OsError | undefined, connection: UpstreamConnection) => void;
