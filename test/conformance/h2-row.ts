/** What a row of the tables of HTTP/2 is: what a client sends after the handshake, and how the server must take it. */
import type { Code } from '../reg/h2-frames.js';

/**
 * Waits between what is sent: `answered`, `begun`: for the end, the beginning of the answer on stream 1; `acknowledged`: for
 * another SETTINGS with ACK than that of the handshake.
 */
export type Wait = 'answered' | 'begun' | 'acknowledged';

export type Outcome =
  /** GOAWAY with one of the codes, and the end of the connection, which is no reset (RFC 9113 5.4.1). */
  | { connection: readonly Code[] }
  /** RST_STREAM of a stream with one of the codes, or the same as an error of the connection (5.4.2). */
  | { stream: number; codes: readonly Code[] }
  /** Streams that are answered in full, on a connection that lives on. */
  | { answers: readonly number[] }
  /** Frames that come, in words. */
  | { hears: string }
  /** Bytes of the DATA frames that have come when the connection answers the next PING. */
  | { sizes: readonly number[] }
  /** The request is refused with this status, or as an error of the stream. */
  | { refused: number; codes: readonly Code[] }
  /** Nothing happens: the connection answers the next PING. */
  | 'lives'
  /** The connection ends, with or without a GOAWAY; all that comes is frames. */
  | 'ends';

export interface H2Row {
  /** Of RFC 9113, or of RFC 7541 with an `H` before. */
  section: string;
  /** A sentence whose subject is the server. */
  name: string;
  /** Sent instead of the preface and an empty SETTINGS. */
  opening?: Buffer;
  /** False: the server's SETTINGS are not acknowledged; of rows with an opening of their own they never are. */
  acknowledges?: false;
  send: readonly (Buffer | Wait)[];
  outcome: Outcome;
}
