/**
 * One edge process as its supervisor sees it: forked, given its settings (at once, or later where it is a spare), asked to
 * drain or stop, and reported when it ends. It knows nothing of restarts or of other generations; that is generations.ts.
 * Supervisor process only.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Invalidated } from '../../cache/memory/snapshot.js';
import type { Carried } from '../../workers/carry.js';
import { EdgeError } from '../errors.js';
import type { Ms, Settings } from '../settings.js';
import type { HeldSockets, Inheritance } from './held-sockets.js';
import type { BoundAddress, GenerationMessage, SupervisorMessage } from './messages.js';

const GENERATION_FILE = join(import.meta.dirname, 'generation.js');
const SPARE_FILE = join(import.meta.dirname, 'spare-process.js');

/** A fresh process serves in a third of a second; one that does not within this is given up. */
const START_LIMIT: Ms = 30_000;

/** It says every five seconds how its threads are; two may be late. */
const SOUND_LIMIT: Ms = 12_000;

/** A process that does not hand over within this is succeeded with what it told last. */
const CARRY_LIMIT: Ms = 3000;

/**
 * V8 leaves its backtracking engine for the linear one when a pattern explodes, for those patterns it can run there: a
 * client cannot stall a worker with a header made for the operator's regex.
 *
 * A request leaves hardly anything that lives, so that a scavenge is over before the threads that would help with it have
 * woken up; there are hundreds of them a second, and the helpers would take cores from other workers.
 *
 * A request passes many small functions. V8 may put twice as much of them into their callers as it does by itself, which
 * takes 2 to 4 % off the time of a proxied one.
 */
const V8_FLAGS = [
  '--enable-experimental-regexp-engine',
  '--enable-experimental-regexp-engine-on-excessive-backtracks',
  '--no-parallel-scavenge',
  '--max-inlined-bytecode-size-cumulative=1840',
];

/**
 * glibc keeps what it has freed, the more of it the larger the pieces were that it was asked for: bodies that pass through
 * would leave 30 MB with the process. Said aloud, the threshold stays where it is (mallopt(3), M_TRIM_THRESHOLD).
 */
const MALLOC = { MALLOC_TRIM_THRESHOLD_: '131072' };

export interface GenerationOptions {
  settings: Settings;
  threads: number;
  held: HeldSockets;
  /** It loads what it needs, and waits for `begin`. */
  isSpare: boolean;
  /** Only tests name another than serve.js. */
  serveFile: string | undefined;
}

/** What a generation begins with, besides its settings. */
export interface Beginning {
  /** What the generation before it handed over. */
  carried: Carried | undefined;
  /** File of its hot cached objects. */
  snapshot: string | undefined;
  /** Live changes of an earlier generation; empty for none. */
  kept: string;
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** How long the process lived since it was told to begin. */
  lived: Ms;
}

export class GenerationProcess {
  readonly settings: Settings;
  readonly pid: number;
  /** Resolves with the addresses in use; rejects with EdgeError when it cannot start. */
  readonly serving: Promise<BoundAddress[]>;
  readonly ended: Promise<Ending>;
  /** Called when the process still serves but asks for a successor. */
  onReplaceWish: (reason: string) => void = () => {};
  /** The members' rows as they were told last. */
  carried: Carried | undefined;
  #onCarried: () => void = () => {};
  /** It caches, and can write a snapshot. */
  hasCache = false;
  /** It has written the snapshot that it was asked for last. */
  hasSnapshot = false;
  /** What was invalidated in its cache since its snapshot, until somebody hears of it. */
  readonly #unheard: Invalidated[] = [];
  readonly #collect = (what: Invalidated): void => void this.#unheard.push(what);
  #onInvalidated = this.#collect;
  /** All live changes as it told them last; undefined where it has told none. */
  kept: string | undefined;
  /** It was told to finish. */
  isDraining = false;
  /** It was told to end at once: how it does says nothing. */
  isToldToStop = false;
  /** Called with all live changes whenever there is a new one. */
  onKept: (text: string) => void = () => {};
  /** When it last said that all of its threads answer, by performance.now(). */
  #soundAt: Ms = performance.now();
  readonly #child: ChildProcess;
  readonly #options: GenerationOptions;
  readonly #inheritance: Inheritance;
  #begunAt: Ms = performance.now();
  #startTimer: NodeJS.Timeout | undefined;
  #giveUp: () => void = () => {};
  #hasEnded = false;
  #killTimer: NodeJS.Timeout | undefined;
  #killAt: Ms = Infinity;

  constructor(options: GenerationOptions) {
    const { settings, threads, held, isSpare, serveFile } = options;
    const { stdio, inheritance } = held.inheritance(settings, threads);
    this.#options = options;
    this.#inheritance = inheritance;
    this.settings = settings;
    const words = [String(threads), ...(serveFile === undefined ? [] : [serveFile])];
    this.#child = fork(isSpare ? SPARE_FILE : GENERATION_FILE, isSpare ? words : [], {
      // execArgv is inherited otherwise; a debugger's port must not be, nor --enable-source-maps: each thread would read
      // 300 maps at its start, a fifth of the time until it serves. NODE_OPTIONS turns them on where they are wanted.
      execArgv: V8_FLAGS,
      env: { ...MALLOC, ...process.env, UWS_HTTP_MAX_HEADERS_SIZE: String(headerBlockLimit(settings)) },
      serialization: 'advanced',
      // Descriptor 4 is our standard output (standard-output.ts), then come the sockets.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', process.stdout.fd, ...stdio],
    });
    this.pid = this.#child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#hasEnded = true;
        clearTimeout(this.#killTimer);
        resolve({ code, signal, lived: performance.now() - this.#begunAt });
      };
      this.#child.once('exit', end);
      // One that the system refused to start has no exit.
      if (this.#child.pid === undefined) this.#child.once('error', () => end(null, null));
    });
    this.serving = this.#awaitServing();
    this.serving.catch(() => {}); // whoever awaits it hears of it; nobody has to
  }

  /** Gives it its settings; `serving` tells what comes of it. */
  begin({ carried, snapshot, kept }: Beginning): void {
    const { settings, threads, serveFile } = this.#options;
    this.carried = carried;
    this.#begunAt = performance.now();
    this.#soundAt = this.#begunAt;
    this.#startTimer = setTimeout(() => this.#giveUp(), START_LIMIT);
    this.#send({
      type: 'start',
      settings,
      threads,
      inheritance: this.#inheritance,
      ...(carried === undefined ? {} : { carried }),
      ...(snapshot === undefined ? {} : { snapshot }),
      kept,
      ...(serveFile === undefined ? {} : { serveFile }),
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Finish requests until the deadline (ms since the epoch, Infinity for none), then end; isLast: nothing comes after. */
  drain(deadline: number, isLast: boolean): void {
    this.isDraining = true;
    this.#send({ type: 'drain', deadline, isLast });
  }

  /**
   * The members' rows as they stand now, for the generation that comes after.
   * snapshot  file for the hot cached objects; `hasSnapshot` tells whether they are in it
   */
  async handOver(snapshot?: string): Promise<Carried | undefined> {
    this.hasSnapshot = false;
    if (this.#hasEnded) return this.carried;
    if (snapshot !== undefined) this.#onInvalidated = this.#collect;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CARRY_LIMIT);
      this.#onCarried = () => {
        clearTimeout(timer);
        resolve();
      };
      void this.ended.then(this.#onCarried);
      this.#send({ type: 'carry', ...(snapshot === undefined ? {} : { snapshot }) });
    });
    return this.carried;
  }

  /** All of its threads answered lately. */
  isSound(): boolean {
    return performance.now() - this.#soundAt < SOUND_LIMIT;
  }

  /** Adds what the generation before this one has counted since it handed over. */
  addLate(before: Carried, after: Carried): void {
    this.#send({ type: 'late', before, after });
  }

  /**
   * Has somebody told what is invalidated in its cache, beginning with what came since the snapshot: its first word may
   * be read together with the snapshot's, before whoever waits for that has gone on.
   */
  hearInvalidated(hear: (what: Invalidated) => void): void {
    this.#onInvalidated = hear;
    for (const what of this.#unheard.splice(0)) hear(what);
  }

  /** Drops cached objects that the generation before or after this one has invalidated. */
  dropCached(what: Invalidated): void {
    this.#send({ type: 'invalidated', what });
  }

  /** Makes live changes that were made elsewhere while it started. */
  restore(text: string): void {
    this.#send({ type: 'restore', text });
  }

  /** Says that it is not ready, and goes on. */
  unready(): void {
    this.#send({ type: 'unready' });
  }

  /** Cut what is open and end. */
  stop(): void {
    this.isToldToStop = true;
    this.#send({ type: 'stop' });
  }

  /** Ends one that has not begun: it has nothing open. */
  kill(): void {
    this.isToldToStop = true;
    this.#child.kill('SIGKILL');
  }

  /** Kills the process unless it ends by itself within so long, or sooner if it was said before; `onKill` is told just before. */
  killAfter(wait: Ms, onKill: () => void): void {
    const at = Date.now() + wait;
    // setTimeout takes 31 bits; a deadline beyond 24 days is none.
    if (this.#hasEnded || at >= this.#killAt || wait > 0x7fffffff) return;
    this.#killAt = at;
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => {
      this.isToldToStop = true;
      onKill();
      this.#child.kill('SIGKILL');
    }, wait);
  }

  #awaitServing(): Promise<BoundAddress[]> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => {
        reject(new EdgeError('E_START_TIMEOUT', { seconds: START_LIMIT / 1000 }));
        this.#child.kill('SIGKILL');
      };
      this.#child.on('message', (message: GenerationMessage) => {
        if (message.type === 'replace') this.onReplaceWish(message.reason);
        else if (message.type === 'kept') {
          this.kept = message.text;
          this.onKept(message.text);
        } else if (message.type === 'invalidated') this.#onInvalidated(message.what);
        else if (message.type === 'carry') {
          this.carried = message.carried;
          if (message.silent === 0) this.#soundAt = performance.now();
          if (message.hasSnapshot !== undefined) {
            this.hasSnapshot = message.hasSnapshot;
            this.#onCarried();
          }
        } else {
          clearTimeout(this.#startTimer);
          if (message.type === 'serving') {
            this.hasCache = message.hasCache;
            resolve(message.addresses);
          } else reject(new EdgeError('E_START', { reason: message.message }));
        }
      });
      this.#child.once('error', (error) =>
        reject(new EdgeError('E_START', { reason: error.message }, error)),
      );
      void this.ended.then((ending) => {
        clearTimeout(this.#startTimer);
        reject(
          new EdgeError('E_START', {
            reason: `edge process ended while starting: ${describeEnding(ending)}`,
          }),
        );
      });
    });
  }

  #send(message: SupervisorMessage): void {
    if (this.#hasEnded || !this.#child.connected) return;
    // The callback takes the error of a channel that closes at this moment; `ended` tells the rest.
    this.#child.send(message, () => {});
  }
}

/** `exit code 1`, `signal SIGKILL`. */
export function describeEnding(ending: Ending): string {
  return ending.signal === null ? `exit code ${ending.code ?? 'unknown'}` : `signal ${ending.signal}`;
}

/**
 * Bytes of request line and header block that uWebSockets.js shall hold: one longest line and two longest fields, 16 KiB at
 * least. Its own limit of 4 KiB would answer 431 where httpd serves. It reads this once, when the addon is loaded.
 */
export function headerBlockLimit(settings: Settings): number {
  let limit = 16_384;
  for (const server of settings.servers) {
    limit = Math.max(limit, server.limitRequestLine + 2 * server.limitRequestFieldSize);
  }
  return limit;
}
