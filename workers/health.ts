/**
 * Health checks of members (mod_proxy_hcheck): asks each member that wants it every hcinterval, and moves the flag C.
 *
 *   usable         a failure counts; after hcfails of them the member is out (flag C)
 *   out, in error  a success counts; after hcpasses of them the member is back (C and E cleared)
 *
 * Counts are of all checks since the last change, not of checks in a row, as in httpd. Only a check that passes (or an
 * operator) clears C: `retry` has no say. Stopped members are not asked. A member is never asked twice at a time, and at
 * most ProxyHCTPsize members at once.
 *
 * All of it is on the control thread; workers see flags. The last checks of each member are kept on the scoreboard.
 * Source: httpd 2.4 manual, mod_proxy_hcheck; the state machine as observed on httpd 2.4.71.
 */
import { type HealthCheckSettings, type MemberSettings, STATUS } from './member.js';
import type { Scoreboard } from './scoreboard.js';
import type { CheckReason } from './scoreboard-layout.js';
import { isOwnShortage, type OsError } from './upstream/failure.js';
import type { Probe, ProbeResult } from './upstream/probe.js';

/** A line for the error log of the member's server. */
export interface HealthLine {
  module: 'proxy' | 'proxy_hcheck';
  level: 'error' | 'info' | 'debug';
  text: string;
  osError?: OsError | undefined;
}

export interface HealthTools {
  board: Scoreboard;
  /** Ms since the epoch. */
  now: () => number;
  /** ProxyHCTPsize: members asked at once; 0 asks one after the other. */
  size: number;
  probe: (member: MemberSettings, health: HealthCheckSettings, done: (result: ProbeResult) => void) => Probe;
  /** Is the condition of a member's checks met? Without a condition the status decides. */
  judge: (member: MemberSettings, health: HealthCheckSettings, result: ProbeResult) => CheckReason;
  report: (member: MemberSettings, line: HealthLine) => void;
}

interface Watched {
  member: MemberSettings;
  health: HealthCheckSettings;
  dueAt: number;
  startedAt: number;
  running: Probe | undefined;
}

/** httpd's watchdog looks as often; hcinterval is at least that. */
const TICK_MS = 100;

/** What httpd calls its checkers in the line about a connection. */
const CHECKERS: Record<string, string> = { TCP: 'HCTCP', CPING: 'HCCPING' };

export class HealthChecks {
  readonly #tools: HealthTools;
  readonly #watched = new Map<number, Watched>();
  #running = 0;
  #ticks: NodeJS.Timeout | undefined;

  constructor(tools: HealthTools) {
    this.#tools = tools;
  }

  /**
   * Checks a member from now on, by these settings instead of earlier ones; undefined: no more.
   * The first check comes at once.
   */
  watch(member: MemberSettings, health: HealthCheckSettings | undefined): void {
    const { slot } = member;
    const before = this.#watched.get(slot);
    if (before?.running !== undefined) {
      before.running.cancel();
      this.#running -= 1;
    }
    this.#watched.delete(slot);
    if (health === undefined) return;
    // httpd differs: its first check comes when hcinterval is over for the first time.
    const dueAt = this.#tools.now();
    this.#watched.set(slot, { member, health, dueAt, startedAt: 0, running: undefined });
    this.#ticks ??= setInterval(() => this.tick(), TICK_MS);
  }

  /** How a member is being checked, for status pages. */
  settingsOf(slot: number): HealthCheckSettings | undefined {
    return this.#watched.get(slot)?.health;
  }

  /** Starts what is due; by itself every 100 ms. */
  tick(): void {
    const now = this.#tools.now();
    for (const watched of this.#watched.values()) {
      if (this.#running >= Math.max(this.#tools.size, 1)) return;
      if (watched.running !== undefined || now < watched.dueAt) continue;
      if ((this.#tools.board.statusOf(watched.member.slot) & STATUS.S) !== 0) continue;
      this.#start(watched, now);
    }
  }

  /** Ends all checks that are under way, and asks for no more. */
  stop(): void {
    clearInterval(this.#ticks);
    this.#ticks = undefined;
    for (const { running } of this.#watched.values()) running?.cancel();
    this.#watched.clear();
    this.#running = 0;
  }

  #start(watched: Watched, now: number): void {
    const { member, health } = watched;
    const { name } = member;
    watched.startedAt = now;
    this.#running += 1;
    this.#report(member, 'debug', `AH03256: ${this.#prefix}Health checking ${name}`);
    watched.running = this.#tools.probe(member, health, (result) => this.#onResult(watched, result));
  }

  #onResult(watched: Watched, result: ProbeResult): void {
    const { member, health } = watched;
    const { board } = this.#tools;
    const now = this.#tools.now();
    watched.running = undefined;
    watched.dueAt = now + health.interval;
    this.#running -= 1;
    // This machine could not connect to anybody: that says nothing of the member.
    if (result.osError !== undefined && isOwnShortage(result.osError)) return;
    const reason = result.reason === 'passed' ? this.#tools.judge(member, health, result) : result.reason;
    const duration = now - watched.startedAt;
    board.recordCheck(member.slot, { at: now, duration, reason, status: result.head?.status ?? 0 });
    if (result.osError !== undefined) this.#reportConnection(member, health, result);
    this.#move(member, health, reason === 'passed', now);
  }

  #move(member: MemberSettings, health: HealthCheckSettings, hasPassed: boolean, now: number): void {
    const { slot, name } = member;
    const { board } = this.#tools;
    const isOut = (board.statusOf(slot) & (STATUS.C | STATUS.E)) !== 0;
    if (isOut && hasPassed) {
      if (board.countCheck(slot, 'hcPasses') < health.passes) return;
      // What real requests got (EdgeOutlier) is not outweighed by a page that works.
      board.clearStatus(slot, board.life.isEjected(slot) ? STATUS.C : STATUS.C | STATUS.E);
      board.resetChecks(slot, 'hcPasses');
      this.#report(member, 'info', `AH03302: ${this.#prefix}Health check ENABLING ${name}`);
    } else if (!isOut && !hasPassed) {
      board.touchError(slot, 'health check', now);
      if (board.countCheck(slot, 'hcFails') < health.fails) return;
      board.setStatus(slot, STATUS.C);
      board.resetChecks(slot, 'hcFails');
      this.#report(member, 'info', `AH03303: ${this.#prefix}Health check DISABLING ${name}`);
    }
  }

  get #prefix(): string {
    return this.#tools.size > 0 ? 'Threaded ' : '';
  }

  #reportConnection(member: MemberSettings, health: HealthCheckSettings, result: ProbeResult): void {
    const { host, port } = member;
    const checker = CHECKERS[health.method] ?? 'HCOH';
    const text =
      result.reason === 'name not found'
        ? `AH03249: DNS lookup failure for: ${host}:${port}`
        : `AH00957: ${checker}: attempt to connect to ${result.address}:${port} (${host}:${port}) failed`;
    const module = result.reason === 'name not found' ? 'proxy_hcheck' : 'proxy';
    this.#tools.report(member, { module, level: 'error', text, osError: result.osError });
  }

  #report(member: MemberSettings, level: HealthLine['level'], text: string): void {
    this.#tools.report(member, { module: 'proxy_hcheck', level, text });
  }
}

/** Without a condition a check has passed with a status of 200 to 399, and without an HTTP answer by an answer at all. */
export function judgeStatus(result: ProbeResult): CheckReason {
  if (result.head === undefined) return 'passed';
  const { status } = result.head;
  return status >= 200 && status < 400 ? 'passed' : 'status';
}
