/**
 * Who is let in: nobody while memory is short, and as three limits say, each only where it is configured, all counted over
 * every thread:
 *
 *   MaxRequestWorkers    requests under way: as many as httpd has in workers and in its listen queue together; one more
 *                        is answered 503, with Retry-After
 *   EdgeLimitConnections requests under way of one client address: 429
 *   EdgeLimitRequests    rate of one client address, with a burst: 429, and Retry-After says when there is room again
 *
 * A client is who mod_remoteip says it is. What is refused reaches no member. Thread: worker.
 */
import type { Scoreboard } from '../workers/scoreboard.js';
import { type ClientCounts, TICKS_PER_MS } from '../workers/scoreboard-clients.js';
import type { Request } from './request.js';
import type { Answer } from './respond.js';
import type { ClientLimit, Settings } from './settings.js';

interface AdmissionTools {
  board: Pick<Scoreboard, 'threads' | 'liveOf'>;
  counts: ClientCounts;
  /** ms since the counts were made. */
  clock(): number;
  log(text: string): void;
}

const COMPLAIN_EVERY_MS = 10_000;
const FULL =
  'AH00484: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting';

/** Undefined where these settings limit nothing. */
export function admissionOf(settings: Settings, tools: AdmissionTools): Admission | undefined {
  const { maxRequestWorkers, listenBacklog, servers } = settings;
  const most = maxRequestWorkers === undefined ? undefined : maxRequestWorkers + listenBacklog;
  const isIdle = most === undefined && servers.every(({ clientLimit }) => clientLimit === undefined);
  return isIdle ? undefined : new Admission(most, tools);
}

export class Admission {
  /** Memory is short (memory-watch.ts): nobody is let in. */
  sheds = false;
  readonly #most: number | undefined;
  readonly #inputs: AdmissionTools;
  #complainedAt = -COMPLAIN_EVERY_MS;

  /** most  requests under way; undefined: no limit */
  constructor(most: number | undefined, tools: AdmissionTools) {
    this.#most = most;
    this.#inputs = tools;
  }

  /** The answer to a request that is not let in; undefined: it is, and `leave` must be told of its end. */
  refuse(r: Request): Answer | undefined {
    if (this.sheds) return refusal(503, 'E_LIMIT_MEMORY', 1);
    if (this.#most !== undefined && this.#live() > this.#most) {
      this.#complain();
      return refusal(503, 'E_LIMIT_WORKERS', 1);
    }
    const limit = r.server.clientLimit;
    return limit === undefined ? undefined : this.#refuseClient(r, limit);
  }

  leave(r: Request): void {
    if (r.clientEntry < 0) return;
    this.#inputs.counts.leave(r.clientEntry);
    r.clientEntry = -1;
  }

  #refuseClient(r: Request, { connections, rate }: ClientLimit): Answer | undefined {
    const { counts } = this.#inputs;
    const now = Math.floor(this.#inputs.clock() * TICKS_PER_MS);
    const entry = counts.find(`${r.server.id} ${r.clientAddress}`, now);
    if (entry < 0) return undefined;
    if (connections !== undefined && connections > 0) {
      if (counts.enter(entry) > connections) {
        counts.leave(entry);
        return refusal(429, 'E_LIMIT_CONNECTIONS', 1);
      }
      r.clientEntry = entry;
    }
    if (rate === undefined || rate.interval === 0) return undefined;
    const wait = counts.take(entry, now, rate.interval * TICKS_PER_MS, rate.burst);
    if (wait === 0) return undefined;
    return refusal(429, 'E_LIMIT_REQUESTS', Math.ceil(wait / TICKS_PER_MS / 1000));
  }

  /** Requests under way over all threads, this one included. */
  #live(): number {
    const { board } = this.#inputs;
    let live = 0;
    for (let thread = 0; thread < board.threads; thread++) live += board.liveOf(thread);
    return live;
  }

  #complain(): void {
    const now = this.#inputs.clock();
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = now;
    this.#inputs.log(FULL);
  }
}

function refusal(status: number, code: string, seconds: number): Answer {
  return { status, code, fields: ['Retry-After', String(seconds)] };
}
