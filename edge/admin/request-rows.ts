/**
 * ExtendedStatus: what is being served at this moment, a row for each request under way, as server-status shows it. A thread
 * has 32 rows; a request takes the one that has been free for longest and gives it back, and the row goes on showing it
 * until another takes it, so that the last ones can be seen too. What finds no row is served all the same and not shown; so
 * are hits of the cache, which end before anybody could look.
 *
 *   row  384 bytes | started, ended, bytes, row's ms, row's bytes: Float64 x 5 | state, count, port, 3 lengths: Int32 x 8 |
 *                  | client 48 | vhost 64 | request line 192 |
 *
 * Each thread writes its own rows only, plainly; who reads may meet a row that is half the next request's, for a moment.
 * The rows exist where ExtendedStatus is On and a server-status is configured; elsewhere a request pays one comparison.
 * Source: httpd 2.4 manual, core "ExtendedStatus", mod_status. Thread: worker writes, any reads.
 */
import type { Request } from '../request.js';
import type { Ms } from '../settings.js';

const ROWS = 32;
/** Rows of requests that have ended, at the most, for a page that somebody reads. */
const MOST_ENDED = 100;
const FLOATS = 5;
const TEXTS = [48, 64, 192] as const;
const HEAD_BYTES = FLOATS * 8 + 8 * 4;
const ROW_BYTES = HEAD_BYTES + TEXTS[0] + TEXTS[1] + TEXTS[2] + 8;

const F = { started: 0, ended: 1, bytes: 2, duration: 3, total: 4 } as const;
const I = {
  state: FLOATS * 2,
  count: FLOATS * 2 + 1,
  port: FLOATS * 2 + 2,
  lengths: FLOATS * 2 + 3,
} as const;

const NEVER = 0;
const SERVING = 1;
const DONE = 2;

/** One row, as it is shown. */
export interface RequestRow {
  thread: number;
  row: number;
  isServing: boolean;
  /** Requests that the row has had. */
  count: number;
  startedAt: Ms;
  /** Ms that the request has taken, or takes so far. */
  took: Ms;
  /** Ms and bytes of all requests of the row that have ended. */
  duration: Ms;
  totalBytes: number;
  /** Bytes sent of this request, once it has ended. */
  bytes: number;
  client: string;
  vhost: string;
  request: string;
}

export function requestRowsBytes(threads: number): number {
  return threads * ROWS * ROW_BYTES;
}

export class RequestRows {
  readonly #floats: Float64Array;
  readonly #ints: Int32Array;
  readonly #bytes: Buffer;
  readonly #threads: number;
  /** Rows of this thread that are free, as a ring: the one that was given back first is taken first. */
  readonly #free = new Int32Array(ROWS);
  #first = 0;
  #count = 0;

  /** thread  whose rows are written; undefined for who only reads */
  constructor(buffer: SharedArrayBuffer, threads: number, thread: number | undefined) {
    this.#floats = new Float64Array(buffer);
    this.#ints = new Int32Array(buffer);
    this.#bytes = Buffer.from(buffer);
    this.#threads = threads;
    if (thread === undefined) return;
    for (let row = thread * ROWS; row < (thread + 1) * ROWS; row += 1) {
      // What a predecessor that died was at is over.
      const at = row * (ROW_BYTES / 4) + I.state;
      if (this.#ints[at] === SERVING) this.#ints[at] = DONE;
      this.#give(row);
    }
  }

  /** Takes a row for a request, unless it has one. */
  begin(r: Request): void {
    if (r.statusRow >= 0) return;
    if (this.#count === 0) return;
    const row = this.#free[this.#first] as number;
    this.#first = (this.#first + 1) % ROWS;
    this.#count -= 1;
    r.statusRow = row;
    const ints = row * (ROW_BYTES / 4);
    this.#floats[row * (ROW_BYTES / 8) + F.started] = r.startedAt;
    const { exchange, server } = r;
    this.#ints[ints + I.port] = exchange.localPort;
    this.#write(row, 0, r.clientAddress);
    this.#write(row, 1, server.name);
    this.#write(row, 2, `${exchange.method} ${exchange.target} ${exchange.protocol}`);
    this.#ints[ints + I.state] = SERVING;
  }

  /** Gives the row back; the request's endedAt is set. */
  end(r: Request): void {
    const row = r.statusRow;
    if (row < 0) return;
    r.statusRow = -1;
    const floats = row * (ROW_BYTES / 8);
    const ints = row * (ROW_BYTES / 4);
    const bytes = r.exchange.bytesSent;
    this.#floats[floats + F.ended] = r.endedAt;
    this.#floats[floats + F.bytes] = bytes;
    this.#floats[floats + F.duration] =
      (this.#floats[floats + F.duration] as number) + r.endedAt - r.startedAt;
    this.#floats[floats + F.total] = (this.#floats[floats + F.total] as number) + bytes;
    this.#ints[ints + I.count] = (this.#ints[ints + I.count] as number) + 1;
    this.#ints[ints + I.state] = DONE;
    this.#give(row);
  }

  /** Rows that have had a request: those under way first, the longest on top, then the others, the latest on top. */
  read(now: Ms): RequestRow[] {
    const rows: RequestRow[] = [];
    for (let row = 0; row < this.#threads * ROWS; row += 1) {
      const ints = row * (ROW_BYTES / 4);
      const state = this.#ints[ints + I.state];
      if (state === NEVER) continue;
      const isServing = state === SERVING;
      const floats = row * (ROW_BYTES / 8);
      const float = (column: number): number => this.#floats[floats + column] as number;
      const port = this.#ints[ints + I.port] as number;
      rows.push({
        thread: Math.floor(row / ROWS),
        row: row % ROWS,
        isServing,
        count: this.#ints[ints + I.count] as number,
        startedAt: float(F.started),
        took: Math.max((isServing ? now : float(F.ended)) - float(F.started), 0),
        duration: float(F.duration),
        totalBytes: float(F.total),
        bytes: isServing ? 0 : float(F.bytes),
        client: this.#text(row, 0),
        vhost: `${this.#text(row, 1)}:${port}`,
        request: this.#text(row, 2),
      });
    }
    const serving = rows.filter((row) => row.isServing).sort((a, b) => a.startedAt - b.startedAt);
    const ended = rows.filter((row) => !row.isServing).sort((a, b) => b.startedAt - a.startedAt);
    return [...serving, ...ended.slice(0, MOST_ENDED)];
  }

  #give(row: number): void {
    this.#free[(this.#first + this.#count) % ROWS] = row;
    this.#count += 1;
  }

  #write(row: number, which: 0 | 1 | 2, text: string): void {
    const at = row * ROW_BYTES + offsetOf(which);
    const length = this.#bytes.write(text, at, TEXTS[which], 'latin1');
    this.#ints[row * (ROW_BYTES / 4) + I.lengths + which] = length;
  }

  #text(row: number, which: 0 | 1 | 2): string {
    const at = row * ROW_BYTES + offsetOf(which);
    const length = this.#ints[row * (ROW_BYTES / 4) + I.lengths + which] as number;
    return this.#bytes.toString('latin1', at, at + length);
  }
}

function offsetOf(which: 0 | 1 | 2): number {
  return HEAD_BYTES + (which > 0 ? TEXTS[0] : 0) + (which > 1 ? TEXTS[1] : 0);
}
