/**
 * Between the pipeline and the cache's phase: it knows where in the pipeline a request that is not answered goes on, answers
 * what the phase has answered with a page, and sends requests through the pipeline that no client has made.
 * Thread: worker; one each, where anything is cached.
 */
import type { CacheMemory } from '../../cache/memory/layout.js';
import { wallClock } from '../../workers/clock.js';
import type { Scoreboard } from '../../workers/scoreboard.js';
import type { OpenCrossing } from '../crossing.js';
import { FACTS, inspect } from '../guard.js';
import { removeField } from '../http/fields.js';
import { normalisePath } from '../http/uri.js';
import { LocalOwner } from '../local-owner.js';
import type { RequestEnd } from '../outgoing.js';
import { Request } from '../request.js';
import { answer, sendWhole } from '../respond.js';
import type { Plan } from '../route/place.js';
import type { ServerRuntime } from '../server-runtime.js';
import { serverField } from '../server-token.js';
import type { ServerSettings } from '../settings.js';
import { BackgroundExchange } from './background-exchange.js';
import { type CacheHost, CachePhase } from './phase.js';
import type { WarmAnswer, WarmUrl } from './warm.js';

/** What the door needs of a thread. */
export interface DoorTools {
  thread: number;
  delivery: { board: Scoreboard };
  runtimeOf(id: number): ServerRuntime;
}

/** The pipeline as the door sees it. */
export interface DoorHost extends RequestEnd {
  /** Counts a request in and takes it on: past the quick handler when it has been there. */
  enter(r: Request): void;
  /** From the early rules on. */
  process(r: Request, runtime: ServerRuntime): void;
}

/** Where requests of the cache's own come from. */
const LOOPBACK = { remoteAddress: '127.0.0.1', remotePort: 0, localAddress: '127.0.0.1' };

/** Conditions of the client's own copy, and what it may see alone. */
const PERSONAL_FIELDS = [
  ...['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range', 'range'],
  ...['cache-control', 'pragma', 'authorization'],
];

export class CacheDoor implements CacheHost {
  readonly phase: CachePhase;
  readonly #tools: DoorTools;
  readonly #host: DoorHost;

  constructor(memory: CacheMemory, tools: DoorTools, host: DoorHost) {
    this.#tools = tools;
    this.#host = host;
    this.phase = new CachePhase(memory, tools.thread, this);
  }

  /** The quick handler; true when the request is taken care of. */
  takeQuick(r: Request, runtime: ServerRuntime): boolean {
    const { quickCache } = runtime;
    if (quickCache === undefined || FACTS.upgrade !== '') return false;
    return this.phase.take(r, quickCache, runtime.places.base.place, undefined);
  }

  /** The normal handler, with CacheQuickHandler Off. resume: goes on to the handler */
  take(r: Request, runtime: ServerRuntime, plan: Plan, resume: () => void): boolean {
    if (runtime.quickCache !== undefined || runtime.cache === undefined) return false;
    if (r.caching !== undefined || FACTS.upgrade !== '') return false;
    return this.phase.take(r, runtime.cache, plan.place, resume);
  }

  resumeQuick(r: Request): void {
    this.#host.process(r, this.#tools.runtimeOf(r.server.id));
  }

  answerForCache(r: Request, status: number, text: string): void {
    r.exchange.attach(new LocalOwner(r, this.#host));
    if (text === '') {
      const { base } = this.#tools.runtimeOf(r.server.id).places;
      answer(r, base, { status, code: status === 504 ? 'E_CACHE_ONLY' : 'E_CACHE_PURGE' }, this.#host);
      return;
    }
    r.status = status;
    r.responseFields = ['Server', serverField(), 'Content-Type', 'application/json'];
    sendWhole(r, text);
  }

  runInBackground(like: Request, prepare: (r: Request) => void): void {
    const { exchange, server, rawPath, hostname, hostPort } = like;
    const asked = new BackgroundExchange(exchange, exchange.target, exchange.fields.slice());
    for (const name of PERSONAL_FIELDS) removeField(asked.fields, name);
    const r = new Request(asked, server, wallClock(), rawPath, like.firstUri, like.query, hostname, hostPort);
    r.isInternal = true;
    const facts = { ...FACTS };
    inspect(asked, server);
    prepare(r);
    this.#host.enter(r);
    Object.assign(FACTS, facts);
  }

  /** CacheWarm: a request that no client has made, by way of the cache. done: called at its end */
  warm(server: ServerSettings, url: WarmUrl, done: (answer: WarmAnswer) => void): void {
    const { authority, target, isSecure, localPort } = url;
    const like = { ...LOOPBACK, target, isSecure, localPort };
    const asked = new BackgroundExchange(like, target, ['host', authority]);
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const uri = normalisePath(path, server);
    const [, name = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
    const query = mark < 0 ? undefined : target.slice(mark + 1);
    const known = typeof uri === 'string' ? uri : path;
    const r = new Request(asked, server, wallClock(), path, known, query, name.toLowerCase(), Number(port));
    r.isInternal = true;
    let isHit = true;
    r.tap = {
      onBody: () => undefined,
      onAnswer: () => {
        isHit = false;
      },
      onDone: ({ status }) => done({ status, isHit }),
    };
    const facts = { ...FACTS };
    const refusal = typeof uri === 'string' ? inspect(asked, server) : { status: uri };
    if (refusal === undefined) this.#host.enter(r);
    else done({ status: refusal.status, isHit: false });
    Object.assign(FACTS, facts);
  }

  onRequestEnd(r: Request): void {
    this.#host.onRequestEnd(r);
  }

  onCrossing(crossing: OpenCrossing): void {
    this.#host.onCrossing(crossing);
  }

  onCrossingEnd(crossing: OpenCrossing): void {
    this.#host.onCrossingEnd(crossing);
  }

  onFault(r: Request, error: unknown): void {
    this.#host.onFault(r, error);
  }

  fetchDocument(r: Request, path: string): boolean {
    return this.#host.fetchDocument(r, path);
  }
}
