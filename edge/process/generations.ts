/**
 * The edge processes of a supervisor: the current generation, those that still drain, and those that start. It starts the
 * current one again when it dies, puts a new one in its place, and ends all of them. Two generations may overlap: the
 * new one listens first, by SO_REUSEPORT or on the sockets that are held, then the old one drains.
 *
 * Changes of the current generation run one after the other (`inTurn`). A death waits for a reload that is under way, which
 * may already have put a successor in place; starting a dead one again gives way to a reload that waits, since
 * the new configuration may be what mends it. After each turn a dead current generation is noticed again (`#mend`).
 *
 * Supervisor process only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Carried } from '../../workers/carry.js';
import { messageOf } from '../errors.js';
import type { Severity } from '../log/severity.js';
import type { Ms, Settings } from '../settings.js';
import { Backoff } from './backoff.js';
import { describeEnding, type Ending, GenerationProcess } from './generation-process.js';
import { type HeldSocket, HeldSockets } from './held-sockets.js';
import { makeSnapshotFile, removeSnapshotFile } from './snapshot-file.js';
import type { Estate } from './takeover.js';

/** How long a stopped process may take to close what is open before it is killed. */
const STOP_LIMIT: Ms = 3000;
/** A generation that asked for its own replacement is not trusted to drain for ever. */
const REPLACED_DRAIN: Ms = 10_000;
/** How long a stop waits for requests where GracefulShutdownTimeout does not say it. */
const STOP_DRAIN: Ms = 60_000;
/** What a drain may overrun its deadline by before the process is killed. */
const OVERRUN: Ms = 2000;

/** Sockets and knowledge of the supervisor before this one. */
export interface Inherited {
  sockets: HeldSocket[];
  estate: Estate;
}

export interface GenerationsOptions {
  threads: number;
  say(module: string, severity: Severity, message: string): void;
  /** Nothing serves at the moment, or something does again. */
  onService(isServing: boolean, status: string): void;
  /** Only tests name another than serve.js. */
  serveFile?: string;
  /** Live changes from before the start; empty for none. */
  kept?: string;
  /** What another supervisor has handed over. */
  inherits?: Inherited | undefined;
  /** Live changes of the current generation have changed. */
  onKept?: (text: string) => void;
}

/** drain: finish requests within a time; patient-drain: within GracefulShutdownTimeout alone; stop: cut them. */
export type EndManner = 'drain' | 'patient-drain' | 'stop';

export class Generations {
  readonly #options: GenerationsOptions;
  readonly #held = new HeldSockets();
  readonly #backoff = new Backoff();
  #settings: Settings;
  #current: GenerationProcess | undefined;
  /** Every edge process that has not ended, whatever its part. */
  readonly #alive = new Set<GenerationProcess>();
  #turns: Promise<void> = Promise.resolve();
  /** Turns that were asked for and have not begun. */
  #waiting = 0;
  /** Before the next start of a dead generation. */
  #wait: Ms = 0;
  #alarm = new AbortController();
  /** Live changes that the next generation shall have. */
  #kept: string;
  #ending: EndManner | undefined;
  #onEmpty: () => void = () => {};
  /** Resolves after `end`, when no process is left. */
  readonly empty = new Promise<void>((resolve) => {
    this.#onEmpty = resolve;
  });

  constructor(settings: Settings, options: GenerationsOptions) {
    this.#settings = settings;
    this.#options = options;
    const { inherits } = options;
    this.#kept = inherits?.estate.kept || (options.kept ?? '');
    if (inherits !== undefined) this.#held.adopt(inherits.sockets);
  }

  /** What the current generation serves. */
  get settings(): Settings {
    return this.#settings;
  }

  /** Runs one change of generations after those before it; errors are the caller's, and do not stop later turns. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    this.#ring();
    const mine = this.#turns.then(() => {
      this.#waiting -= 1;
      return change();
    });
    this.#turns = mine.then(
      () => this.#mend(),
      () => this.#mend(),
    );
    return mine;
  }

  /**
   * The first generation.
   * returns  true when it serves, false when it was told to end meanwhile
   * errors   why it could not start; nothing is left of it then
   */
  async start(): Promise<boolean> {
    if (this.#isEnding()) return false;
    let first: GenerationProcess | undefined;
    try {
      this.#held.hold(this.#settings);
      first = this.#launch(this.#settings, this.#options.inherits?.estate.carried);
      await first.serving;
      this.#held.keepOnly(this.#settings);
    } catch (error) {
      if (this.#isEnding()) return false;
      if (first !== undefined) this.#abandon(first);
      throw error;
    }
    this.#current = first;
    return true;
  }

  /**
   * Puts a generation with these settings in place of the current one, in a turn of the caller's.
   * drain    how long the old one may finish requests, Infinity for ever
   * returns  false when it did not come up; the old one stays
   */
  async succeed(settings: Settings, drain: Ms): Promise<boolean> {
    const before = this.#current;
    let next: GenerationProcess | undefined;
    let carried: Carried | undefined;
    const snapshot = before?.hasCache === true ? makeSnapshotFile(before.settings) : undefined;
    try {
      this.#held.hold(settings);
      carried = await before?.handOver(snapshot);
      next = this.#launch(settings, carried, before?.hasSnapshot === true ? snapshot : undefined);
      if (before !== undefined) {
        before.hearInvalidated(next.dropCached.bind(next));
        next.hearInvalidated(before.dropCached.bind(before));
      }
      await next.serving;
    } catch (error) {
      if (this.#isEnding()) return false;
      this.#say('error', `${messageOf(error)}; the running generation stays`);
      if (next !== undefined) this.#abandon(next);
      this.#held.keepOnly(this.#settings);
      return false;
    } finally {
      if (snapshot !== undefined) removeSnapshotFile(snapshot);
    }
    const old = this.#current;
    this.#current = next;
    this.#settings = settings;
    this.#held.keepOnly(settings);
    if (old !== undefined) {
      this.#drain(old, drain, false);
      if (carried !== undefined) this.#addLate(old, carried);
    }
    // One that came up while all were told to end has missed the word.
    if (this.#isEnding()) this.#endAll();
    return true;
  }

  /**
   * Lets another supervisor take over, in a turn of the caller's.
   * hand     starts it; undefined when it serves, else why not
   * returns  the same; when it serves, the generation here drains within so long, and `empty` resolves after it
   */
  async yieldTo(
    hand: (sockets: HeldSocket[], estate: Estate) => Promise<string | undefined>,
    drain: Ms,
  ): Promise<string | undefined> {
    const carried = await this.#current?.handOver();
    const problem = await hand(this.#held.all, { carried, kept: this.#kept });
    if (problem !== undefined || this.#isEnding()) return problem;
    this.#ending = 'patient-drain';
    for (const generation of this.#alive) this.#drain(generation, drain, false);
    this.#tellWhenEmpty();
    return undefined;
  }

  /** Something serves, and all of its threads answered lately. */
  isSound(): boolean {
    return this.#current !== undefined && !this.#current.hasEnded && this.#current.isSound();
  }

  /** All say that they are not ready, and go on. */
  unready(): void {
    for (const generation of this.#alive) generation.unready();
  }

  /** Ends all. Again with `stop` to hurry. */
  end(how: EndManner): void {
    this.#ending = how;
    this.#ring();
    // Nothing starts any more. While they are open here the kernel takes connections that nobody will accept.
    this.#held.closeAll();
    this.#endAll();
    this.#tellWhenEmpty();
  }

  /** Gives the sockets away; after `empty`. */
  close(): void {
    this.#held.closeAll();
  }

  #launch(settings: Settings, carried: Carried | undefined, snapshot?: string): GenerationProcess {
    const { threads, serveFile } = this.#options;
    const generation = new GenerationProcess({
      settings,
      threads,
      held: this.#held,
      ...(carried === undefined ? {} : { carried }),
      ...(snapshot === undefined ? {} : { snapshot }),
      kept: this.#kept,
      ...(serveFile === undefined ? {} : { serveFile }),
    });
    this.#alive.add(generation);
    generation.onKept = (text) => this.#keep(generation, text);
    generation.onReplaceWish = (reason) => {
      this.inTurn(() => this.#replace(generation, reason)).catch((error: unknown) => this.#sayOdd(error));
    };
    void generation.ended.then((ending) => this.#onEnd(generation, ending));
    return generation;
  }

  /** A generation that has a successor has no more say. */
  #keep(generation: GenerationProcess, text: string): void {
    if (generation !== this.#current) return;
    this.#kept = text;
    this.#options.onKept?.(text);
  }

  #onEnd(generation: GenerationProcess, ending: Ending): void {
    this.#alive.delete(generation);
    this.#tellWhenEmpty();
    if (generation !== this.#current || this.#isEnding()) return;
    const lived = `${(ending.lived / 1000).toFixed(1)} s`;
    this.#say('error', `edge process ${generation.pid} ended: ${describeEnding(ending)}, lived ${lived}`);
    this.#wait = this.#backoff.after(ending.lived);
    this.#mend();
  }

  /** Sees to it that a dead current generation is started again. */
  #mend(): void {
    if (!this.#mustRevive()) return;
    this.inTurn(() => this.#revive()).catch((error: unknown) => this.#sayOdd(error));
  }

  async #revive(): Promise<void> {
    while (this.#mustRevive()) {
      if (this.#wait > 0) {
        this.#options.onService(false, `not serving, next start in ${this.#wait / 1000} s`);
        this.#say('warn', `edge process is started again in ${this.#wait / 1000} s`);
        await sleep(this.#wait, undefined, { signal: this.#alarm.signal }).catch(() => {});
        if (!this.#mustRevive()) return;
      }
      await this.#tryAgain();
    }
  }

  async #tryAgain(): Promise<void> {
    const dead = this.#current?.pid ?? 0;
    const carried = this.#current?.carried;
    const startedAt = Date.now();
    const next = this.#launch(this.#settings, carried);
    try {
      await next.serving;
      this.#current = next;
      this.#say('notice', `edge process ${next.pid} serves in place of ${dead}`);
      this.#options.onService(true, 'serving');
      if (this.#isEnding()) this.#endAll();
    } catch (error) {
      if (this.#isEnding()) return;
      this.#say('error', messageOf(error));
      this.#abandon(next);
      this.#wait = this.#backoff.after(Date.now() - startedAt);
    }
  }

  async #replace(worn: GenerationProcess, reason: string): Promise<void> {
    if (this.#current !== worn || worn.hasEnded || this.#isEnding()) return;
    this.#say('warn', `edge process ${worn.pid} is replaced: ${reason}`);
    await this.succeed(this.#settings, REPLACED_DRAIN);
  }

  #endAll(): void {
    const unsaid = this.#ending === 'drain' ? STOP_DRAIN : Infinity;
    const bound = this.#settings.gracefulShutdownTimeout || unsaid;
    for (const generation of this.#alive) {
      if (this.#ending === 'stop') this.#abandon(generation);
      else this.#drain(generation, bound, true);
    }
  }

  #drain(generation: GenerationProcess, limit: Ms, isLast: boolean): void {
    generation.drain(Date.now() + limit, isLast);
    generation.killAfter(limit + OVERRUN, () => this.#sayKill(generation));
  }

  /** The requests that a generation finishes after its handover count in whatever serves when it ends. */
  #addLate(old: GenerationProcess, before: Carried): void {
    void old.ended.then(() => {
      if (old.carried !== undefined) this.#current?.addLate(before, old.carried);
    });
  }

  /** Ends a generation now, whatever it does. */
  #abandon(generation: GenerationProcess): void {
    generation.stop();
    generation.killAfter(STOP_LIMIT, () => this.#sayKill(generation));
  }

  #tellWhenEmpty(): void {
    if (this.#isEnding() && this.#alive.size === 0) this.#onEmpty();
  }

  /** Wakes whoever waits before a start. */
  #ring(): void {
    this.#alarm.abort();
    this.#alarm = new AbortController();
  }

  /** The current generation is dead, and no turn waits that may mend it. */
  #mustRevive(): boolean {
    return this.#current?.hasEnded === true && !this.#isEnding() && this.#waiting === 0;
  }

  /** A method, because narrowing would not see that a signal changed it during an await. */
  #isEnding(): boolean {
    return this.#ending !== undefined;
  }

  #sayKill({ pid }: GenerationProcess): void {
    this.#say('error', `AH00046: child process ${pid} still did not exit, sending a SIGKILL`);
  }

  #sayOdd(error: unknown): void {
    this.#say('crit', messageOf(error));
  }

  #say(severity: Severity, message: string): void {
    this.#options.say('core', severity, message);
  }
}
