/**
 * The parent process. It serves no traffic: it obeys signals, reads the configuration again when told to, keeps the PID file
 * and the service manager informed, and leaves the edge processes to generations.ts. A broken configuration
 * never touches the running generation.
 *
 * Source: httpd 2.4 manual, "Stopping and Restarting"; log lines as of mpm_event.
 */
import { messageOf } from './errors.js';
import type { Severity } from './log/severity.js';
import { Generations } from './process/generations.js';
import type { Inherited } from './process/generations-options.js';
import { keptFileOf, persists, readKept, writeKept } from './process/kept-file.js';
import { migrationOf, migrationWarning } from './process/migrate.js';
import { type Notify, notifierOf, watchdogInterval } from './process/notify.js';
import { claimPid, removePid, writePid } from './process/pidfile.js';
import { newlyTaken } from './process/port-probe.js';
import { openProcessLog, type ProcessLog } from './process/process-log.js';
import { listenToSignals, type Wish } from './process/signals.js';
import { handOver, sayTakenOver } from './process/takeover.js';
import type { Ms, Settings } from './settings.js';

/** httpd differs: a plain restart cuts requests in flight; here they may finish within this. */
const RESTART_DRAIN: Ms = 3000;

/** A configuration read again: settings, or the whole error text. */
export type Reading = { settings: Settings } | { problem: string };

export interface SupervisorOptions {
  settings: Settings;
  /** Reads the configuration again, for SIGHUP and SIGUSR1. */
  reread: () => Reading;
  /** Product name as the log shows it: `drover/0.1.0`. */
  product: string;
  commandLine: string;
  threads: number;
  /** How long a generation has served before there is a spare; undefined: there is none. */
  spareWait?: Ms | undefined;
  /** Set where this supervisor takes the place of a running one. */
  inherits?: Inherited;
  /** Called once, when the first generation serves. */
  onServing?: () => void;
  /** Only tests name another than serve.js. */
  serveFile?: string;
}

type Reload = 'restart' | 'graceful';

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #generations: Generations;
  readonly #notify: Notify;
  /** A new configuration may name another file; the one that was written stays the one in use. */
  readonly #pidFile: string;
  #log: ProcessLog;
  #waitingReload: Reload | undefined;
  #isStopping = false;
  #isOver = false;
  #delay: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  /** errors  what opening the error log throws */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#pidFile = options.settings.pidFile;
    this.#log = openProcessLog(options.settings);
    this.#notify = notifierOf(process.env, (message) => this.#say('core', 'warn', message));
    const { threads, spareWait, serveFile, inherits } = options;
    this.#generations = new Generations(options.settings, {
      threads,
      spareWait,
      say: (module, severity, message) => this.#say(module, severity, message),
      onService: (isServing, status) => this.#notify(isServing ? 'ready' : 'degraded', status),
      kept: this.#readKept(),
      inherits,
      onKept: (text) => this.#writeKept(text),
      ...(serveFile === undefined ? {} : { serveFile }),
    });
  }

  /**
   * Runs until it is told to stop.
   * returns  when every edge process has ended and the PID file is gone
   * errors   EdgeError when the first generation cannot start or the PID file cannot be written
   */
  async run(): Promise<void> {
    const every = watchdogInterval(process.env);
    if (every !== undefined) this.#watchdog = setInterval(() => this.#sayAlive(), every);
    listenToSignals((wish, signal) => this.#onWish(wish, signal));
    try {
      const { inherits } = this.#options;
      if (inherits === undefined) claimPid(this.#pidFile, process.pid);
      if (await this.#generations.inTurn(() => this.#generations.start())) {
        if (inherits !== undefined) {
          writePid(this.#pidFile, process.pid);
          sayTakenOver(inherits.predecessor);
        }
        this.#sayServing();
        const warning = migrationWarning(this.#generations.settings, migrationOf());
        if (warning !== undefined) this.#say('core', 'warn', warning);
        this.#options.onServing?.();
      }
      await this.#generations.empty;
    } catch (error) {
      this.#say('core', 'emerg', messageOf(error));
      this.#generations.end('stop');
      await this.#generations.empty;
      throw error;
    } finally {
      removePid(this.#pidFile, process.pid);
      clearInterval(this.#watchdog);
      this.#isOver = true;
      this.#generations.close();
      this.#log.close();
    }
  }

  #onWish(wish: Wish, signal: NodeJS.Signals): void {
    if (this.#isOver) return;
    switch (wish) {
      case 'restart':
      case 'graceful':
        this.#askReload(wish);
        return;
      case 'upgrade':
        this.#generations
          .inTurn(() => this.#upgrade())
          .catch((error: unknown) => this.#say('core', 'crit', messageOf(error)));
        return;
      case 'stop':
      case 'drain':
      case 'graceful-stop':
        this.#stop(wish, signal);
    }
  }

  /** Reloads that arrive while one is under way become one more after it. */
  #askReload(kind: Reload): void {
    if (this.#isStopping) return;
    const isQueued = this.#waitingReload !== undefined;
    this.#waitingReload = kind;
    if (isQueued) return;
    this.#generations
      .inTurn(() => this.#reload())
      .catch((error: unknown) => this.#say('core', 'crit', messageOf(error)));
  }

  async #reload(): Promise<void> {
    const kind = this.#waitingReload ?? 'graceful';
    this.#waitingReload = undefined;
    if (this.#isStopping) return;
    if (kind === 'graceful') {
      this.#say('mpm_event', 'notice', 'AH00493: SIGUSR1 received.  Doing graceful restart');
    } else this.#say('mpm_event', 'notice', 'AH00494: SIGHUP received.  Attempting to restart');
    this.#notify('reloading', 'reading the configuration');

    // httpd differs: it ends when the configuration is broken.
    const reading = this.#options.reread();
    if ('problem' in reading) {
      for (const line of reading.problem.trimEnd().split('\n')) this.#say('core', 'error', line);
      this.#say('core', 'error', 'configuration not taken over; the running generation stays');
      this.#notify('ready', 'serving the previous configuration: the new one is broken');
      return;
    }
    const taken = await newlyTaken(reading.settings, this.#generations.settings);
    if (taken !== undefined) {
      // A generation that found out by itself would have taken connections by then, and reset them.
      this.#say('core', 'error', `${taken}; the running generation stays`);
      this.#notify('ready', 'serving the previous configuration: an address of the new one is taken');
      return;
    }
    const bound = reading.settings.gracefulShutdownTimeout;
    const drain = kind !== 'graceful' ? RESTART_DRAIN : bound > 0 ? bound : Infinity;
    if (await this.#generations.succeed(reading.settings, drain)) {
      this.#reopenLog();
      this.#sayServing();
    } else this.#notify('ready', 'serving the previous configuration: the new one could not start');
  }

  /** Starts the program as it lies on the disk now, and ends when that serves. */
  async #upgrade(): Promise<void> {
    if (this.#isStopping) return;
    this.#say('mpm_event', 'notice', 'SIGUSR2 received: the program is started again and takes over');
    this.#notify('reloading', 'another program takes over');
    const bound = this.#generations.settings.gracefulShutdownTimeout;
    const problem = await this.#generations.yieldTo(handOver, bound > 0 ? bound : Infinity);
    if (problem === undefined) {
      // The service manager has heard of the new one from itself.
      this.#isStopping = true;
      clearInterval(this.#watchdog);
      this.#say('mpm_event', 'notice', 'the new program serves; requests here are finished');
      return;
    }
    if (this.#mustEnd()) return;
    this.#say('core', 'error', `the new program does not take over, the running one stays: ${problem}`);
    this.#notify('ready', 'serving: the new program could not start');
  }

  /** A method, because narrowing would not see that a signal changed it during an await. */
  #mustEnd(): boolean {
    return this.#isStopping;
  }

  #stop(wish: 'stop' | 'drain' | 'graceful-stop', signal: NodeJS.Signals): void {
    const isGraceful = wish === 'graceful-stop';
    if (isGraceful) this.#say('mpm_event', 'notice', `AH00492: caught ${signal}, shutting down gracefully`);
    else this.#say('mpm_event', 'notice', 'AH00491: caught SIGTERM, shutting down');
    // A second wish to end is impatience.
    const patience = isGraceful ? 'patient-drain' : 'drain';
    const how = this.#isStopping || wish === 'stop' ? 'stop' : patience;
    clearTimeout(this.#delay);
    const { drainDelay } = this.#generations.settings;
    if (wish === 'drain' && !this.#isStopping && drainDelay > 0) {
      this.#isStopping = true;
      this.#notify('stopping', `not ready, serving on for ${drainDelay / 1000} s`);
      this.#generations.unready();
      this.#delay = setTimeout(() => this.#generations.end('drain'), drainDelay);
      return;
    }
    this.#isStopping = true;
    this.#notify('stopping', how === 'stop' ? 'stopping' : 'finishing requests');
    if (isGraceful) removePid(this.#pidFile, process.pid);
    this.#generations.end(how);
  }

  /** Live changes from before the last stop, with BalancerPersist On. */
  #readKept(): string {
    const { settings } = this.#options;
    if (!persists(settings)) return '';
    try {
      return readKept(keptFileOf(settings));
    } catch (error) {
      this.#say('proxy_balancer', 'error', `live changes are not restored: ${messageOf(error)}`);
      return '';
    }
  }

  #writeKept(text: string): void {
    const { settings } = this.#generations;
    if (!persists(settings)) return;
    try {
      writeKept(keptFileOf(settings), text);
    } catch (error) {
      this.#say('proxy_balancer', 'error', `live changes could not be written: ${messageOf(error)}`);
    }
  }

  #reopenLog(): void {
    try {
      const fresh = openProcessLog(this.#generations.settings);
      this.#log.close();
      this.#log = fresh;
    } catch (error) {
      this.#say('core', 'error', `error log stays as it was: ${messageOf(error)}`);
    }
  }

  /** Only while every worker of the current generation answers: else the service manager starts all of it again. */
  #sayAlive(): void {
    if (this.#generations.isSound()) this.#notify('alive', '');
  }

  #sayServing(): void {
    if (this.#isStopping) return;
    const { product, commandLine } = this.#options;
    this.#say('mpm_event', 'notice', `AH00489: ${product} configured -- resuming normal operations`);
    this.#say('core', 'notice', `AH00094: Command line: '${commandLine}'`);
    for (const { kind, at, word, text } of this.#generations.settings.notes) {
      if (kind === 'inactive') this.#say('core', 'warn', `${at}: ${word} has no effect: ${text}`);
    }
    this.#notify('ready', 'serving');
  }

  #say(module: string, severity: Severity, message: string): void {
    this.#log.log(module, severity, message);
  }
}
