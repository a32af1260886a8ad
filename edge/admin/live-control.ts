/**
 * The control thread's part in live control: it makes the shared memory that pages read, gives every balancer its nonce,
 * takes the samples of the charts, frees the slots of members that were taken out, tells the supervisor what was changed,
 * and answers `drover ctl`.
 */
import { randomUUID } from 'node:crypto';
import type { CacheMemory } from '../../cache/memory/layout.js';
import type { LiveSettings } from '../../workers/live-settings.js';
import type { MemberSettings } from '../../workers/member.js';
import type { Scoreboard } from '../../workers/scoreboard.js';
import { messageOf, stackOf } from '../errors.js';
import type { ProcessLog } from '../process/process-log.js';
import type { Settings } from '../settings.js';
import { CtlServer } from './ctl-server.js';
import { SAMPLE_EVERY, type Sample } from './history.js';
import { keptText, restoreChanges } from './kept-changes.js';
import { freeSlots } from './members.js';
import { makeCounters, makeOverview, type Overview, type OverviewParts } from './overview.js';

/** How often it is looked whether anything was changed, and members that were taken out have ended. */
const LOOK_EVERY_MS = 250;

export interface LiveControlOptions {
  settings: Settings;
  board: Scoreboard;
  threads: number;
  /** Undefined where nothing is cached. */
  cache: CacheMemory | undefined;
  /** Counts of clients over all threads. */
  clients: SharedArrayBuffer;
  /** Live changes of an earlier generation; empty for none. */
  kept: string;
  log: ProcessLog;
  /** Live changes as they are now, whenever they have changed. */
  onKept(text: string): void;
  /** Members as they are now, at the start and whenever something has been changed. */
  onMembers(members: readonly MemberSettings[]): void;
}

export class LiveControl {
  /** For the tasks of the threads. */
  readonly parts: OverviewParts;
  readonly overview: Overview;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Requests, errors and time of each slot at the last sample. */
  readonly #last: { requests: number; errors: number; sum: number }[] = [];

  readonly #options: LiveControlOptions;
  readonly #ctl: CtlServer;
  /** Members that are being taken out and have no request, see freeSlots. */
  readonly #silent = new Map<number, number>();
  #kept = '';
  #epoch = 0;

  /** Gives the settings' balancers their nonces: threads must get the settings after this. */
  constructor(options: LiveControlOptions) {
    this.#options = options;
    const { settings, board, threads, cache, clients, kept, log } = options;
    for (const balancer of settings.balancers) balancer.nonce ??= randomUUID();
    const counters = makeCounters(settings, threads);
    this.parts = { settings, threads, startedAt: Date.now(), counters, cache, clients };
    this.overview = makeOverview(this.parts, board);
    if (kept !== '') restoreChanges(this.overview, kept, (line) => log.log('proxy_balancer', 'notice', line));
    this.#kept = keptText(this.overview);
    this.#epoch = board.records.epoch();
    this.#ctl = new CtlServer(this.overview, (error) => log.log('core', 'error', `ctl: ${stackOf(error)}`));
  }

  /** Opens the socket of `drover ctl`, before root is given away. */
  async open(): Promise<void> {
    try {
      await this.#ctl.listen();
    } catch (error) {
      this.#options.log.log('core', 'warn', `drover ctl will not work: ${messageOf(error)}`);
    }
  }

  start(): void {
    if (this.parts.counters !== undefined)
      this.#timers.push(
        setInterval(() => this.overview.history?.take((slot) => this.#sample(slot)), SAMPLE_EVERY),
      );
    this.#timers.push(setInterval(() => this.tell(), LOOK_EVERY_MS));
    this.#options.onMembers(this.overview.live.members);
  }

  /** Balancers and members as they are now. */
  get known(): Pick<LiveSettings, 'balancers' | 'members'> {
    const { live } = this.overview;
    live.refresh();
    return live;
  }

  /** Tells of changes since the last time, if there are any. */
  tell(): void {
    const { settings, board } = this.#options;
    if (settings.slots > settings.members.length) freeSlots(this.overview, this.#silent, Date.now());
    const epoch = board.records.epoch();
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    const text = keptText(this.overview);
    this.#options.onMembers(this.overview.live.members);
    if (text === this.#kept) return;
    this.#kept = text;
    this.#options.onKept(text);
  }

  /** Makes changes that were kept elsewhere, over those that were made here. */
  restore(text: string): void {
    const { log } = this.#options;
    if (text !== '') restoreChanges(this.overview, text, (line) => log.log('proxy_balancer', 'notice', line));
    this.tell();
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.tell();
    this.#ctl.close();
  }

  #sample(slot: number): Sample {
    const { board, tally } = this.overview;
    const { count = 0, sum = 0 } = tally?.ofMember(slot) ?? {};
    const now = { requests: board.electedOf(slot), errors: board.errorsOf(slot), sum, count };
    const last = this.#last[slot] ?? { requests: 0, errors: 0, sum: 0, count: 0 };
    this.#last[slot] = now;
    // A slot that was given to another member begins at zero again.
    const isAnew = now.requests < last.requests;
    const requests = isAnew ? now.requests : now.requests - last.requests;
    const errors = isAnew ? now.errors : now.errors - last.errors;
    return {
      requests,
      errors,
      busy: board.busyOf(slot),
      time: requests > 0 ? Math.max(sum - last.sum, 0) / requests : 0,
    };
  }
}
