/**
 * A health check's question in HTTP/2, for members that speak nothing else. The connection serves this one request, and is
 * gone with its socket, which whoever asks destroys.
 * Source: RFC 9113 3.3, 8.1. Control thread.
 */
import http2, { constants, type OutgoingHttpHeaders } from 'node:http2';
import type net from 'node:net';
import { responseHead } from './h2-head.js';
import type { ResponseHead } from './response-head.js';

/** What hears the answer, as AnswerSink does that of HTTP/1.1. */
export interface Http2AnswerSink {
  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void;
  onData(chunk: Buffer, isLast: boolean): void;
  onEnd(): void;
  onBroken(): void;
}

/** socket  connected, and nobody reads from it; for TLS `h2` has been agreed on */
export function askHttp2(socket: net.Socket, headers: OutgoingHttpHeaders, sink: Http2AnswerSink): void {
  const session = http2.connect('http://member', {
    createConnection: () => socket,
    settings: { enablePush: false },
  });
  const broken = (): void => sink.onBroken();
  session.on('error', broken);
  session.on('close', broken);
  const stream = session.request(headers, { endStream: true });
  stream.on('error', broken);
  stream.on('response', (_headers, flags, raw?: unknown) => {
    const isLast = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    sink.onHead(responseHead(raw as string[]), undefined, isLast);
  });
  stream.on('data', (chunk: Buffer) => sink.onData(chunk, false));
  stream.on('end', () => {
    if (stream.rstCode === constants.NGHTTP2_NO_ERROR) sink.onEnd();
    else sink.onBroken();
  });
}
