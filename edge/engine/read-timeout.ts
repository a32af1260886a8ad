/**
 * RequestReadTimeout: how slowly a request may come. The body's time is kept here, on either engine: so many seconds to
 * begin with, more for every byte at the least rate, at the most so many. Time in which the member is the slower one does
 * not count. The head's time is the engine's: node keeps it, uWebSockets.js has its own, which is said at load.
 * Source: httpd 2.4, mod_reqtimeout. Thread: worker; only requests with a body, on servers that say so, have one of these.
 */
import type { Deadlines, Timed } from '../../workers/upstream/deadlines.js';
import type { BodyReader } from '../exchange.js';
import type { Request } from '../request.js';
import type { Ms } from '../settings.js';

/** One stage of a request: 0 means no limit. */
export interface ReadStage {
  first: Ms;
  /** The most that it can grow to; 0 for any. */
  most: Ms;
  /** Bytes a second that buy more time; 0: nothing does. */
  minRate: number;
}

export interface ReadTimeouts {
  header?: ReadStage;
  body?: ReadStage;
}

/** Counts the time of a request's body where its server says so; undefined where not. */
export function timeBody(
  reader: BodyReader,
  { server }: Request,
  deadlines: Deadlines,
  onLate: () => void,
): TimedBody | undefined {
  const stage = server.readTimeouts?.body;
  if (stage === undefined || stage.first === 0) return undefined;
  return new TimedBody(reader, stage, deadlines, onLate, Date.now());
}

export class TimedBody implements BodyReader, Timed {
  deadline: number;
  next: Timed | undefined;
  previous: Timed | undefined;
  readonly #reader: BodyReader;
  readonly #stage: ReadStage;
  readonly #deadlines: Deadlines;
  readonly #onLate: () => void;
  #startedAt: number;
  #bytes = 0;
  #pausedAt = 0;
  #isOver = false;

  /** now  ms since the epoch */
  constructor(reader: BodyReader, stage: ReadStage, deadlines: Deadlines, onLate: () => void, now: number) {
    this.#reader = reader;
    this.#stage = stage;
    this.#deadlines = deadlines;
    this.#onLate = onLate;
    this.#startedAt = now;
    this.deadline = now + stage.first;
    deadlines.arm(this);
  }

  onBody(chunk: Buffer, isLast: boolean): void {
    const { first, most, minRate } = this.#stage;
    this.#bytes += chunk.length;
    if (minRate > 0) {
      const allowed = first + (this.#bytes / minRate) * 1000;
      this.deadline = this.#startedAt + (most > 0 ? Math.min(allowed, most) : allowed);
    }
    if (isLast) this.end();
    this.#reader.onBody(chunk, isLast);
  }

  onBodyBroken(): void {
    this.end();
    this.#reader.onBodyBroken();
  }

  onDeadline(): void {
    if (!this.#isOver) this.#onLate();
  }

  pause(now: number): void {
    if (this.#isOver || this.#pausedAt > 0) return;
    this.#pausedAt = now;
    this.#deadlines.disarm(this);
  }

  resume(now: number): void {
    if (this.#isOver || this.#pausedAt === 0) return;
    this.#startedAt += now - this.#pausedAt;
    this.deadline += now - this.#pausedAt;
    this.#pausedAt = 0;
    this.#deadlines.arm(this);
  }

  /** Nothing more is waited for. */
  end(): void {
    this.#isOver = true;
    this.#deadlines.disarm(this);
  }
}
