/**
 * The main thread of an edge process: it owns the scoreboard, starts one Piscina worker per core, watches them, answers
 * the health address, and brings them down together. It serves no traffic and shares no lock with those who do, so a slow
 * moment here costs no request anything.
 *
 * Start: board → threads → every thread listens → health address → root given away → serving.
 * A thread that can not listen at start fails the generation; one that fails later is replaced (worker-slot.ts), and
 * where this process cannot do that any more, because it gave root away, the supervisor is asked for a successor.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Piscina } from 'piscina';
import { type CacheMemory, makeCacheMemory } from '../cache/memory/layout.js';
import type { Invalidated } from '../cache/memory/snapshot.js';
import { defaultCacheBytes } from '../cache/memory-size.js';
import { addLate, type Carried, carry, takeOver } from '../workers/carry.js';
import type { MemberSettings } from '../workers/member.js';
import { boardBytes, Scoreboard } from '../workers/scoreboard.js';
import { ClientCounts, clientsBytes } from '../workers/scoreboard-clients.js';
import { SlowStart } from '../workers/slow-start.js';
import { LiveControl } from './admin/live-control.js';
import { CaptureFiles } from './capture/files.js';
import { canReloadCertificates } from './engine/engine-choice.js';
import { HealthServer } from './health/health-address.js';
import { MemberHealth } from './health/health-checks.js';
import { Heart } from './health/heart.js';
import { type Readiness, readinessOf } from './health/readiness.js';
import { startPrograms } from './log/piped-log.js';
import { CacheHandover } from './process/cache-handover.js';
import { DescriptorWatch } from './process/descriptors.js';
import { DiskKeeper, openDisks } from './process/disk-keeper.js';
import { type Inheritance, socketsOf } from './process/held-sockets.js';
import { MemoryWatch } from './process/memory-watch.js';
import type { BoundAddress, ControlMessage, DrainOrder } from './process/messages.js';
import { dropPrivileges } from './process/privileges.js';
import type { ProcessLog } from './process/process-log.js';
import { takePool } from './process/thread-pool.js';
import { WorkerSlot } from './process/worker-slot.js';
import { CertificateWatch } from './secure/watch.js';
import { isCached } from './server-runtime.js';
import type { HeartbeatSettings, Ms, Settings } from './settings.js';

/** What httpd serves at once where MaxRequestWorkers is not said: what a heartbeat says is left of it. */
const USUAL_WORKERS = 400;
/** A name, and keys for HMAC and AES, 16 bytes each. */
const TICKET_KEY_BYTES = 48;
const PING_EVERY: Ms = 5000;
/** How often factors of members that came back are moved. */
const SLOW_START_EVERY: Ms = 200;
/** A thread that is silent for so long is reported; for twice as long, and a successor is asked for. */
const SILENT: Ms = 15_000;

export interface ControlOptions {
  settings: Settings;
  threads: number;
  inheritance: Inheritance;
  serveFile?: string;
  /** What the generation before this one handed over. */
  carried?: Carried;
  /** File of its hot cached objects. */
  snapshot?: string;
  /** What is invalidated in the cache after a snapshot was written. */
  onInvalidated: (what: Invalidated) => void;
  /** Every few seconds: time to tell the members' rows, which a successor begins with should this process be killed. */
  onCarry: () => void;
  /** Live changes of an earlier generation; empty for none. */
  kept: string;
  log: ProcessLog;
  /** Live changes as they are now. */
  onKept: (text: string) => void;
  /** This process should get a successor. */
  onReplaceWish: (reason: string) => void;
}

export class Control {
  /** Shared with all threads, for pages and metrics: readCounters. Undefined where nothing is cached. */
  readonly cache: CacheMemory | undefined;
  readonly #options: ControlOptions;
  readonly #board: Scoreboard;
  readonly #pool: Piscina;
  readonly #slots: WorkerSlot[] = [];
  readonly #health: HealthServer;
  readonly #descriptors: DescriptorWatch;
  readonly #memory: MemoryWatch;
  readonly #live: LiveControl;
  #phase: 'starting' | 'serving' | 'leaving' | 'draining' = 'starting';
  #isLeaving = false;
  #startFailure: string | undefined;
  #pings: NodeJS.Timeout | undefined;
  readonly #memberHealth: MemberHealth;
  readonly #certificates: CertificateWatch;
  readonly #captures: CaptureFiles;
  readonly #heart: Heart | undefined;
  readonly #disks: DiskKeeper | undefined;
  readonly #slow: SlowStart;
  readonly #handover: CacheHandover | undefined;
  #slowStart: NodeJS.Timeout | undefined;
  #pingId = 0;
  #askedForReplacement = false;
  #onStartNews: () => void = () => {};
  readonly #addresses: (BoundAddress[] | undefined)[] = [];

  constructor(options: ControlOptions) {
    this.#options = options;
    const { settings, threads } = options;
    const buffer = new SharedArrayBuffer(boardBytes(settings.slots, settings.balancers.length, threads));
    this.#board = new Scoreboard(buffer, settings.slots, settings.balancers.length, threads);
    for (const member of settings.members) this.#board.seed(member);
    this.#slow = new SlowStart(settings.members, this.#board);
    this.#memberHealth = new MemberHealth(settings, this.#board);
    this.#certificates = new CertificateWatch(settings, {
      onChange: (isReadable) => this.#onCertificates(isReadable),
      onStaple: (staple) => {
        for (const slot of this.#slots) slot.send(staple);
      },
      log: (severity, text) => options.log.log('ssl', severity, text),
    });
    this.#captures = new CaptureFiles(settings, (text) => options.log.log('edge', 'error', text));
    this.#heart = settings.heartbeat === undefined ? undefined : this.#makeHeart(settings.heartbeat);
    if (settings.servers.some(isCached))
      this.cache = makeCacheMemory(
        settings.cacheMemorySize ?? defaultCacheBytes(),
        threads,
        openDisks(settings, options.log),
      );
    this.#disks = this.cache && new DiskKeeper(this.cache, options.log);
    this.#handover = this.cache && new CacheHandover(this.cache, options.log, options.onInvalidated);
    if (options.snapshot !== undefined) this.#handover?.load(options.snapshot);
    this.#health = new HealthServer(socketsOf(0, options.inheritance.health), () => this.#readiness());
    this.#pool = takePool(threads, options.serveFile);
    this.#pool.on('error', (error: Error) =>
      options.log.log('core', 'error', `worker pool: ${error.message}`),
    );
    startPrograms(settings, options.log.programs);
    const { kept, log, onKept } = options;
    const { cache } = this;
    const onMembers = (members: readonly MemberSettings[]): void => this.#adopt(members);
    const isKeyed = settings.servers.some(({ clientLimit }) => clientLimit !== undefined);
    const clients = new SharedArrayBuffer(clientsBytes(isKeyed));
    const live = { settings, board: this.#board, threads, cache, clients, kept, log, onKept, onMembers };
    this.#live = new LiveControl(live);
    // After live changes, which may have members of their own.
    if (options.carried !== undefined) takeOver(this.#board, this.#live.known, options.carried);
    this.#descriptors = new DescriptorWatch({
      counts: new ClientCounts(clients),
      log: (severity, text) => log.log('core', severity, text),
    });
    this.#memory = new MemoryWatch({
      onChange: (isOn) => this.#sendAll({ type: 'shed', isOn }),
      log: (severity, text) => log.log('core', severity, text),
    });
    const ticketKeys = randomBytes(TICKET_KEY_BYTES);
    for (let thread = 0; thread < threads; thread++) {
      const task = { ...this.#live.parts, board: buffer, ticketKeys, thread };
      const sockets = socketsOf(thread, options.inheritance.engines);
      this.#slots.push(
        new WorkerSlot(this.#pool, task, sockets, {
          onListening: (who, addresses) => this.#onListening(who, addresses),
          onFailed: (who, message, fatal) => this.#onFailed(who, message, fatal),
          onLines: (target, lines) => options.log.programs.write(target, lines),
          onNotice: (module, text) => options.log.log(module, 'notice', text),
          onCaptured: (batch, done) => this.#captures.write(batch, done),
        }),
      );
    }
  }

  /** Where an engine cannot change what it shows, or the keys may not be read any more, a successor shows the new ones. */
  #onCertificates(isReadable: boolean): void {
    if (isReadable && canReloadCertificates(this.#options.settings)) this.#sendAll({ type: 'certificates' });
    else this.#askForReplacement('certificates have changed');
  }

  #makeHeart(heartbeat: HeartbeatSettings): Heart {
    const { settings, threads, log } = this.#options;
    const workers = settings.maxRequestWorkers ?? USUAL_WORKERS;
    return new Heart({
      settings: heartbeat,
      members: settings.members,
      board: this.#board,
      own: () => {
        let busy = 0;
        for (let thread = 0; thread < threads; thread += 1) busy += this.#board.liveOf(thread);
        return { ready: Math.max(workers - busy, 0), busy };
      },
      onProblem: (text) => log.log('heartmonitor', 'error', text),
    });
  }

  /**
   * Waits until every thread serves.
   * returns  the addresses, or why it could not be; after a failure everything is closed
   */
  async start(): Promise<{ addresses: BoundAddress[] } | { problem: string }> {
    try {
      await this.#everyThreadListens();
      if (this.#startFailure === undefined) {
        await this.#health.listen();
        await this.#live.open();
        await this.#heart?.start();
        dropPrivileges(this.#options.settings.user, this.#options.settings.group);
      }
    } catch (error) {
      this.#startFailure = error instanceof Error ? error.message : String(error);
    }
    if (this.#startFailure !== undefined) {
      this.stop();
      await this.ended();
      return { problem: this.#startFailure };
    }
    if (this.#phase === 'starting') this.#phase = this.#isLeaving ? 'leaving' : 'serving';
    this.#pings = setInterval(() => this.#ping(), PING_EVERY);
    this.#descriptors.start();
    this.#memory.start();
    this.#memberHealth.start();
    this.#live.start();
    this.#disks?.start();
    this.#certificates.start();
    return { addresses: this.#addresses[0] ?? [] };
  }

  /** Members as they are now, those that were added live among them. */
  #adopt(members: readonly MemberSettings[]): void {
    this.#memberHealth.adopt(members);
    this.#heart?.adopt(members);
    this.#slow.adopt(members);
    if (this.#slow.isNeeded)
      this.#slowStart ??= setInterval(() => this.#slow.tick(Date.now()), SLOW_START_EVERY);
  }

  /** Says that it is not ready, and goes on serving: who asks before sending requests sends no more. */
  unready(): void {
    this.#isLeaving = true;
    if (this.#phase === 'serving') this.#phase = 'leaving';
  }

  /** Stop accepting, finish requests; what is left at the deadline is cut. */
  drain(order: DrainOrder): void {
    this.#close(order);
  }

  /** Cut everything. */
  stop(): void {
    this.#close({ type: 'stop' });
  }

  /** Threads that have not answered for long. */
  silentThreads(): number[] {
    const now = performance.now();
    return this.#slots.filter((slot) => now - slot.lastPong >= SILENT).map((slot) => slot.thread);
  }

  /** The members' rows as they stand; live changes that nobody was told of yet are told first. */
  carry(): Carried {
    this.#live.tell();
    return carry(this.#board, this.#live.known);
  }

  /** Writes hot cached objects for a successor; false where there are none to write. */
  saveCache(file: string | undefined): boolean {
    return file !== undefined && this.#handover?.save(file) === true;
  }

  /** The generation before or after this one has invalidated cached objects. */
  dropCached(what: Invalidated): void {
    this.#handover?.drop(what);
  }

  /** Adds what the generation before this one counted after it had handed over. */
  addLate(before: Carried, after: Carried): void {
    addLate(this.#board, this.#live.known, before, after);
  }

  /** Live changes that were made in the generation before this one while this one started. */
  restore(text: string): void {
    this.#live.restore(text);
  }

  reopenLogs(): void {
    this.#sendAll({ type: 'reopen' });
    this.#memberHealth.reopenLogs();
  }

  /** Resolves when every thread has closed what it had open and is gone. */
  async ended(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.ended));
    this.#handover?.end();
    this.#descriptors.stop();
    this.#memory.stop();
    await this.#captures.ended();
    await this.#health.close();
    // Handles closed in a thread need a turn of its loop before the thread may go (uWS would abort the process).
    await sleep(10);
    await this.#pool.destroy();
  }

  #sendAll(message: ControlMessage): void {
    for (const slot of this.#slots) slot.send(message);
  }

  #close(order: DrainOrder | { type: 'stop' }): void {
    this.#phase = 'draining';
    clearInterval(this.#pings);
    this.#live.close();
    this.#disks?.stop();
    this.#handover?.leave();
    this.#certificates.stop();
    clearInterval(this.#slowStart);
    this.#memberHealth.stop();
    this.#heart?.stop();
    void this.#health.close();
    this.#sendAll(order);
    this.#onStartNews();
  }

  async #everyThreadListens(): Promise<void> {
    for (;;) {
      const count = this.#addresses.filter((addresses) => addresses !== undefined).length;
      if (count === this.#slots.length || this.#startFailure !== undefined) return;
      if (this.#phase === 'draining') {
        this.#startFailure = 'it was told to end while it started';
        return;
      }
      await new Promise<void>((resolve) => {
        this.#onStartNews = resolve;
      });
    }
  }

  #onListening(thread: number, addresses: BoundAddress[]): void {
    this.#addresses[thread] = addresses;
    for (const staple of this.#certificates.stapling.staples) this.#slots[thread]?.send(staple);
    if (this.#phase === 'serving') this.#options.log.log('core', 'notice', `worker ${thread} serves again`);
    this.#onStartNews();
  }

  #onFailed(thread: number, message: string, fatal: boolean): void {
    if (this.#phase === 'starting') {
      // Several threads fail alike; the first reason is the one to tell.
      this.#startFailure ??= message;
      this.#onStartNews();
      return;
    }
    this.#options.log.log('core', fatal ? 'crit' : 'error', message);
    if (fatal && this.#phase === 'serving')
      this.#askForReplacement(`worker ${thread} can not serve any more`);
  }

  #ping(): void {
    const now = performance.now();
    this.#options.onCarry();
    this.#pingId += 1;
    for (const slot of this.#slots) {
      slot.send({ type: 'ping', id: this.#pingId });
      const silence = now - slot.lastPong;
      if (silence < SILENT) continue;
      const text = `worker ${slot.thread} has not answered for ${Math.round(silence / 1000)} s`;
      this.#options.log.log('core', 'error', text);
      if (silence >= 2 * SILENT) this.#askForReplacement(text);
    }
  }

  #askForReplacement(reason: string): void {
    if (this.#askedForReplacement) return;
    this.#askedForReplacement = true;
    this.#options.onReplaceWish(reason);
  }

  #readiness(): Readiness {
    return readinessOf({
      settings: this.#options.settings,
      board: this.#board,
      phase: this.#phase,
      silentThreads: this.silentThreads(),
      now: Date.now(),
    });
  }
}
