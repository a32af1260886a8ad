/**
 * The life of a request after its engine: one function a phase, in httpd's order. A phase lets the request go on or
 * answers it; whoever answers, `onRequestEnd` is passed exactly once, logs it and counts it out.
 *
 *   guard → vhost → path → [cache] → early rules → rewrite → map (ProxyPass) → place (sections) → access → fixups → handler
 *                                                                                                  ↓
 *                         log ← response rules ← member's response (proxy-handler) or an answer of ours (respond)
 *
 * Everything a phase needs was compiled when the thread started: a vhost's runtime is the list of steps that its
 * configuration asks for, and what it does not ask for is undefined and skipped.
 * Source: httpd 2.4, request processing phases. Thread: worker, one Pipeline each. Nothing here may throw into the engine.
 */

import { turnClock, wallClock } from '../workers/clock.js';
import { ACCESS_STATUS, waitForAccess } from './access-wait.js';
import type { Tally } from './admin/tally.js';
import { CacheDoor } from './caching/door.js';
import type { OpenCrossing } from './crossing.js';
import { Documents } from './documents.js';
import type { Listener } from './engine/listener.js';
import { stackOf } from './errors.js';
import type { Exchange } from './exchange.js';
import { BAD_HOST, FACTS, inspect, originForm } from './guard.js';
import type { AccessStep } from './http/access-step.js';
import { hasClose, upgradeAsked } from './http/connection.js';
import { longBodyText, noProtocolText, redirectLoopText } from './http/log-texts.js';
import { forwardsProblem, NO_FORWARD_LEFT } from './http/max-forwards.js';
import { ALLOWED, allowWithTrace, isRegistered } from './http/methods.js';
import { reasonOf } from './http/status.js';
import { upstreamFields } from './http/upstream-fields.js';
import { asciiTarget, encodePath, normalisePath, shownPath } from './http/uri.js';
import { canonicalName } from './http/variables.js';
import { LocalHandler } from './local-handler.js';
import { LocalOwner } from './local-owner.js';
import type { RequestEnd } from './outgoing.js';
import type { PipelineTools } from './pipeline-tools.js';
import { ProxyHandler } from './proxy/proxy-handler.js';
import { Request } from './request.js';
import { answer } from './respond.js';
import type { Plan } from './route/place.js';
import type { Mapped, Mapping } from './route/proxypass.js';
import type { Redirection } from './route/redirect.js';
import type { Rewritten } from './route/rewrite-target.js';
import { runEarlyRules, type ServerRuntime } from './server-runtime.js';
import { sendOptions, sendTrace } from './trace.js';

export class Pipeline implements RequestEnd {
  readonly #tools: PipelineTools;
  readonly tally: Tally | undefined;
  #isDraining = false;
  #live = 0;
  readonly #crossings = new Set<OpenCrossing>();
  readonly #documents: Documents;
  /** Undefined where nothing is cached. */
  readonly cache: CacheDoor | undefined;

  constructor(tools: PipelineTools) {
    this.#tools = tools;
    this.#documents = new Documents(tools, this);
    this.tally = tools.tally;
    this.cache = tools.cache === undefined ? undefined : new CacheDoor(tools.cache, tools, this);
  }

  /** Takes a request from an engine. */
  handle(exchange: Exchange, listener: Listener): void {
    const startedAt = turnClock();
    this.#live += 1;
    this.#tools.delivery.board.addLive(this.#tools.thread, 1);
    if (this.#isDraining) exchange.closeAfter();

    // guard: one unambiguous request, within the limits
    const refusal = inspect(exchange, listener.vhosts.fallback);
    // vhost: by address, then by host
    let target = refusal === undefined ? asciiTarget(exchange.target) : undefined;
    if (target !== undefined) target = originForm(target, exchange.fields);
    const host = refusal === undefined ? listener.vhosts.match(FACTS.host) : undefined;
    if (FACTS.connection !== '' && hasClose(FACTS.connection)) exchange.closeAfter();
    if (refusal !== undefined || host === undefined || target === undefined) {
      const at = exchange.target;
      const r = new Request(exchange, listener.vhosts.fallback, startedAt, at, at, undefined, '', 0);
      const { base } = this.#tools.runtimeOf(r.server.id).places;
      const refused = refusal ?? BAD_HOST;
      // httpd differs: it fetches the ErrorDocument here too; behind a streamed page the connection might be used again.
      answer(this.#own(r), base, refused, refused.isUnframed === true ? undefined : this);
      return;
    }
    const mark = target.indexOf('?');
    const rawPath = mark < 0 ? target : target.slice(0, mark);
    const query = mark < 0 ? undefined : target.slice(mark + 1);

    // path: decoded, normalised
    const { server } = host;
    const uri = normalisePath(rawPath, server);
    const path = typeof uri === 'string' ? uri : shownPath(rawPath, server);
    const r = new Request(exchange, server, startedAt, rawPath, path, query, host.name, host.port);
    const runtime = this.#tools.runtimeOf(server.id);
    const misdirected = listener.sniRules?.refusal(r);
    if (misdirected !== undefined) answer(this.#own(r), runtime.places.base, misdirected, this);
    else if (typeof uri !== 'string') {
      if (rawPath === '*' && exchange.method === 'OPTIONS') sendOptions(this.#own(r), undefined, '');
      else {
        runEarlyRules(r, runtime);
        if (uri === 400) this.#tools.logError(r, 'core', `AH10244: invalid URI path (${rawPath})`);
        this.#answer(r, runtime.places.base, uri, 'E_REQUEST_PATH');
      }
      // cache: what is fresh is answered here, before anything else is looked at
    } else if (this.cache?.takeQuick(r, runtime) !== true) this.process(r, runtime);
  }

  /** A request that comes from no engine: counted in, and taken on. */
  enter(r: Request): void {
    this.#live += 1;
    this.#tools.delivery.board.addLive(this.#tools.thread, 1);
    const runtime = this.#tools.runtimeOf(r.server.id);
    if (r.caching !== undefined || this.cache?.takeQuick(r, runtime) !== true) this.process(r, runtime);
  }

  process(r: Request, runtime: ServerRuntime): void {
    if (runtime.recordsTries) r.tries = [];
    runEarlyRules(r, runtime);
    this.#tools.requests?.begin(r);

    // admission
    const refusal = this.#tools.admission?.refuse(r);
    if (refusal === undefined) this.#route(r, runtime);
    else answer(this.#own(r), runtime.places.base, refusal, this);
  }

  /** From the path to the handler; an internal redirect comes here again. */
  #route(r: Request, runtime: ServerRuntime): void {
    // rewrite: before ProxyPass, which a path of this server does not reach unless it is passed on
    const { uri, query } = r;
    const rewritten = r.isRewriteEnded ? undefined : runtime.rewrite?.(r);
    if (rewritten?.kind === 'answer') {
      this.#answerRewritten(r, runtime.places.planAt(r, uri, query), rewritten);
      return;
    }

    // map: where the request goes
    const isLocal = rewritten?.kind === 'local';
    const mapping: Mapping =
      rewritten?.kind === 'proxy'
        ? rewritten.mapped
        : isLocal || r.hasFlag('no-proxy')
          ? 'declined'
          : runtime.map(r);
    if (typeof mapping !== 'string') {
      r.proxyUrl = mapping.url;
      r.handler = 'proxy-server';
    }

    if (mapping === 'declined' && !isLocal) {
      const before = runtime.places.planAt(r, uri, query);
      const isRelative = before.place.redirectRelative === true;
      const redirection = before.redirect?.(r, isRelative) ?? runtime.redirects?.(r, isRelative);
      if (redirection !== undefined) {
        this.#redirect(r, before, redirection);
        return;
      }
    }

    // place: the sections that hold for it
    const plan = runtime.places.planFor(r);
    plan.envRules?.(r);

    // access
    if (plan.access === undefined) this.#fixup(r, runtime, plan, mapping);
    else this.#checkAccess(r, runtime, plan, mapping, plan.access);
  }

  #checkAccess(r: Request, runtime: ServerRuntime, plan: Plan, mapping: Mapping, access: AccessStep): void {
    const verdict = access(r);
    if (verdict === 'granted') this.#fixup(r, runtime, plan, mapping);
    else if (verdict === 'waits') {
      waitForAccess(r, this, () => this.#checkAccess(r, runtime, plan, mapping, access));
    } else this.#answer(r, plan, ACCESS_STATUS[verdict], 'E_ACCESS', r.notes?.get('error-notes'));
  }

  /** From the access rules to the handler. */
  #fixup(r: Request, runtime: ServerRuntime, plan: Plan, mapped: Mapping): void {
    let mapping = mapped;
    let again: string | undefined;
    // fixups: all of them, also before the request begins again with another path
    if (plan.rewrite !== undefined && !r.isRewriteEnded) {
      const target = plan.rewrite(r, typeof mapping === 'string' ? undefined : mapping);
      if (target?.kind === 'answer') {
        this.#answerRewritten(r, plan, target);
        return;
      }
      if (target?.kind === 'again') again = target.path;
      else if (target?.kind === 'proxy') {
        mapping = target.mapped;
        r.proxyUrl = mapping.url;
        r.handler = 'proxy-server';
      }
    }
    plan.setEnv?.(r);
    if (plan.redirect !== undefined || plan.redirects !== undefined) {
      const isRelative = plan.place.redirectRelative === true;
      const redirection = plan.redirect?.(r, isRelative) ?? plan.redirects?.(r, isRelative);
      if (redirection !== undefined) {
        this.#redirect(r, plan, redirection);
        return;
      }
    }
    plan.requestHeaders?.(r);

    // cache: CacheQuickHandler Off
    const target = mapping;
    if (again !== undefined) this.#redirectInternally(r, runtime, plan, again);
    else if (this.cache?.take(r, runtime, plan, () => this.#respond(r, plan, target)) !== true)
      this.#respond(r, plan, mapping);
  }

  /** The handler. */
  #respond(r: Request, plan: Plan, mapping: Mapping): void {
    if (typeof mapping !== 'string') this.#proxy(r, plan, mapping);
    else if (mapping === 'unroutable') this.#answerUnroutable(r, plan, r.uri);
    else this.#answerLocally(r, plan);
  }

  #answerRewritten(r: Request, plan: Plan, { status, location, module, problem }: RewriteAnswer): void {
    if (problem !== '') this.#tools.logError(r, module, problem);
    if (location === '') this.#answer(r, plan, status, 'E_REWRITE');
    else this.#redirect(r, plan, { status, location });
  }

  #redirectInternally(r: Request, runtime: ServerRuntime, plan: Plan, path: string): void {
    const uri = normalisePath(encodePath(path), r.server);
    if (r.redirectCount >= MAX_REDIRECTS) {
      this.#tools.logError(r, 'core', redirectLoopText(MAX_REDIRECTS));
      this.#answer(r, plan, 500, 'E_REDIRECT_LOOP');
    } else if (typeof uri !== 'string') this.#answer(r, plan, uri, 'E_REQUEST_PATH');
    else {
      r.redirectInternally(uri);
      runtime.envRules?.(r);
      this.#route(r, runtime);
    }
  }

  /** Answers with what Redirect says; a status that nobody knows is an error of the configuration. */
  #redirect(r: Request, plan: Plan, { status, location }: Redirection): void {
    // httpd differs: it logs the unknown status, and sends 200 for `Redirect 200`.
    const known = status >= 300 && reasonOf(status) !== '' ? status : 500;
    const note = known === status ? location : '';
    const fields = location === '' ? [] : ['Location', location];
    const isEmpty = known === 304;
    answer(this.#own(r), plan, { status: known, note, code: 'E_REDIRECT', fields, isEmpty }, this);
  }

  #proxy(r: Request, plan: Plan, mapped: Mapped): void {
    const destination = this.#tools.destinationOf(mapped);
    if (typeof destination !== 'object') {
      if (destination === undefined) this.#answerUnroutable(r, plan, mapped.url);
      else this.#answer(r, plan, 400, 'E_PROXY_URL');
      return;
    }
    const { method } = r.exchange;
    const isTrace = method === 'TRACE';
    if (isTrace && r.server.traceEnable === 'off') {
      this.#answer(r, plan, 405, 'E_METHOD', '', ['Allow', '']);
      return;
    }
    const problem = forwardsProblem(r.header('max-forwards'));
    if (problem !== undefined) {
      if (problem === NO_FORWARD_LEFT && (isTrace || method === 'OPTIONS')) {
        if (isTrace) sendTrace(this.#own(r), plan);
        else sendOptions(this.#own(r), plan, allowWithTrace('', r.server.traceEnable));
        return;
      }
      const what = { reason: 'Proxy Error', note: problem, isProxyNote: true, code: 'E_PROXY_LOOP' };
      answer(this.#own(r), plan, { status: 400, ...what });
      return;
    }
    // httpd differs: it looks at no body that is proxied, so that LimitRequestBody would mean nothing here.
    if (this.#refusesBody(r, plan)) return;
    const { connection, cookies, saysEmptyBody, upgrade } = FACTS;
    const host = (r.fields === r.exchange.fields ? FACTS.host : r.header('host')) ?? '';
    const outgoing = {
      method,
      path: r.query === undefined ? mapped.path : `${mapped.path}?${r.query}`,
      host: plan.place.preserveHost === true ? host || canonicalName(r) : '',
      fields: upstreamFields(r, plan, connection, host),
      cookies,
      bodyLength: r.exchange.bodyLength,
      saysEmptyBody,
      upgrade: upgrade === '' ? '' : upgradeAsked(r.exchange, upgrade, connection),
    };
    this.#tools.taps?.begin(r, plan, outgoing);
    new ProxyHandler(r, plan, destination, outgoing, this.#tools.delivery, this).start();
  }

  #refusesBody(r: Request, plan: Plan): boolean {
    const { limitRequestBody: limit = 0 } = plan.place;
    if (limit === 0 || r.exchange.bodyLength <= limit) return false;
    this.#tools.logError(r, 'http', longBodyText(r.exchange.bodyLength, limit));
    this.#answer(r, plan, 413, 'E_REQUEST_BODY_SIZE');
    return true;
  }

  fetchDocument(r: Request, target: string): boolean {
    return this.#documents.fetch(r, target);
  }

  /** Nothing is proxied: drover serves no files, so that there is nothing to be found but its own handlers. */
  #answerLocally(r: Request, plan: Plan): void {
    const { method } = r.exchange;
    r.handler = plan.place.handler ?? '';
    const handler = r.handler === '' ? undefined : this.#tools.handlerOf(r.handler);
    if (handler !== undefined) new LocalHandler(r, plan, handler, this).start();
    else if (method === 'OPTIONS')
      sendOptions(this.#own(r), plan, allowWithTrace(ALLOWED, r.server.traceEnable));
    else if (method === 'TRACE' && r.server.traceEnable !== 'off') this.#answerTrace(r, plan);
    // httpd differs: it adds a page of 413 to that of a refusal or a redirect too.
    else if (this.#refusesBody(r, plan)) return;
    else if (method === 'GET' || method === 'HEAD' || method === 'POST')
      this.#answer(r, plan, 404, 'E_NO_TARGET');
    else {
      this.#answer(r, plan, isRegistered(method) ? 405 : 501, 'E_METHOD', '', [
        'Allow',
        allowWithTrace(ALLOWED, r.server.traceEnable),
      ]);
    }
  }

  #answerTrace(r: Request, plan: Plan): void {
    const hasBody = r.exchange.bodyLength !== 0 && r.server.traceEnable !== 'extended';
    if (hasBody) this.#answer(r, plan, 413, 'E_REQUEST_BODY_SIZE');
    else sendTrace(this.#own(r), undefined);
  }

  #answerUnroutable(r: Request, plan: Plan, url: string): void {
    this.#tools.logError(r, 'proxy', noProtocolText(r.uri, url));
    this.#answer(r, plan, 500, 'E_NO_PROTOCOL');
  }

  #answer(r: Request, plan: Plan, status: number, code: string, note = '', fields: string[] = []): void {
    answer(this.#own(r), plan, { status, code, note, fields }, this);
  }

  /** Makes the pipeline itself the owner of the exchange: the answer is complete at once. */
  #own(r: Request): Request {
    const { bodyLength } = r.exchange;
    // A short body is read and thrown away by the engine, a long one is not worth waiting for.
    if (bodyLength < 0 || bodyLength > MAX_DISCARDED_BYTES) r.exchange.closeAfter();
    r.exchange.attach(new LocalOwner(r, this));
    return r;
  }

  onCrossing(crossing: OpenCrossing): void {
    this.#crossings.add(crossing);
  }

  onCrossingEnd(crossing: OpenCrossing): void {
    this.#crossings.delete(crossing);
  }

  onFault(r: Request, error: unknown): void {
    this.#tools.logError(r, 'core', `request failed: ${stackOf(error)}`);
  }

  onRequestEnd(r: Request): void {
    r.endedAt = wallClock();
    if (r.redirectCount > 0) r.uri = r.firstUri;
    if (r.caching?.isFetching === false) r.caching.finish();
    r.tap?.onDone(r);
    this.#live -= 1;
    const { board } = this.#tools.delivery;
    board.addLive(this.#tools.thread, -1);
    this.#tools.admission?.leave(r);
    this.#tools.requests?.end(r);
    if (r.isInternal) return;
    board.countResponse(this.#tools.thread, r.exchange.bytesSent);
    this.tally?.countEnd(r);
    this.#tools.runtimeOf(r.server.id).log?.(r);
  }

  /** From now on every response closes its connection. */
  drain(): void {
    this.#isDraining = true;
  }

  /** WebSockets are told to come again elsewhere. */
  closeCrossings(): void {
    for (const crossing of [...this.#crossings]) crossing.goAway();
  }

  /** Requests that have not been answered to their end. */
  get live(): number {
    return this.#live;
  }
}

/** httpd: LimitInternalRecursion's default. */
const MAX_REDIRECTS = 10;

type RewriteAnswer = Extract<Rewritten, { kind: 'answer' }>;

/** Bytes of a refused request's body that are taken in to keep the connection. */
const MAX_DISCARDED_BYTES = 65536;
