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
import type { Carried } from '../../workers/carry.js';
import { messageOf } from '../errors.js';
import type { Severity } from '../log/severity.js';
import type { Ms, Settings } from '../settings.js';
import { Backoff } from './backoff.js';
import { describeEnding, type Ending, GenerationProcess } from './generation-process.js';
import type { EndManner, GenerationsOptions } from './generations-options.js';
import { HeldSockets } from './held-sockets.js';
import type { Link, Word } from './link.js';
import { type Hand, Neighbours } from './neighbours.js';
import { makeSnapshotFile, removeSnapshotFile } from './snapshot-file.js';
import { Spare } from './spare.js';
import { Turns } from './turns.js';

/** How long a stopped process may take to close what is open before it is killed. */
const STOP_LIMIT: Ms = 3000;
/** A generation that asked for its own replacement is not trusted to drain for ever. */
const REPLACED_DRAIN: Ms = 10_000;
/** How long a stop waits for requests where GracefulShutdownTimeout does not say it. */
const STOP_DRAIN: Ms = 60_000;
/** What a drain may overrun its deadline by before the process is killed. */
const OVERRUN: Ms = 2000;

type TellLate = (before: Carried, after: Carried) => void;

export class Generations {
  readonly #options: GenerationsOptions;
  readonly #held = new HeldSockets();
  readonly #backoff = new Backoff();
  readonly #spare: Spare;
  #settings: Settings;
  #current: GenerationProcess | undefined;
  /** Every edge process that has not ended, whatever its part. */
  readonly #alive = new Set<GenerationProcess>();
  readonly #turns = new Turns(() => this.#mend());
  /** Before the next start of a dead generation. */
  #wait: Ms = 0;
  /** Live changes that the next generation shall have. */
  #kept: string;
  #ending: EndManner | undefined;
  /** All that serves says that it is not ready. */
  #isLeaving = false;
  readonly #neighbours = new Neighbours((word, from) => this.#hear(word, from));
  #onEmpty: () => void = () => {};
  /** Resolves after `end`, when no process is left. */
  readonly empty = new Promise<void>((resolve) => {
    this.#onEmpty = resolve;
  });

  constructor(settings: Settings, options: GenerationsOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#spare = new Spare({
      wait: options.spareWait,
      make: () => this.#fork(this.#settings, true),
      say: (severity, message) => this.#say(severity, message),
      onGone: () => this.#tellWhenEmpty(),
    });
    const { inherits } = options;
    this.#kept = inherits?.estate.kept || (options.kept ?? '');
    if (inherits === undefined) return;
    this.#held.adopt(inherits.sockets);
    this.#neighbours.join(inherits.predecessor);
  }

  /** What the current generation serves. */
  get settings(): Settings {
    return this.#settings;
  }

  /** Runs one change of generations after those before it; errors are the caller's, and do not stop later turns. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    return this.#turns.take(change);
  }

  /**
   * The first generation.
   * returns  true when it serves, false when it was told to end meanwhile
   * errors   why it could not start; nothing is left of it then
   */
  async start(): Promise<boolean> {
    if (this.#isEnding()) return false;
    let first: GenerationProcess | undefined;
    const { carried, snapshot } = this.#options.inherits?.estate ?? {};
    try {
      this.#held.hold(this.#settings);
      first = this.#launch(this.#settings, carried, snapshot);
      if (snapshot !== undefined) this.#listen(first);
      await first.serving;
      this.#held.keepOnly(this.#settings);
    } catch (error) {
      if (this.#isEnding()) return false;
      if (first !== undefined) this.#abandon(first);
      throw error;
    }
    this.#current = first;
    this.#spare.plan();
    return true;
  }

  /**
   * Puts a generation with these settings in place of the current one, in a turn of the caller's.
   * drain    how long the old one may finish requests, Infinity for ever
   * returns  false when it did not come up; the old one stays
   */
  async succeed(settings: Settings, drain: Ms): Promise<boolean> {
    this.#spare.retire();
    const before = this.#current;
    let next: GenerationProcess | undefined;
    let carried: Carried | undefined;
    let kept = '';
    const snapshot = before?.hasCache === true ? makeSnapshotFile(before.settings) : undefined;
    try {
      this.#held.hold(settings);
      carried = await before?.handOver(snapshot);
      kept = this.#kept;
      next = this.#launch(settings, carried, before?.hasSnapshot === true ? snapshot : undefined);
      if (before !== undefined) this.#listen(before);
      this.#listen(next);
      await next.serving;
      // It is asked once more what was changed live while the new one started.
      if (before?.isSound() === true) await before.handOver();
    } catch (error) {
      if (this.#isEnding()) return false;
      this.#say('error', `${messageOf(error)}; the running generation stays`);
      if (next !== undefined) this.#abandon(next);
      this.#held.keepOnly(this.#settings);
      this.#spare.plan();
      return false;
    } finally {
      if (snapshot !== undefined) removeSnapshotFile(snapshot);
    }
    const old = this.#current;
    this.#current = next;
    this.#settings = settings;
    this.#held.keepOnly(settings);
    if (this.#kept !== kept) next.restore(this.#kept);
    else if (next.kept !== undefined) this.#keep(next, next.kept);
    if (old !== undefined) {
      this.#drain(old, drain, false);
      this.#whenLate(old, carried, (before, after) => this.#current?.addLate(before, after));
    }
    // One that came up while all were told to end has missed the word.
    if (this.#isEnding()) this.#endAll();
    else this.#spare.plan();
    return true;
  }

  /**
   * Lets another supervisor take over, in a turn of the caller's.
   * hand     starts it
   * returns  undefined when it serves, else why not; when it serves, the generation here drains within so long, and `empty`
   *          resolves after it
   */
  async yieldTo(hand: Hand, drain: Ms): Promise<string | undefined> {
    const old = this.#current;
    const snapshot = old?.hasCache === true ? makeSnapshotFile(old.settings) : undefined;
    const carried = await old?.handOver(snapshot);
    const estate = { carried, kept: this.#kept, snapshot: old?.hasSnapshot === true ? snapshot : undefined };
    const coming = this.#neighbours.welcome(
      () => hand(this.#held.all, estate),
      () => !this.#isEnding() && !this.#isLeaving,
    );
    if (old !== undefined) this.#listen(old);
    const link = await coming;
    if (snapshot !== undefined) removeSnapshotFile(snapshot);
    if (typeof link === 'string') {
      this.#tellWhenEmpty();
      return link;
    }
    this.#ending = 'patient-drain';
    this.#spare.retire();
    // They are the new one's: while they are open here, too, they would outlive it.
    this.#held.closeAll();
    for (const generation of this.#alive) this.#drain(generation, drain, false);
    this.#whenLate(old, carried, (before, after) => link.tell({ type: 'late', before, after }));
    this.#tellWhenEmpty();
    return undefined;
  }

  /** Something serves, and all of its threads answered lately. */
  isSound(): boolean {
    return this.#current !== undefined && !this.#current.hasEnded && this.#current.isSound();
  }

  /** All say that they are not ready, and go on. */
  unready(): void {
    this.#isLeaving = true;
    this.#neighbours.refuse();
    for (const generation of this.#alive) generation.unready();
  }

  /** Ends all. Again with `stop` to hurry. */
  end(how: EndManner): void {
    this.#ending = how;
    this.#spare.retire();
    this.#turns.wake();
    // Nothing starts any more. While they are open here the kernel takes connections that nobody will accept.
    this.#held.closeAll();
    this.#neighbours.refuse();
    this.#endAll();
    this.#tellWhenEmpty();
  }

  /** Gives the sockets away, and has nothing more to say; after `empty`. */
  close(): void {
    this.#held.closeAll();
    this.#neighbours.close();
  }

  #fork(settings: Settings, isSpare: boolean): GenerationProcess {
    const { threads, serveFile } = this.#options;
    return new GenerationProcess({ settings, threads, held: this.#held, isSpare, serveFile });
  }

  #launch(settings: Settings, carried: Carried | undefined, snapshot?: string): GenerationProcess {
    return this.#begin(this.#fork(settings, false), carried, snapshot);
  }

  #begin(generation: GenerationProcess, carried: Carried | undefined, snapshot?: string): GenerationProcess {
    generation.begin({ carried, snapshot, kept: this.#kept });
    this.#alive.add(generation);
    if (this.#isLeaving) generation.unready();
    generation.onKept = (text) => this.#keep(generation, text);
    generation.onReplaceWish = (reason) => {
      this.inTurn(() => this.#replace(generation, reason)).catch((error: unknown) => this.#sayOdd(error));
    };
    void generation.ended.then((ending) => this.#onEnd(generation, ending));
    return generation;
  }

  #hear(word: Word, from: Link): void {
    switch (word.type) {
      case 'invalidated':
        this.#spread(word, from);
        return;
      case 'late':
        this.#current?.addLate(word.before, word.after);
    }
  }

  /** Once there is somebody to tell. */
  #listen(generation: GenerationProcess): void {
    generation.hearInvalidated((what) => this.#spread({ type: 'invalidated', what }, generation));
  }

  /** What one cache has lost must go from all others that answer: those before it and after it, in both programs. */
  #spread(word: Extract<Word, { type: 'invalidated' }>, from: GenerationProcess | Link): void {
    for (const generation of this.#alive) if (generation !== from) generation.dropCached(word.what);
    this.#neighbours.tell(word, from);
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
    const isCut = ending.code !== 0 && !generation.isToldToStop;
    if (generation !== this.#current && generation.isDraining && isCut && !this.#isEnding())
      this.#say('error', `edge process ${generation.pid} ended while it drained: ${describeEnding(ending)}`);
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
        await this.#turns.pause(this.#wait);
        if (!this.#mustRevive()) return;
      }
      await this.#tryAgain();
    }
  }

  async #tryAgain(): Promise<void> {
    const dead = this.#current?.pid ?? 0;
    const carried = this.#current?.carried;
    const spare = await this.#useSpare(carried);
    if (spare === undefined && this.#isEnding()) return;
    const startedAt = performance.now();
    const next = spare ?? this.#launch(this.#settings, carried);
    try {
      await next.serving;
      this.#current = next;
      this.#say('notice', `edge process ${next.pid} serves in place of ${dead}`);
      this.#options.onService(true, 'serving');
      if (this.#isEnding()) this.#endAll();
      else this.#spare.plan();
    } catch (error) {
      if (this.#isEnding()) return;
      this.#say('error', messageOf(error));
      this.#abandon(next);
      this.#wait = this.#backoff.after(performance.now() - startedAt);
    }
  }

  /** The spare, when it serves; undefined where there is none or it does not come up: a fresh one then tells why. */
  async #useSpare(carried: Carried | undefined): Promise<GenerationProcess | undefined> {
    const spare = this.#spare.take();
    if (spare === undefined) return undefined;
    try {
      await this.#begin(spare, carried).serving;
      return spare;
    } catch (error) {
      if (!this.#isEnding()) this.#say('warn', `spare ${spare.pid}: ${messageOf(error)}`);
      this.#abandon(spare);
      return undefined;
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
  #whenLate(old: GenerationProcess | undefined, before: Carried | undefined, tell: TellLate): void {
    void old?.ended.then(() => {
      if (before !== undefined && old.carried !== undefined) tell(before, old.carried);
    });
  }

  /** Ends a generation now, whatever it does. */
  #abandon(generation: GenerationProcess): void {
    generation.stop();
    generation.killAfter(STOP_LIMIT, () => this.#sayKill(generation));
  }

  #tellWhenEmpty(): void {
    const isEmpty = this.#alive.size === 0 && this.#spare.isGone && !this.#neighbours.isOneComing;
    if (this.#isEnding() && isEmpty) this.#onEmpty();
  }

  /** The current generation is dead, and no turn waits that may mend it. */
  #mustRevive(): boolean {
    return this.#current?.hasEnded === true && !this.#isEnding() && !this.#turns.isAnyWaiting;
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
