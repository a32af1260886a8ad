/**
 * What a request asks of this room, and what it hears. The edge implements it; everything here is called on the
 * request's own thread. After onFail, onEnd or a last chunk the job hears nothing more.
 */
import type { Balancer } from './balancer.js';
import type { MemberSettings } from './member.js';
import type { Failure, OsError } from './upstream/failure.js';
import type { RequestFacts } from './upstream/request-facts.js';
import type { ResponseHead } from './upstream/response-head.js';
import type { Tunnel } from './upstream/tunnel.js';

/** httpd's variables for adjusting a proxy. */
export interface Manner {
  /** HTTP/1.0 in the request line, and a body only with its length. */
  isHttp10: boolean;
  /** The connection is closed after the answer. */
  closes: boolean;
  /** A connection that no request was sent on before. */
  isFresh: boolean;
  /** The body goes chunked even where its length is known. */
  isChunked: boolean;
}

export interface Job {
  readonly method: string;
  /** Path and query; by a balancer it is appended to the picked member's own path. */
  readonly path: string;
  /** Host field for the member; empty: the member's own name. */
  readonly host: string;
  /** Field lines, each with its CRLF; without Host, Content-Length, Transfer-Encoding, Connection, Expect. */
  readonly upstreamFields: string;
  /** Cookie field for stickiness. */
  readonly cookies: string | undefined;
  /** Value of EdgeHashKey, for balancers that hash. */
  readonly hashKey: string;
  /** Ms of silence of the member, unless the member has its own. */
  readonly timeout: number;
  /** Bytes of the body that will come, 0 for none, -1 when it comes chunked. */
  readonly bodyLength: number;
  /** Send `Content-Length: 0` when there is no body (the client did, or the method wants one). */
  readonly saysEmptyBody: boolean;
  /** Protocol that the client asks for by Upgrade and its engine can hand on; empty for none. */
  readonly upgrade: string;
  /** How this request differs from others on its way; undefined: in nothing. */
  readonly manner?: Manner | undefined;
  /** Path for log lines (`returned by /x`). */
  readonly uri: string;
  /** What only some members are told; made when asked for. */
  facts(): RequestFacts;

  pauseBody(): void;
  resumeBody(): void;
  /** A member was picked; called again after a failover. */
  onPick(member: MemberSettings, balancer: Balancer | undefined): void;
  /** The member that was picked gave no answer; another pick, or onFail, comes next. */
  onMiss?(failure: Failure): void;
  onInterim(head: ResponseHead): void;
  /** As Conversation.onHead; returns as onData. */
  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): boolean;
  /** Returns false when the client is slower: the delivery reads on after resume(). */
  onData(chunk: Buffer, isLast: boolean): boolean;
  /** trailers: fields after the body, as ResponseHead.fields. */
  onEnd(trailers?: string[]): void;
  /**
   * The member agreed to another protocol; what it sends is heard by Tunnel.listen. The job ends it with cancel().
   * rest  what came behind the head
   */
  onUpgrade(head: ResponseHead, tunnel: Tunnel, rest: Buffer): void;
  /** No answer, or half of one; E_UPSTREAM_BODY comes after onHead, all else before it. */
  onFail(failure: Failure, osError: OsError | undefined): void;
}
