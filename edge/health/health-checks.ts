/**
 * The health checks of a configuration: which members are asked, by which condition, and whose error log hears of it.
 * What a check is stands in workers/upstream/probe.ts, what it does to a member in workers/health.ts. Control thread.
 */
import { HealthChecks, type HealthLine, judgeStatus } from '../../workers/health.js';
import type { HealthCheckSettings, MemberSettings } from '../../workers/member.js';
import type { Scoreboard } from '../../workers/scoreboard.js';
import type { CheckReason } from '../../workers/scoreboard-layout.js';
import { type ProbeResult, probe } from '../../workers/upstream/probe.js';
import { Resolver } from '../../workers/upstream/resolve.js';
import { compileBool } from '../expr/compile.js';
import { type ErrorLog, ErrorLogs } from '../log/error-log.js';
import type { Request } from '../request.js';
import type { Ms, ServerSettings, Settings } from '../settings.js';
import { probeRequest } from './health-exchange.js';

export class MemberHealth {
  readonly checks: HealthChecks;
  readonly #settings: Settings;
  readonly #conditions: ReadonlyMap<string, (r: Request) => boolean>;
  readonly #files = new ErrorLogs();
  readonly #logs = new Map<ServerSettings, ErrorLog>();
  readonly #resolver = new Resolver();

  /**
   * Opens the logs, which only root may be able to.
   * errors  what open(2) says of an ErrorLog
   */
  constructor(settings: Settings, board: Scoreboard) {
    this.#settings = settings;
    this.#conditions = new Map(
      Object.entries(settings.healthExpressions).map(([name, expr]) => [
        name,
        compileBool(expr, { vary: false }),
      ]),
    );
    this.checks = new HealthChecks({
      board,
      now: Date.now,
      size: settings.healthPoolSize,
      probe: (member, health, done) => probe(member, health, this.#resolver, this.#timeoutOf(member), done),
      judge: (member, health, result) => this.#judge(member, health, result),
      report: (member, line) => this.#report(member, line),
    });
    // All of them: live control may begin checks when this process cannot open files of root's any more.
    for (const { slot } of settings.members) this.#logOf(this.#serverOf(slot));
  }

  /** Begins to check every member that asks for it; where none does, nothing runs. */
  start(): void {
    for (const member of this.#settings.members) {
      if (member.health !== undefined) this.checks.watch(member, member.health);
    }
  }

  /** Checks of these members as they are now: live control may have changed them. Others go on as they are. */
  adopt(members: readonly MemberSettings[]): void {
    for (const member of members) {
      const known = this.checks.settingsOf(member.slot);
      if (JSON.stringify(known) !== JSON.stringify(member.health)) this.checks.watch(member, member.health);
    }
  }

  reopenLogs(): void {
    this.#files.reopen();
  }

  /** No more checks; the logs are closed. */
  stop(): void {
    this.checks.stop();
    this.#files.close();
    this.#logs.clear();
  }

  #judge(member: MemberSettings, health: HealthCheckSettings, result: ProbeResult): CheckReason {
    const condition = this.#conditions.get(health.expression);
    if (condition === undefined || result.head === undefined) return judgeStatus(result);
    const r = probeRequest(member, health, result, this.#serverOf(member.slot), Date.now());
    return condition(r) ? 'passed' : 'expression';
  }

  #timeoutOf(member: MemberSettings): Ms {
    const server = this.#serverOf(member.slot);
    const usual = member.timeout ?? server.proxy.timeout ?? server.timeout;
    return Math.max(usual, member.connectiontimeout ?? 0);
  }

  /** The first server whose balancers have the member: its own, or the main one that a vhost inherits from. */
  #serverOf(slot: number): ServerSettings {
    const { servers, balancers } = this.#settings;
    const found = servers.find((server) =>
      Object.values(server.proxy.balancers).some((row) => balancers[row]?.members.includes(slot)),
    );
    return found ?? (servers[0] as ServerSettings);
  }

  #logOf(server: ServerSettings): ErrorLog {
    let log = this.#logs.get(server);
    if (log === undefined) {
      const { errorLogFormat } = server;
      log = this.#files.open({
        target: server.errorLog,
        levels: server.logLevel,
        style: this.#settings.edgeLogFormat,
        ...(errorLogFormat === undefined ? {} : { format: errorLogFormat }),
      });
      this.#logs.set(server, log);
    }
    return log;
  }

  #report(member: MemberSettings, line: HealthLine): void {
    const { module, level, text, osError } = line;
    // Members that came later, by live control, belong to a server that may have no checked member so far.
    const server = this.#serverOf(member.slot);
    const log = this.#logs.get(server) ?? this.#logs.values().next().value;
    log?.log(module, level, text, osError && { osError: `(${osError.number})${osError.text}` });
  }
}
