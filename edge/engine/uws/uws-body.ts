/**
 * A request's body as uWebSockets.js hands it over: lent pieces, which are copied here, and an end. Of a chunked body the
 * end is not to be trusted at once. The library does not look at what stands behind a chunk or its size, takes some broken
 * bodies for whole ones (`3\r\nabc0\r\n\r\n`), and stumbles over the bytes that follow, in the same read; then it
 * closes the connection. So this end is told when the turn of the loop is over: a body that was broken has no end by
 * then, and its request reaches no member.
 * Source: RFC 9112 7.1. Thread: worker.
 */
import type { BodyReader } from '../../exchange.js';
import type { Answers } from './uws-answers.js';

/** Of uWS.HttpResponse, what is needed here. */
export interface BodySource {
  /** The chunk is only lent. */
  onData(take: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
}

/** Of the exchange, what its body needs. */
export interface BodyHost {
  /** The client is gone, or has its answer. */
  isOver(): boolean;
  closeAfter(): void;
  fault(): void;
}

/** Begins to read. isChunked: the client did not say how long the body is */
export function readBody(
  res: BodySource,
  isChunked: boolean,
  reader: BodyReader,
  host: BodyHost,
  answers: Answers,
): void {
  let isEmpty = isChunked;
  res.onData((chunk, isLast) => {
    if (host.isOver()) return;
    if (chunk.byteLength > 0) isEmpty = false;
    // The library takes a chunk size without a digit for 0: nothing that follows such a body is to be trusted.
    else if (isLast && isEmpty) host.closeAfter();
    const piece = Buffer.from(chunk.slice(0));
    if (!isLast || !isChunked) reader.onBody(piece, isLast);
    else {
      const runWhole = (): void => {
        if (!host.isOver()) reader.onBody(piece, true);
      };
      answers.add({ runWhole, fault: () => host.fault() });
    }
  });
}
