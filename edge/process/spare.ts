/**
 * The edge process in reserve. Most of the time until a fresh one serves goes into loading modules (DECISIONS.md), so that
 * one is started while all is quiet, and only has to be given its settings when the one that serves has died.
 *
 * It belongs to the settings that hold when it is made: it inherits their sockets and has read their limit of a header
 * block. So a reload ends it, and after the reload there is another. All works without one, only slower; the death of
 * one is told, and the next is made a minute later. Supervisor process only.
 */
import { messageOf } from '../errors.js';
import type { Severity } from '../log/severity.js';
import type { Ms } from '../settings.js';
import { describeEnding, type GenerationProcess } from './generation-process.js';

/** After a reload, a death or a start there is more to do at first. */
const USUAL_WAIT: Ms = 10_000;
/** After one that died: whatever it died of may be there still. */
const AFTER_DEATH: Ms = 60_000;

export interface SpareOptions {
  /** How long a generation has served before its spare is made; undefined: there is none. */
  wait: Ms | undefined;
  make(): GenerationProcess;
  say(severity: Severity, message: string): void;
  /** No process of it is left. */
  onGone(): void;
}

export class Spare {
  readonly #options: SpareOptions;
  #process: GenerationProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** All that were made, have not ended, and were not taken. */
  readonly #alive = new Set<GenerationProcess>();

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  get isGone(): boolean {
    return this.#alive.size === 0;
  }

  /** Something serves: there shall be one soon. */
  plan(): void {
    const { wait } = this.#options;
    if (wait !== undefined && this.#process === undefined) this.#makeAfter(wait);
  }

  /** It is the caller's from now on, to begin; it may still be loading. */
  take(): GenerationProcess | undefined {
    const taken = this.#process;
    if (taken !== undefined) this.#alive.delete(taken);
    this.#process = undefined;
    clearTimeout(this.#timer);
    return taken;
  }

  /** Ends it, and makes none before the next `plan`. */
  retire(): void {
    clearTimeout(this.#timer);
    this.#process?.kill();
    this.#process = undefined;
  }

  #makeAfter(wait: Ms): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#make(), wait);
  }

  #make(): void {
    try {
      const made = this.#options.make();
      this.#process = made;
      this.#alive.add(made);
      void made.ended.then((ending) => {
        if (!this.#alive.delete(made)) return;
        if (made === this.#process)
          this.#onDeath(`spare edge process ${made.pid} ended: ${describeEnding(ending)}`);
        this.#options.onGone();
      });
    } catch (error) {
      this.#onDeath(`a spare edge process could not be started: ${messageOf(error)}`);
    }
  }

  #onDeath(message: string): void {
    this.#process = undefined;
    this.#options.say('warn', message);
    this.#makeAfter(AFTER_DEATH);
  }
}

/** What DROVER_SPARE says, which the reader has checked; -X is one process as far as can be. */
export function spareWait(env: NodeJS.ProcessEnv, isSingle: boolean): Ms | undefined {
  const value = env['DROVER_SPARE'] ?? '';
  if (isSingle || value.toLowerCase() === 'off') return undefined;
  return value === '' ? USUAL_WAIT : Number(value) * 1000;
}
