/**
 * What a replay found: how many requests were played, how many of the answers differ from those captured, and how the times
 * compare. Differences of one kind at one path are one line of the report. Pure; command line.
 */
import type { CaptureRecord } from '../capture/record.js';
import type { Sent } from './send.js';

/** Kinds of differences that are remembered; others are counted only. */
const MOST_LINES = 1000;

export interface DifferenceLine {
  method: string;
  path: string;
  /** `200 → 500`, `512 → 498 bytes`, or what the connection said. */
  what: string;
  count: number;
}

export interface Summary {
  sent: number;
  same: number;
  /** Answers with another status, another length, and none at all. */
  status: number;
  length: number;
  failed: number;
  /** Requests that were not played: their body was not captured, or their client left before the end. */
  skipped: number;
  /** Lines of the file that are no records. */
  unreadable: number;
  captured: Times;
  replayed: Times;
  differences: DifferenceLine[];
}

/** ms; null without a request */
export interface Times {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export class Comparison {
  sent = 0;
  same = 0;
  status = 0;
  length = 0;
  failed = 0;
  skipped = 0;
  unreadable = 0;
  readonly #ignoresLength: boolean;
  readonly #lines = new Map<string, DifferenceLine>();
  readonly #captured: number[] = [];
  readonly #replayed: number[] = [];

  constructor(ignoresLength: boolean) {
    this.#ignoresLength = ignoresLength;
  }

  /** Requests whose answers are not what was captured. */
  get differing(): number {
    return this.status + this.length + this.failed;
  }

  add(record: CaptureRecord, sent: Sent): void {
    this.#captured.push(record.answer.ms);
    this.#replayed.push(sent.ms);
    const { status, bytes } = record.answer;
    if (sent.status !== status) {
      this.status += 1;
      this.#note(record, `${status} → ${sent.status}`);
    } else if (!this.#ignoresLength && sent.bytes !== bytes) {
      this.length += 1;
      this.#note(record, `${bytes} → ${sent.bytes} bytes`);
    } else this.same += 1;
  }

  addFailure(record: CaptureRecord, why: string): void {
    this.failed += 1;
    this.#note(record, why);
  }

  #note({ method, target }: CaptureRecord, what: string): void {
    const path = target.replace(/[?#].*$/s, '');
    const key = `${method} ${path} ${what}`;
    const line = this.#lines.get(key);
    if (line !== undefined) line.count += 1;
    else if (this.#lines.size < MOST_LINES) this.#lines.set(key, { method, path, what, count: 1 });
  }

  summary(): Summary {
    const { sent, same, status, length, failed, skipped, unreadable } = this;
    const differences = [...this.#lines.values()].sort((a, b) => b.count - a.count);
    const [captured, replayed] = [timesOf(this.#captured), timesOf(this.#replayed)];
    return { sent, same, status, length, failed, skipped, unreadable, captured, replayed, differences };
  }
}

function timesOf(list: readonly number[]): Times {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (share: number): number | null => {
    const value = sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
    return value === undefined ? null : Math.round(value * 100) / 100;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
