/**
 * Plays captured requests at the pace they came in, or faster. The time of a request is that of its capture, counted from the
 * first one and divided by the speed; one that is late is sent at once. No more than a number of them are under way: a
 * destination that does not follow makes the replay late, and the report says by how much. Command line only.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CaptureRecord, parseRecord } from '../capture/record.js';
import { messageOf } from '../errors.js';
import type { Comparison } from './compare.js';
import type { Sender } from './send.js';

export interface PlayerOptions {
  files: readonly string[];
  /** Infinity: as fast as may be under way. */
  speed: number;
  concurrency: number;
}

export class Player {
  readonly #options: PlayerOptions;
  readonly #sender: Sender;
  readonly #found: Comparison;
  readonly #underWay = new Set<Promise<void>>();
  #firstAt: number | undefined;
  #startedAt = 0;
  /** ms that the last request was sent too late. */
  lag = 0;
  #isStopped = false;

  constructor(options: PlayerOptions, sender: Sender, found: Comparison) {
    this.#options = options;
    this.#sender = sender;
    this.#found = found;
  }

  /** errors  a file that can not be read */
  async play(): Promise<void> {
    this.#startedAt = performance.now();
    for (const file of this.#options.files) {
      const lines = createInterface({
        input: createReadStream(file, 'utf8'),
        crlfDelay: Number.POSITIVE_INFINITY,
      });
      for await (const line of lines) {
        if (this.#isStopped) break;
        await this.#take(line);
      }
    }
    await Promise.all(this.#underWay);
  }

  /** What is under way is finished, and nothing more is sent. */
  stop(): void {
    this.#isStopped = true;
  }

  async #take(line: string): Promise<void> {
    if (line.trim() === '') return;
    const record = parseRecord(line);
    if (record === undefined) this.#found.unreadable += 1;
    else if (!mayPlay(record)) this.#found.skipped += 1;
    else {
      await this.#waitFor(record.at);
      while (this.#underWay.size >= this.#options.concurrency) await Promise.race(this.#underWay);
      if (!this.#isStopped) this.#start(record);
    }
  }

  async #waitFor(at: number): Promise<void> {
    this.#firstAt ??= at;
    const due = this.#startedAt + (at - this.#firstAt) / this.#options.speed;
    for (;;) {
      const left = due - performance.now();
      this.lag = Math.max(-left, 0);
      if (left <= 0 || this.#isStopped) return;
      // In pieces, so that who stops a replay does not wait for a quiet night to pass.
      await sleep(Math.min(left, 200));
    }
  }

  #start(record: CaptureRecord): void {
    this.#found.sent += 1;
    const done = this.#sender
      .send(record)
      .then(
        (sent) => this.#found.add(record, sent),
        (error: unknown) => this.#found.addFailure(record, messageOf(error)),
      )
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }
}

/** Whole, and with an answer that means something. */
function mayPlay({ method, bytes, body, answer }: CaptureRecord): boolean {
  if (method === 'CONNECT' || answer.cut === true || answer.status < 200) return false;
  return bytes === 0 || body !== undefined;
}
