/**
 * What one worker thread holds: compiled servers, balancers, pools, logs. Built from the settings at the thread's start,
 * closed before its end. It is where plain settings become things that run.
 */
import type { CacheMemory } from '../cache/memory/layout.js';
import { Balancer } from '../workers/balancer.js';
import { wallClock } from '../workers/clock.js';
import type { DeliveryTools, Destination } from '../workers/delivery.js';
import type { MemberSettings } from '../workers/member.js';
import { Pool } from '../workers/pool.js';
import type { Report } from '../workers/reporter.js';
import type { Scoreboard } from '../workers/scoreboard.js';
import { Deadlines } from '../workers/upstream/deadlines.js';
import { Resolver } from '../workers/upstream/resolve.js';
import { warmUp } from '../workers/warm-up.js';
import type { Handler } from './admin/handler.js';
import { Handlers } from './admin/handlers.js';
import type { LoopDelays } from './admin/loop-delay.js';
import { makeOverview } from './admin/overview.js';
import type { RequestRows } from './admin/request-rows.js';
import type { Tally } from './admin/tally.js';
import { Admission, admissionOf } from './admission.js';
import { closePasswords } from './auth/passwords.js';
import { type CaptureBatch, Outbox } from './capture/outbox.js';
import { isCapturing, Recorder } from './capture/recorder.js';
import { ConnectionGate } from './engine/connection-gate.js';
import { stackOf } from './errors.js';
import { hearGivenUp } from './expr/bounded-regex.js';
import type { DenialHearer } from './http/access-step.js';
import { AccessLogs } from './log/access-log.js';
import { type ErrorLog, ErrorLogs } from './log/error-log.js';
import type { LineRelay } from './log/piped-log.js';
import { makeMirror } from './mirror/mirror.js';
import type { PipelineTools } from './pipeline-tools.js';
import type { ServeTask } from './process/messages.js';
import { compileMemberTls, preloadMemberTls } from './proxy/member-tls.js';
import { ProxyHandler } from './proxy/proxy-handler.js';
import type { Request } from './request.js';
import type { Mapped } from './route/proxypass.js';
import { reverseMember } from './route/url-mapper.js';
import type { CertificateEnds } from './secure/ends.js';
import { compileServer, type ServerRuntime } from './server-runtime.js';
import { bothTaps, type Taps } from './tap.js';

const EXPIRE_EVERY_MS = 1000;

export class ThreadTools implements PipelineTools {
  readonly delivery: DeliveryTools;
  admission: Admission | undefined;
  readonly gate: ConnectionGate;
  readonly thread: number;
  readonly cache: CacheMemory | undefined;
  readonly tally: Tally | undefined;
  readonly requests: RequestRows | undefined;
  readonly taps: Taps | undefined;
  /** Error logs by server id. */
  readonly errorLogs: readonly ErrorLog[];
  readonly #errorFiles: ErrorLogs;
  readonly #runtimes: ServerRuntime[];
  readonly #reverse: MemberSettings | undefined;
  readonly #balancers: Destination[];
  readonly #members: (Destination | undefined)[];
  readonly #pools: (Pool | undefined)[];
  readonly #accessLogs: AccessLogs;
  readonly #handlers: Handlers;
  readonly #certificates: CertificateEnds | undefined;
  readonly #expiry: NodeJS.Timeout;
  /** As configured; undefined where nothing is limited. */
  readonly #admission: Admission | undefined;
  readonly #shedding: Admission;
  /** Undefined where nothing is captured. */
  readonly #outbox: Outbox | undefined;
  readonly #task: ServeTask;
  readonly #delays: LoopDelays | undefined;

  /**
   * relay    takes the lines of logs that go to a program
   * capture  takes captured requests
   */
  constructor(task: ServeTask, board: Scoreboard, relay: LineRelay, capture: (batch: CaptureBatch) => void) {
    const { settings, thread, cache } = task;
    this.#task = task;
    this.thread = thread;
    this.cache = cache;
    this.#reverse = settings.reverse;
    this.#errorFiles = new ErrorLogs(wallClock, relay);
    this.errorLogs = settings.servers.map((server) =>
      this.#errorFiles.open({
        target: server.errorLog,
        levels: server.logLevel,
        style: settings.edgeLogFormat,
        ...(server.errorLogFormat === undefined ? {} : { format: server.errorLogFormat }),
        ...(server.errorLogRequestFormats && { requestFormats: server.errorLogRequestFormats }),
      }),
    );
    this.#accessLogs = new AccessLogs(
      (message) => this.mainErrorLog.log('log_config', 'error', message),
      relay,
    );
    hearGivenUp((source) => {
      const text = `a regular expression took too long for a request and counts as no match: ${source}`;
      this.mainErrorLog.log('core', 'warn', text);
    });
    preloadMemberTls(settings.servers);
    const onDenied: DenialHearer = (r, module, text) => this.logError(r, module, text);
    this.#outbox = isCapturing(settings)
      ? new Outbox({ send: capture, say: (text) => this.mainErrorLog.log('edge', 'error', text) })
      : undefined;
    const recorder = this.#outbox && new Recorder(this.#outbox, Math.random);
    this.#runtimes = settings.servers.map((server) =>
      compileServer(server, settings, this.#accessLogs, onDenied, recorder),
    );
    const overview = makeOverview(task, board, thread);
    const { live } = overview;
    this.tally = overview.tally;
    this.requests = overview.requests;
    this.#delays = overview.delays;
    this.#delays?.start();
    this.#certificates = overview.certificates;
    this.#handlers = new Handlers(overview, (r, module, text) => this.logError(r, module, text));
    const counts = overview.connections;
    const say = (text: string): void => this.mainErrorLog.log('mpm_event', 'error', text);
    this.gate = new ConnectionGate(settings.maxConnections, counts, say);
    const admissionTools = {
      counts,
      board,
      // By the monotonic clock, whatever becomes of the time of day.
      clock: () => performance.timeOrigin + performance.now() - task.startedAt,
      log: say,
    };
    this.#admission = admissionOf(settings, admissionTools);
    this.admission = this.#admission;
    this.#shedding = this.#admission ?? new Admission(undefined, admissionTools);
    const tools: DeliveryTools = {
      board,
      mostWaiting: settings.mostWaiting,
      deadlines: new Deadlines(),
      resolver: new Resolver(),
      reporter: { report: (line: Report) => this.#report(line) },
      poolOf: (member: MemberSettings): Pool => this.#pools[member.slot] ?? new Pool(member, tools),
    };
    this.delivery = tools;
    this.#pools = Array.from({ length: settings.slots }, () => undefined);
    this.#members = Array.from({ length: settings.slots }, () => undefined);
    for (const member of live.members) {
      this.#pools[member.slot] = new Pool(member, tools);
      this.#members[member.slot] = { balancer: undefined, member };
    }
    live.hear((slot, member) => {
      this.#pools[slot]?.close();
      this.#pools[slot] = member === undefined ? undefined : new Pool(member, tools);
    });
    this.#balancers = live.balancers.map((balancer) => ({
      balancer: new Balancer(balancer, live.membersOf(balancer.row), board, live),
      member: undefined,
    }));
    const mirror = makeMirror(settings, task.threads, overview.mirror, {
      delivery: tools,
      balancerOf: (row) => this.#balancers[row],
      onFault: (r, error) => this.logError(r, 'edge', `a copy of it failed: ${stackOf(error)}`),
    });
    this.taps = bothTaps(mirror, recorder);
    this.#expiry = setInterval(() => this.#expire(), EXPIRE_EVERY_MS);
  }

  /** Memory is short: every request is refused, until it is not. Where nothing is limited there is an admission only then. */
  shed(isOn: boolean): void {
    if (this.#admission === undefined) this.admission = isOn ? this.#shedding : undefined;
    this.#shedding.sheds = isOn;
  }

  /** Connects to members as their `min=` says; resolves when this thread may begin to serve. */
  warmUp(): Promise<void> {
    const { settings, threads } = this.#task;
    const memberTls = settings.servers.find(({ base }) => base.memberTls?.engine === true)?.base.memberTls;
    // The settings of most requests; a connection that is another place's is closed when that place asks for one.
    const tls = compileMemberTls(memberTls) ?? (() => undefined);
    return warmUp(this.#pools, this.delivery.board, this.thread, threads, tls);
  }

  get mainErrorLog(): ErrorLog {
    return this.errorLogs[0] as ErrorLog;
  }

  runtimeOf(id: number): ServerRuntime {
    return this.#runtimes[id] as ServerRuntime;
  }

  destinationOf(mapped: Mapped): Destination | 'invalid' | undefined {
    const { target } = mapped;
    if (target.kind === 'balancer') return this.#balancers[target.row];
    if (target.kind === 'member') return this.#members[target.slot];
    const member = this.#reverse && reverseMember(this.#reverse, target.url);
    return typeof member === 'object' ? { balancer: undefined, member } : member;
  }

  handlerOf(name: string): Handler | undefined {
    return this.#handlers.of(name);
  }

  logError(r: Request, module: string, text: string): void {
    this.#errorLogOf(r).log(module, 'error', text, { request: r });
  }

  /** So many bytes of captured requests are written. */
  onCaptured(bytes: number): void {
    this.#outbox?.onWritten(bytes);
  }

  /** After the files of certificates have changed. */
  readCertificateEnds(): void {
    this.#certificates?.read();
  }

  reopenLogs(): void {
    this.#accessLogs.reopen();
    this.#errorFiles.reopen();
  }

  /** Closes what is open; the logs' last lines are written when this resolves. */
  async close(): Promise<void> {
    clearInterval(this.#expiry);
    this.taps?.close();
    this.#delays?.stop();
    for (const pool of this.#pools) pool?.close();
    await Promise.all([this.#accessLogs.close(), closePasswords()]);
    this.#errorFiles.close();
  }

  #errorLogOf(r: Request): ErrorLog {
    return this.errorLogs[r.server.id] as ErrorLog;
  }

  #expire(): void {
    const now = Date.now();
    for (const pool of this.#pools) pool?.expire(now);
  }

  #report(line: Report): void {
    if (!(line.job instanceof ProxyHandler)) return;
    const { request } = line.job;
    const log = this.#errorLogOf(request);
    const osError =
      line.osError === undefined ? {} : { osError: `(${line.osError.number})${line.osError.text}` };
    log.log(line.module, line.level, line.text, { ...osError, ...(line.namesClient ? { request } : {}) });
  }
}
