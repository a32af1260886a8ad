/**
 * Why connections and streams of HTTP/2 are ended from our side: what metrics call it. nghttp2 tells floods of frames by
 * an error of its own; a stream is `stalled` when its client gives no window or sends no body for H2StreamTimeout.
 * Thread: worker; pure.
 */
export const HTTP2_ENDS = ['resets', 'flood', 'protocol', 'tls', 'stalled'] as const;
export type Http2End = (typeof HTTP2_ENDS)[number];

/** What an error of Node's session stands for. */
export function http2EndOf(error: Error & { code?: string }): Http2End {
  return error.code === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES' || /flood/i.test(error.message)
    ? 'flood'
    : 'protocol';
}
