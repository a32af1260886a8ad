/**
 * One request and its response, as every engine presents it. Everything after the engine is written once against this
 * interface: guard, pipeline, logs, management pages. An engine copies what its library only lends (method, target,
 * fields) before it hands the exchange over, so an Exchange may be kept until its response has ended.
 *
 * Threads: an exchange never leaves the worker thread that accepted it.
 */

import type { Crossing, OpenCrossing } from './crossing.js';

/**
 * Header fields as a flat list: name, value, name, value … in arrival order, duplicates kept apart.
 * Names of requests are lower case (uWebSockets.js gives no other); names of responses keep the case of whoever set them.
 */
export type Fields = string[];

/** What the pipeline implements to hear of the client's side. All methods are called on the exchange's own thread. */
export interface ExchangeOwner {
  /** The client is gone (reset, closed, cut by a limit). Nothing may be written any more; called at most once. */
  onClientAbort(): void;
  /** The client took what was written; whoever stopped the upstream may start it again. */
  onClientWritable(): void;
  /** All of the response has been handed to the client's socket; called once, never after onClientAbort. */
  onResponseEnd(): void;
}

/** What hears a request's body; chunks are owned by the receiver. */
export interface BodyReader {
  onBody(chunk: Buffer, isLast: boolean): void;
  /** What comes is no body (a bad chunk): nothing more follows, and the request can only be refused. */
  onBodyBroken(): void;
}

/** The head of an answer that is sent again and again, made once. */
export interface PreparedHead {
  status: number;
  reason: string;
  fields: Fields;
  /** Status, reason and the same fields without Date, as uWebSockets.js wants them. */
  block: Buffer;
}

export interface Exchange {
  /** Method as sent; methods are case-sensitive (RFC 9110 9.1). */
  readonly method: string;
  /** Request target as sent, with its query. */
  readonly target: string;
  /** `HTTP/1.1`, `HTTP/1.0` or `HTTP/2.0`, as %H logs it. */
  readonly protocol: string;
  readonly fields: Fields;
  /** True when the client came over TLS. */
  readonly isSecure: boolean;
  /** Peer address as text; an IPv4 peer of an IPv6 socket is shown as IPv4. */
  readonly remoteAddress: string;
  /** 0 where the engine cannot tell (uws). */
  readonly remotePort: number;
  /** Address and port of the Listen that accepted the connection; the address is empty for a wildcard on uws. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Requests served on this connection before this one, as %k logs it; 0 where the engine cannot tell. */
  readonly keepAliveCount: number;
  /** True when the client must see `Connection: close` whatever the response says. */
  readonly wantsClose: boolean;
  /** Announced length of the request's body in bytes, 0 for none, -1 when it comes chunked. */
  readonly bodyLength: number;
  /** Fields behind the request's body, known when its last piece comes; missing where there are none. */
  readonly trailers?: Fields;
  /** Those of HTTP/1.1, which are logged and, as in httpd, go no further. */
  readonly unsentTrailers?: readonly string[];
  /** True where the engine has read field values as UTF-8: the guard makes characters of them that are one byte each. */
  readonly hasUtf8Fields?: boolean;
  /** Set by an engine whose parser refused the bytes: the status to answer with. */
  readonly refusedStatus?: number;
  /** And what its page says of the reason; empty for nothing. */
  readonly refusedNote?: string;
  /** Bytes handed to the client's socket: body alone, and all with the head (an estimate on uws). */
  readonly bodyBytesSent: number;
  readonly bytesSent: number;
  /** A variable of the TLS session by mod_ssl's name in upper case, or undefined. */
  tlsVariable(name: string): string | undefined;
  /** Names of the variables that SSLOptions +StdEnvVars exports; missing where the engine knows none. */
  tlsNames?(exportsCertificates: boolean): string[];
  /** Name in the client's TLS hello; undefined for none. On uws: a vhost's, or undefined for any that is unknown. */
  readonly sniName?: string | undefined;

  /** Names the owner; before this nothing is delivered. */
  attach(owner: ExchangeOwner): void;
  /** Starts the request's body; called at most once, synchronously within the request's handler. */
  readBody(reader: BodyReader): void;
  pauseBody(): void;
  resumeBody(): void;

  /**
   * Sends an interim response (1xx) with its fields.
   * returns false where the engine cannot, or does it itself (100)
   */
  inform(status: number, reason: string, fields: Fields): boolean;
  /**
   * Sends a complete response in as few packets as the engine can.
   * body    undefined for none; its bytes are copied or sent before this returns
   * length  Content-Length to report when it differs from the body's (HEAD, 304): -1 for no Content-Length at all
   */
  respond(
    status: number,
    reason: string,
    fields: Fields,
    body: Uint8Array | string | undefined,
    length?: number,
  ): void;
  /**
   * As respond, with a head made before; the body's bytes stay as they are until the owner hears of the end. Absent where
   * that gains nothing.
   */
  respondPrepared?(head: PreparedHead, body: Uint8Array): void;
  /** Starts a response whose body follows; length in bytes, or -1 when unknown. */
  begin(status: number, reason: string, fields: Fields, length: number): void;
  /** Returns false when the client is slower than we are: write no more until onClientWritable. Copies what it keeps. */
  write(chunk: Uint8Array): boolean;
  /** Ends a response started by begin. trailers: fields after the body, which an engine that cannot leaves out */
  end(trailers?: Fields): void;
  /**
   * May the connection change to this protocol (the value of Upgrade), and does the request ask for it properly?
   * Missing, as `upgrade` then is, where it may not change at all.
   */
  canUpgrade?(protocol: string): boolean;
  /**
   * Answers 101 and joins the client with the member; the exchange tells its owner nothing any more, Crossing.onEnd does.
   * fields   the response's, without Connection and Upgrade
   * returns  undefined when what the member answered is no handshake: nothing was sent then
   */
  upgrade?(reason: string, fields: Fields, crossing: Crossing): OpenCrossing | undefined;
  /** Closes the connection after the response under way, or at once when none has begun. */
  closeAfter(): void;
  /** Cuts the client's connection now: the response cannot be completed. */
  abort(): void;
  /** An error of ours: answers 500 when nothing was sent, else cuts; the owner hears onClientAbort. */
  fault(): void;
}
