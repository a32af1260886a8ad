/**
 * The connections of one thread to one member: idle ones wait in a stack (the last used is the least likely to have been
 * closed by the member), new ones are opened when none is idle. `max` is counted on the scoreboard over all threads;
 * who finds no place waits in line, at most `acquire`, and is served when this thread gives a connection back or when
 * the poll finds that another thread has.
 *
 * httpd differs: max there is per child process, here it is the member's limit for the whole appliance.
 * Source: httpd 2.4, mod_proxy, worker parameters max, smax, ttl, acquire. Any worker thread.
 */
import type { Job } from './job.js';
import { isHttp2, isSecure, type MemberSettings } from './member.js';
import type { ErrorReason, Scoreboard } from './scoreboard.js';
import type { OnConnect, UpstreamConnection } from './upstream/connection.js';
import type { Deadlines } from './upstream/deadlines.js';
import {
  type Failure,
  failureOf,
  isOwnShortage,
  type OsError,
  osErrorOf,
  TIMEOUT_EXPIRED,
} from './upstream/failure.js';
import { H2Sessions } from './upstream/h2-sessions.js';
import { openConnection, SPOKEN } from './upstream/open.js';
import type { Resolver } from './upstream/resolve.js';
import { isSameWay, type Way, wayTo } from './upstream/socket.js';

/** Who asks for a connection; exactly one of the two is called, perhaps before take returns. */
export interface Taker {
  readonly job: Job;
  onConnection(connection: UpstreamConnection): void;
  /** line: httpd's words for the error log, or empty. */
  onNoConnection(failure: Failure, line: string, osError: OsError | undefined): void;
}

interface Waiting {
  taker: Taker;
  timeout: number;
  isFresh: boolean;
  until: number;
}

/** How often a line of waiting requests looks whether another thread gave a place back, in ms. */
const POLL_MS = 5;
const COMPLAIN_EVERY_MS = 10_000;
/** What a member promises to wait is cut by this, so that a request does not meet the member's close. */
const IDLE_MARGIN_MS = 500;

/** Why a connect failed, by the number of the system's (or APR's) error. */
const CONNECT_REASONS: Record<number, ErrorReason> = {
  111: 'connection refused',
  110: 'connect timeout',
  70007: 'connect timeout',
};

/** What all pools of a thread share. */
export interface PoolTools {
  /** Requests that may wait for members at a time, over all of them and all threads; undefined: any number. */
  mostWaiting?: number | undefined;
  board: Scoreboard;
  deadlines: Deadlines;
  resolver: Resolver;
}

export class Pool {
  readonly member: MemberSettings;
  readonly #tools: PoolTools;
  readonly #idle: UpstreamConnection[] = [];
  readonly #line: Waiting[] = [];
  /** Of a member whose connections serve several requests at a time. */
  readonly #sessions: H2Sessions | undefined;
  readonly #isSpoken: boolean;
  /** Neither TLS nor a PROXY protocol header: all ways to it are the same. */
  readonly #isPlain: boolean;
  #poll: NodeJS.Timeout | undefined;
  #isClosed = false;
  #complainedAt = 0;

  constructor(member: MemberSettings, tools: PoolTools) {
    this.member = member;
    this.#tools = tools;
    this.#sessions = isHttp2(member) ? new H2Sessions(member, tools.deadlines) : undefined;
    this.#isSpoken = SPOKEN.has(member.scheme);
    this.#isPlain = !isSecure(member) && member.proxyProtocol === undefined;
  }

  /** Idle connections of this thread, for tests and status pages. */
  get idle(): number {
    return this.#idle.length;
  }

  /**
   * Finds or opens a connection.
   * timeout  ms for connecting
   * isFresh  true: not one that was used before
   */
  take(taker: Taker, timeout: number, isFresh: boolean): void {
    const { member } = this;
    if (!this.#isSpoken) {
      const line = `${member.name}: the protocol ${member.scheme} is not active in this version`;
      taker.onNoConnection(failureOf('E_UPSTREAM_SCHEME'), line, undefined);
      return;
    }
    if (member.max > 0 && !this.#tools.board.takePlace(member.slot, member.max)) {
      const queue = member.queue ?? Number.POSITIVE_INFINITY;
      const all = this.#tools.mostWaiting ?? Number.POSITIVE_INFINITY;
      if (!this.#tools.board.life.joinLine(member.slot, queue, all)) {
        const line = `${member.name}: ${Math.min(queue, all)} requests wait for a connection already`;
        taker.onNoConnection(failureOf('E_UPSTREAM_QUEUE'), line, undefined);
        return;
      }
      const until = member.acquire === undefined ? Number.POSITIVE_INFINITY : Date.now() + member.acquire;
      this.#line.push({ taker, timeout, isFresh, until });
      this.#poll ??= setInterval(() => this.#serveLine(), POLL_MS);
      return;
    }
    this.#connect(taker, timeout, isFresh);
  }

  /**
   * Opens connections that lie idle until they are asked for, where that can be done before the first request.
   * way      for members that are spoken to by TLS; without it none of theirs is opened
   * timeout  ms for connecting
   * done     called once, when each is there or has failed; failures are told to nobody: a request will find out
   */
  warm(count: number, way: Way | undefined, timeout: number, done: () => void): void {
    const { member } = this;
    const isOpenable =
      this.#isSpoken && member.proxyProtocol === undefined && isSecure(member) === (way !== undefined);
    if (count === 0 || !member.reuse || this.#sessions !== undefined || !isOpenable) {
      done();
      return;
    }
    let left = count;
    const openAt = (address: string): void => {
      const onConnect: OnConnect = (osError, connection) => {
        if (osError === undefined) this.#keepWarm(connection);
        left -= 1;
        if (left === 0) done();
      };
      for (let i = 0; i < count; i += 1)
        openConnection(member, address, way, timeout, this.#tools.deadlines, onConnect);
    };
    if (member.socketPath !== undefined) openAt(member.socketPath);
    else
      this.#tools.resolver.resolve(member.host, member.addressttl, (_, [address]) => {
        if (address === undefined) done();
        else openAt(address);
      });
  }

  #keepWarm(connection: UpstreamConnection): void {
    connection.onIdleClose = (closed) => this.#dropIdle(closed);
    connection.isWarmed = true;
    if (this.#isClosed) connection.destroy();
    else this.#idle.push(connection);
  }

  /** Takes a taker out of the line (its client is gone); false when it does not stand there. */
  forget(taker: Taker): boolean {
    const at = this.#line.findIndex((waiting) => waiting.taker === taker);
    if (at < 0) return false;
    this.#line.splice(at, 1);
    this.#tools.board.life.leaveLine(this.member.slot);
    return true;
  }

  /** Gives a connection back after a conversation, clean or not. */
  give(connection: UpstreamConnection): void {
    if (connection.member !== this.member) {
      // Its member was taken out while it was being opened for nobody any more, and another one has the slot.
      connection.destroy();
      return;
    }
    if (!this.#isClosed && this.member.reuse && connection.isReusable) {
      // Its client went before anything was sent: from here on it is one that was opened for nobody.
      if (connection.served === 0) connection.isWarmed = true;
      this.#idle.push(connection);
    } else connection.destroy();
    this.givePlace();
  }

  /** Gives back what a take without a connection had reserved. */
  givePlace(): void {
    if (this.member.max === 0) return;
    this.#tools.board.givePlace(this.member.slot);
    if (this.#line.length > 0) this.#serveLine();
  }

  /** Closes what is idle for longer than ttl, above smax; called every second or so. */
  expire(now: number): void {
    this.#sessions?.expire(now);
    const { ttl, smax } = this.member;
    if (ttl === 0) return;
    // The stack's bottom is the longest idle.
    while (this.#idle.length > smax && now - (this.#idle[0] as UpstreamConnection).lastActivity > ttl) {
      (this.#idle.shift() as UpstreamConnection).destroy();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#sessions?.close();
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  #connect(taker: Taker, timeout: number, isFresh: boolean): void {
    const { member } = this;
    const way = this.#isPlain ? undefined : wayTo(member, taker.job);
    if (way !== undefined && way.tls === undefined && isSecure(member)) {
      this.givePlace();
      taker.onNoConnection(failureOf('E_UPSTREAM_TLS_OFF'), '', undefined);
      return;
    }
    const idle = isFresh ? undefined : (this.#sessions?.find(way) ?? this.#popIdle(way));
    if (idle !== undefined) {
      taker.onConnection(idle);
      return;
    }
    if (member.socketPath !== undefined) {
      this.#open(taker, timeout, way, isFresh, [member.socketPath], 0);
      return;
    }
    this.#tools.resolver.resolve(member.host, member.addressttl, (error, addresses) => {
      if (addresses.length > 0) this.#open(taker, timeout, way, isFresh, addresses, 0);
      else {
        const osError = error === undefined ? undefined : osErrorOf(error);
        this.givePlace();
        taker.onNoConnection(
          failureOf('E_UPSTREAM_DNS', { note: `DNS lookup failure for: ${member.host}` }),
          '',
          osError,
        );
      }
    });
  }

  #popIdle(way: Way | undefined): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (way !== undefined && !isSameWay(way, connection.way)) {
        // Another name or other settings: rare, and httpd closes such a connection too.
        connection.destroy();
        continue;
      }
      const limit = connection.idleLimit;
      if (limit > 0 && Date.now() - connection.lastActivity > limit - IDLE_MARGIN_MS) connection.destroy();
      else if (connection.isReusable) return connection;
    }
  }

  /** Tries a name's addresses in order; only the last failure counts. */
  #open(
    taker: Taker,
    timeout: number,
    way: Way | undefined,
    isFresh: boolean,
    addresses: readonly string[],
    at: number,
  ): void {
    const address = addresses[at] as string;
    const onConnect: OnConnect = (osError, connection) => {
      if (osError === undefined) {
        connection.onIdleClose = (closed) => this.#dropIdle(closed);
        taker.onConnection(connection);
      } else if (at + 1 < addresses.length && osError.tls === undefined)
        this.#open(taker, timeout, way, isFresh, addresses, at + 1);
      else this.#refuse(taker, osError, address);
    };
    if (this.#sessions !== undefined) this.#sessions.open(address, way, timeout, isFresh, onConnect);
    else openConnection(this.member, address, way, timeout, this.#tools.deadlines, onConnect);
  }

  #refuse(taker: Taker, osError: OsError, address: string): void {
    this.givePlace();
    if (osError.tls !== undefined) {
      taker.onNoConnection(failureOf('E_UPSTREAM_TLS'), '', { ...osError, address });
      return;
    }
    const { scheme, host, port, socketPath } = this.member;
    const what = scheme === 'ajp' ? 'AJP' : scheme;
    const text =
      socketPath === undefined
        ? `AH00957: ${what}: attempt to connect to ${address}:${port} (${host}:${port}) failed`
        : `AH02454: ${what}: attempt to connect to Unix domain socket ${socketPath} (${host}:${port}) failed`;
    if (isOwnShortage(osError)) {
      // httpd differs: it puts the member in error, although no other one could be connected to either.
      taker.onNoConnection(failureOf('E_UPSTREAM_RESOURCES'), this.#mayComplain() ? text : '', osError);
      return;
    }
    const memberError = CONNECT_REASONS[osError.number] ?? 'unreachable';
    taker.onNoConnection(failureOf('E_UPSTREAM_CONNECT', { memberError }), text, osError);
  }

  /** What holds for every request at such a moment is said once in a while. */
  #mayComplain(): boolean {
    const now = Date.now();
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return false;
    this.#complainedAt = now;
    return true;
  }

  #dropIdle(connection: UpstreamConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #serveLine(): void {
    const { member } = this;
    const { board } = this.#tools;
    while (this.#line.length > 0 && board.takePlace(member.slot, member.max)) {
      const { taker, timeout, isFresh } = this.#line.shift() as Waiting;
      board.life.leaveLine(member.slot);
      this.#connect(taker, timeout, isFresh);
    }
    const now = Date.now();
    while (this.#line.length > 0 && (this.#line[0] as Waiting).until <= now) {
      const { taker } = this.#line.shift() as Waiting;
      board.life.leaveLine(member.slot);
      const text = `AH00941: http: failed to acquire connection for (${member.host}:${member.port})`;
      taker.onNoConnection(failureOf('E_UPSTREAM_ACQUIRE'), text, TIMEOUT_EXPIRED);
    }
    if (this.#line.length > 0) return;
    clearInterval(this.#poll);
    this.#poll = undefined;
  }
}
