/**
 * Answers of one address that are complete within a turn of the loop and leave together at its end (turn-end.ts). A body is
 * often a view on a buffer that the next read overwrites, so it is copied until then; a short one costs less to copy
 * than to send by itself.
 * Thread: worker; one per address.
 */
import { TurnEnd } from '../../../workers/turn-end.js';
import type { OnFault } from '../listener.js';

/** Bytes of a body that is worth copying. */
const MAX_SHORT_BYTES = 4096;
const STAGE_BYTES = 65536;

/** What waits: an answer that `runWhole` writes, or the end of a body; `fault` ends the exchange when that threw. */
export interface WholeAnswer {
  runWhole(): void;
  fault(): void;
}

export class Answers {
  readonly #turn: TurnEnd<WholeAnswer>;
  #stage: Uint8Array | undefined;
  #used = 0;

  constructor(onFault: OnFault) {
    this.#turn = new TurnEnd((answer) => {
      try {
        answer.runWhole();
      } catch (error) {
        onFault(error);
        answer.fault();
      }
    });
  }

  static isShort(body: Uint8Array | string | undefined): boolean {
    return body === undefined || body.length <= MAX_SHORT_BYTES;
  }

  /** Writes an answer at the end of the turn. */
  add(answer: WholeAnswer): void {
    this.#turn.add(answer);
  }

  /** What holds a body until the end of the turn. */
  keep(body: Uint8Array | string | undefined): Uint8Array | string | undefined {
    if (body === undefined || typeof body === 'string') return body;
    const { length } = body;
    if (length > MAX_SHORT_BYTES) return Uint8Array.from(body);
    this.#stage ??= new Uint8Array(STAGE_BYTES);
    if (this.#used + length > STAGE_BYTES) {
      this.#turn.flush();
      this.#used = 0;
    }
    const kept = new Uint8Array(this.#stage.buffer, this.#used, length);
    kept.set(body);
    this.#used += length;
    return kept;
  }
}
