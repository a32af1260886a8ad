/**
 * Why connections and streams of HTTP/2 are ended from our side: what metrics call it. nghttp2 tells floods of frames by
 * an error of its own; a stream is `stalled` when its client gives no window or sends no body for H2StreamTimeout, a
 * connection when nothing that is written to it is taken for Timeout.
 * Thread: worker; pure.
 */
import { constants } from 'node:http2';

export const HTTP2_ENDS = ['resets', 'flood', 'protocol', 'tls', 'stalled'] as const;
export type Http2End = (typeof HTTP2_ENDS)[number];

/**
 * The code that RFC 9113 wants for what nghttp2 has against a connection, by its number (nghttp2.h); Node says
 * INTERNAL_ERROR to all of it.
 */
const CODES: Record<number, number> = {
  '-505': constants.NGHTTP2_PROTOCOL_ERROR,
  '-510': constants.NGHTTP2_STREAM_CLOSED,
  '-522': constants.NGHTTP2_FRAME_SIZE_ERROR,
  '-523': constants.NGHTTP2_COMPRESSION_ERROR,
  '-524': constants.NGHTTP2_FLOW_CONTROL_ERROR,
  '-531': constants.NGHTTP2_PROTOCOL_ERROR,
  '-532': constants.NGHTTP2_PROTOCOL_ERROR,
  '-903': constants.NGHTTP2_PROTOCOL_ERROR,
  '-904': constants.NGHTTP2_ENHANCE_YOUR_CALM,
};

/** For the GOAWAY after such an error; undefined for any other. */
export function goawayCodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error ? CODES[Number(error.errno)] : undefined;
}

/** What an error of Node's session stands for. */
export function http2EndOf(error: Error & { code?: string }): Http2End {
  return error.code === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES' || /flood/i.test(error.message)
    ? 'flood'
    : 'protocol';
}
