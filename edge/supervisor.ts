/**
 * The parent process. It serves no traffic: it starts a generation (an edge process with one configuration), starts it
 * again when it dies, replaces it when the configuration is to be read again, and ends it. Two generations may
 * overlap: the new one listens first (SO_REUSEPORT), then the old one drains, so no connection is refused.
 *
 * All changes of the current generation run one after the other (`#turn`): a death during a reload waits for the reload,
 * which may already have put a successor in place. A broken configuration never touches the running generation.
 *
 * Source: httpd 2.4 manual, "Stopping and Restarting"; log lines as of mpm_event.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import { EdgeError, messageOf } from './errors.js';
import { describeEnding, type Ending, GenerationProcess } from './generation-process.js';
import { HeldSockets } from './held-sockets.js';
import type { Severity } from './log/severity.js';
import { type Notify, notifierOf, type ServiceState } from './notify.js';
import { removePid, writePid } from './pidfile.js';
import { openProcessLog, type ProcessLog } from './process-log.js';
import type { Ms, Settings } from './settings.js';
import { listenToSignals, type Wish } from './signals.js';

/** How long a stopped process may take to close what is open before it is killed. */
const STOP_LIMIT: Ms = 3000;
/** httpd differs: a plain restart cuts requests in flight; here they may finish within this. */
const RESTART_DRAIN: Ms = 3000;
/** A generation that asked for its own replacement is not trusted to drain for ever. */
const REPLACED_DRAIN: Ms = 10_000;
/** What a drain may overrun its deadline by before the process is killed. */
const OVERRUN: Ms = 2000;

/** A configuration read again: settings, or the whole error text. */
export type Reading = { settings: Settings } | { problem: string };

export interface SupervisorOptions {
  settings: Settings;
  /** Reads the configuration again, for SIGHUP and SIGUSR1. */
  reread: () => Reading | Promise<Reading>;
  /** Product name as the log shows it: `drover/0.1.0`. */
  product: string;
  commandLine: string;
  threads: number;
  /** Called once, when the first generation serves. */
  onServing?: () => void;
  /** Only tests name another than serve.js. */
  serveFile?: string;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #backoff = new Backoff();
  readonly #notify: Notify;
  readonly #held = new HeldSockets();
  readonly #pidFile: string;
  #log: ProcessLog;
  #settings: Settings;
  #current: GenerationProcess | undefined;
  /** Every edge process that has not ended, whatever its part. */
  readonly #alive = new Set<GenerationProcess>();
  #turns: Promise<void> = Promise.resolve();
  #waitingReload: 'restart' | 'graceful' | undefined;
  #stopping: 'drain' | 'stop' | undefined;
  readonly #stopSignal = new AbortController();
  #finish: () => void = () => {};
  readonly #finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  /** errors  what opening the error log throws */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#pidFile = options.settings.pidFile;
    this.#log = openProcessLog(options.settings);
    this.#notify = notifierOf(process.env, (message) => this.#say('core', 'warn', message));
  }

  /**
   * Runs until it is told to stop.
   * returns  when every edge process has ended and the PID file is gone
   * errors   EdgeError when the first generation cannot start or the PID file cannot be written
   */
  async run(): Promise<void> {
    const quiet = listenToSignals((wish, signal) => this.#onWish(wish, signal));
    // A new configuration may name another file; the one that was written stays the one in use.
    writePid(this.#pidFile, process.pid);
    try {
      await this.#turn(() => this.#startFirst());
      await this.#finished;
    } finally {
      removePid(this.#pidFile, process.pid);
      quiet();
      this.#held.closeAll();
      this.#log.close();
    }
  }

  async #startFirst(): Promise<void> {
    if (this.#isStopping()) return this.#endWhenEmpty();
    let first: GenerationProcess | undefined;
    try {
      this.#held.hold(this.#settings);
      first = this.#launch(this.#settings);
      await first.serving;
    } catch (error) {
      if (this.#isStopping()) return; // stopped while starting: its end finishes the run
      this.#say('core', 'emerg', messageOf(error));
      if (first !== undefined) this.#abandon(first);
      throw error;
    }
    this.#current = first;
    this.#sayServing();
    this.#options.onServing?.();
  }

  // --- generations

  #launch(settings: Settings): GenerationProcess {
    const { threads, serveFile } = this.#options;
    const generation = new GenerationProcess({
      settings,
      threads,
      held: this.#held,
      ...(serveFile === undefined ? {} : { serveFile }),
    });
    this.#alive.add(generation);
    generation.onReplaceWish = (reason) => void this.#turn(() => this.#replace(generation, reason));
    void generation.ended.then((ending) => this.#onEnd(generation, ending));
    return generation;
  }

  #onEnd(generation: GenerationProcess, ending: Ending): void {
    this.#alive.delete(generation);
    this.#endWhenEmpty();
    if (generation !== this.#current || this.#isStopping()) return;
    this.#say(
      'core',
      'error',
      `${lineOfDeath(generation.pid, ending)}, lived ${(ending.lived / 1000).toFixed(1)} s`,
    );
    void this.#turn(() => this.#revive(generation, ending.lived));
  }

  /** Starts the current generation's settings again until one serves. */
  async #revive(dead: GenerationProcess, lived: Ms): Promise<void> {
    let wait = this.#backoff.after(lived);
    while (this.#current === dead && !this.#isStopping()) {
      if (wait > 0) {
        this.#tell('degraded', `not serving, next start in ${wait / 1000} s`);
        this.#say('core', 'warn', `edge process is started again in ${wait / 1000} s`);
        await this.#pause(wait);
        if (this.#isStopping()) return;
      }
      const next = this.#launch(this.#settings);
      const startedAt = Date.now();
      try {
        await next.serving;
        this.#current = next;
        this.#say('core', 'notice', `edge process ${next.pid} serves in place of ${dead.pid}`);
        this.#tell('ready', 'serving');
        if (next.hasEnded) this.#onEnd(next, await next.ended);
      } catch (error) {
        this.#say('core', 'error', messageOf(error));
        this.#abandon(next);
        wait = this.#backoff.after(Date.now() - startedAt);
      }
    }
  }

  async #replace(worn: GenerationProcess, reason: string): Promise<void> {
    if (this.#current !== worn || this.#isStopping()) return;
    this.#say('core', 'warn', `edge process ${worn.pid} is replaced: ${reason}`);
    await this.#succeed(this.#settings, REPLACED_DRAIN);
  }

  /** Puts a new generation in place of the current one; false when it did not come up, and the old one stays. */
  async #succeed(settings: Settings, drain: Ms): Promise<boolean> {
    let next: GenerationProcess | undefined;
    try {
      this.#held.hold(settings);
      next = this.#launch(settings);
      await next.serving;
    } catch (error) {
      if (this.#isStopping()) return false;
      this.#say('core', 'error', `${messageOf(error)}; the running generation stays`);
      if (next !== undefined) this.#abandon(next);
      this.#held.keepOnly(this.#settings);
      return false;
    }
    this.#held.keepOnly(settings);
    const old = this.#current;
    this.#current = next;
    this.#settings = settings;
    if (old !== undefined) this.#drain(old, drain);
    if (this.#isStopping()) this.#endAll();
    else if (next.hasEnded) this.#onEnd(next, await next.ended);
    return true;
  }

  // --- wishes

  #onWish(wish: Wish, signal: NodeJS.Signals): void {
    switch (wish) {
      case 'restart':
      case 'graceful':
        this.#askReload(wish);
        return;
      case 'stop':
      case 'drain':
      case 'graceful-stop':
        this.#onStopWish(wish, signal);
    }
  }

  /** Reloads that arrive while one is under way become one more after it. */
  #askReload(kind: 'restart' | 'graceful'): void {
    if (this.#isStopping()) return;
    const isQueued = this.#waitingReload !== undefined;
    this.#waitingReload = kind;
    if (!isQueued) void this.#turn(() => this.#reload());
  }

  async #reload(): Promise<void> {
    const kind = this.#waitingReload ?? 'graceful';
    this.#waitingReload = undefined;
    if (this.#isStopping()) return;
    if (kind === 'graceful') {
      this.#say('mpm_event', 'notice', 'AH00493: SIGUSR1 received.  Doing graceful restart');
    } else this.#say('mpm_event', 'notice', 'AH00494: SIGHUP received.  Attempting to restart');
    this.#tell('reloading', 'reading the configuration');

    // httpd differs: it ends when the configuration is broken.
    const reading = await this.#options.reread();
    if ('problem' in reading) {
      for (const line of reading.problem.trimEnd().split('\n')) this.#say('core', 'error', line);
      this.#say('core', 'error', 'configuration not taken over; the running generation stays');
      this.#tell('ready', 'serving the previous configuration: the new one is broken');
      return;
    }
    const isDone = await this.#succeed(reading.settings, kind === 'graceful' ? Infinity : RESTART_DRAIN);
    if (this.#isStopping()) return;
    if (!isDone) {
      this.#tell('ready', 'serving the previous configuration: the new one could not start');
      return;
    }
    this.#reopenLog();
    this.#sayServing();
  }

  #onStopWish(wish: 'stop' | 'drain' | 'graceful-stop', signal: NodeJS.Signals): void {
    const isGraceful = wish === 'graceful-stop';
    if (isGraceful) this.#say('mpm_event', 'notice', `AH00492: caught ${signal}, shutting down gracefully`);
    else this.#say('mpm_event', 'notice', 'AH00491: caught SIGTERM, shutting down');
    // A second wish to end is impatience.
    this.#stopping = this.#stopping === undefined && wish !== 'stop' ? 'drain' : 'stop';
    this.#stopSignal.abort();
    this.#tell('stopping', this.#stopping === 'drain' ? 'finishing requests' : 'stopping');
    if (isGraceful) removePid(this.#pidFile, process.pid);
    this.#endAll();
    this.#endWhenEmpty();
  }

  #endAll(): void {
    const bound = this.#settings.gracefulShutdownTimeout;
    for (const generation of this.#alive) {
      if (this.#stopping === 'drain') this.#drain(generation, bound > 0 ? bound : Infinity);
      else this.#abandon(generation);
    }
  }

  #drain(generation: GenerationProcess, limit: Ms): void {
    generation.drain(Date.now() + limit);
    generation.killAfter(limit + OVERRUN, () => this.#sayKill(generation));
  }

  /** Ends a generation now, whatever it does. */
  #abandon(generation: GenerationProcess): void {
    generation.stop();
    generation.killAfter(STOP_LIMIT, () => this.#sayKill(generation));
  }

  #endWhenEmpty(): void {
    if (this.#isStopping() && this.#alive.size === 0) this.#finish();
  }

  // --- small things

  /** Runs one change of generations after those before it. */
  #turn(change: () => Promise<void>): Promise<void> {
    const mine = this.#turns.then(change);
    this.#turns = mine.catch((error: unknown) => {
      if (!(error instanceof EdgeError)) this.#say('core', 'crit', messageOf(error));
    });
    return mine;
  }

  /** A method, because narrowing would not see that a signal changed it during an await. */
  #isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  async #pause(wait: Ms): Promise<void> {
    await sleep(wait, undefined, { signal: this.#stopSignal.signal }).catch(() => {});
  }

  #reopenLog(): void {
    try {
      const fresh = openProcessLog(this.#settings);
      this.#log.close();
      this.#log = fresh;
    } catch (error) {
      this.#say('core', 'error', `error log stays as it was: ${messageOf(error)}`);
    }
  }

  #sayServing(): void {
    this.#say(
      'mpm_event',
      'notice',
      `AH00489: ${this.#options.product} configured -- resuming normal operations`,
    );
    this.#say('core', 'notice', `AH00094: Command line: '${this.#options.commandLine}'`);
    for (const { kind, at, word, text } of this.#settings.notes) {
      if (kind === 'inactive') this.#say('core', 'warn', `${at}: ${word} has no effect: ${text}`);
    }
    this.#tell('ready', 'serving');
  }

  #sayKill(generation: GenerationProcess): void {
    this.#say(
      'core',
      'error',
      `AH00046: child process ${generation.pid} still did not exit, sending a SIGKILL`,
    );
  }

  #say(module: string, severity: Severity, message: string): void {
    this.#log.log(module, severity, message);
  }

  #tell(state: ServiceState, status: string): void {
    this.#notify(state, status);
  }
}

function lineOfDeath(pid: number, ending: Ending): string {
  return `edge process ${pid} ended: ${describeEnding(ending)}`;
}
