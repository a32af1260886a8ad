/**
 * Counters for people who watch: requests by server and status class, durations as histograms, per server and per member.
 * They exist only where a configuration asks for a page that shows them (tallyNeeded); elsewhere the pipeline has no Tally
 * and a request pays one comparison with undefined. The last row is for connections that were ended for what they did.
 *
 * Every thread writes a shard of its own in shared memory and nobody else writes there, so that plain additions are
 * enough; whoever reads sums up the shards. A number is 64 bits wide and written whole; a sum that is read while threads
 * count may be some requests behind. A thread that is replaced goes on in its predecessor's shard.
 */
import { HTTP2_ENDS, type Http2End } from '../engine/h2/http2-ends.js';
import type { Request } from '../request.js';
import type { Ms, Place, ServerSettings, Settings } from '../settings.js';
import { type HandlerName, isHandlerName } from './handler.js';

/** Upper bounds of the histograms' buckets in ms; the last bucket has none. Fine enough for a p99 that means something. */
export const BUCKETS: readonly Ms[] = [
  0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000,
  10_000, 30_000,
];

/** Columns of a row: answers by status class (1xx … 5xx), those that were cut, sum of ms, bytes, then the buckets. */
const CUT = 5;
const SUM = 6;
const BYTES = 7;
const FIRST_BUCKET = 8;
const COLUMNS = FIRST_BUCKET + BUCKETS.length + 1;

/** What a row says, summed over all threads. */
export interface Counts {
  /** Answers by class: [0] is 1xx. */
  classes: number[];
  /** Ended without a whole answer: the client left, or the member broke off. */
  cut: number;
  /** All that were timed. */
  count: number;
  sum: Ms;
  bytes: number;
  /** Not cumulative; one more than BUCKETS. */
  buckets: number[];
}

export function tallyBytes(servers: number, slots: number, threads: number): number {
  return (servers + slots + 1) * COLUMNS * threads * 8;
}

export class Tally {
  readonly #cells: Float64Array;
  readonly #servers: number;
  readonly #rows: number;
  readonly #threads: number;
  /** First cell of this thread's shard. */
  readonly #shard: number;

  /** thread  whose shard is written; whoever only reads gives 0 */
  constructor(buffer: SharedArrayBuffer, servers: number, slots: number, threads: number, thread: number) {
    this.#cells = new Float64Array(buffer);
    this.#servers = servers;
    this.#rows = servers + slots + 1;
    this.#threads = threads;
    this.#shard = thread * this.#rows * COLUMNS;
  }

  /** A request has ended, and its endedAt is set. */
  countEnd({ server, status, endedAt, startedAt, exchange, isAborted }: Request): void {
    const at = this.#shard + server.id * COLUMNS;
    this.#count(at, status, endedAt - startedAt, exchange.bytesSent, isAborted);
  }

  /** A member has answered: `took` is from the pick to the end of its answer's head. */
  countAnswer(slot: number, status: number, took: Ms): void {
    this.#count(this.#shard + (this.#servers + slot) * COLUMNS, status, took, 0, false);
  }

  /** A connection (for `stalled`: a stream) of HTTP/2 was ended. */
  countHttp2(end: Http2End): void {
    const at = this.#shard + (this.#rows - 1) * COLUMNS + HTTP2_ENDS.indexOf(end);
    this.#cells[at] = (this.#cells[at] as number) + 1;
  }

  /** By HTTP2_ENDS. */
  http2Ends(): number[] {
    return HTTP2_ENDS.map((_end, column) => {
      let sum = 0;
      for (let thread = 0; thread < this.#threads; thread += 1)
        sum += this.#cells[((thread + 1) * this.#rows - 1) * COLUMNS + column] as number;
      return sum;
    });
  }

  #count(at: number, status: number, took: Ms, bytes: number, isCut: boolean): void {
    const cells = this.#cells;
    const column = isCut ? CUT : Math.min(Math.max(Math.floor(status / 100), 1), 5) - 1;
    let bucket = 0;
    while (bucket < BUCKETS.length && took > (BUCKETS[bucket] as number)) bucket += 1;
    cells[at + column] = (cells[at + column] as number) + 1;
    cells[at + SUM] = (cells[at + SUM] as number) + took;
    cells[at + BYTES] = (cells[at + BYTES] as number) + bytes;
    cells[at + FIRST_BUCKET + bucket] = (cells[at + FIRST_BUCKET + bucket] as number) + 1;
  }

  ofServer(server: number): Counts {
    return this.#sum(server);
  }

  ofMember(slot: number): Counts {
    return this.#sum(this.#servers + slot);
  }

  /** Forgets a member whose slot is given to another one. */
  clearMember(slot: number): void {
    for (let thread = 0; thread < this.#threads; thread += 1) {
      const at = (thread * this.#rows + this.#servers + slot) * COLUMNS;
      this.#cells.fill(0, at, at + COLUMNS);
    }
  }

  #sum(row: number): Counts {
    const cells = new Array<number>(COLUMNS).fill(0);
    for (let thread = 0; thread < this.#threads; thread += 1) {
      const at = (thread * this.#rows + row) * COLUMNS;
      for (let i = 0; i < COLUMNS; i += 1) cells[i] = (cells[i] as number) + (this.#cells[at + i] as number);
    }
    const buckets = cells.slice(FIRST_BUCKET);
    return {
      classes: cells.slice(0, CUT),
      cut: cells[CUT] as number,
      count: buckets.reduce((sum, count) => sum + count, 0),
      sum: cells[SUM] as number,
      bytes: cells[BYTES] as number,
      buckets,
    };
  }
}

/**
 * The time that a share of the requests stayed below, interpolated within its bucket; undefined without requests.
 * share  0.5 for the median
 */
export function quantile(buckets: readonly number[], share: number): Ms | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = share * total;
  for (let i = 0; i < buckets.length; i += 1) {
    const count = buckets[i] as number;
    if (count > 0 && left <= count) {
      const low = i === 0 ? 0 : (BUCKETS[i - 1] as number);
      const high = BUCKETS[i] ?? low;
      return low + (high - low) * (left / count);
    }
    left -= count;
  }
  return BUCKETS.at(-1);
}

/** Does a configuration have a page that shows what is counted here? */
export function tallyNeeded(settings: Pick<Settings, 'servers'>): boolean {
  return settings.servers.some((server) => placesOf(server).some((place) => hasHandler(place, isPage)));
}

/** Heartbeats come to a handler that shows nothing. */
function isPage(name: string): boolean {
  return isHandlerName(name) && name !== 'heartbeat';
}

/** Does a configuration set this handler anywhere? */
export function asksFor(settings: Pick<Settings, 'servers'>, handler: HandlerName): boolean {
  const is = (name: string): boolean => name === handler;
  return settings.servers.some((server) => placesOf(server).some((place) => hasHandler(place, is)));
}

function placesOf(server: ServerSettings): Place[] {
  return [server.base, ...server.proxySections.map((s) => s.place), ...server.locations.map((s) => s.place)];
}

function hasHandler(place: Place, is: (name: string) => boolean): boolean {
  if (place.handler !== undefined && is(place.handler)) return true;
  return place.conditions?.some((condition) => hasHandler(condition.place, is)) === true;
}
