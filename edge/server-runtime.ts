/**
 * A vhost as a worker thread runs it: its settings compiled to steps. Made once at the thread's start.
 */

import { CacheRuntime } from './caching/runtime.js';
import type { Recorder } from './capture/recorder.js';
import type { DenialHearer } from './http/access-step.js';
import { setHttp2Variables } from './http/connection.js';
import { compileEnvRules } from './http/env-rules.js';
import { compileEarlyResponseHeaders, compileRequestHeaders, type HeaderStep } from './http/header-rules.js';
import { compileRemoteIp } from './http/remote-ip.js';
import { encodePath } from './http/uri.js';
import type { AccessLogs } from './log/access-log.js';
import type { Request } from './request.js';
import { Places, type RewriteCompiler } from './route/place.js';
import { compileEntry, type Mapping, type MapStep, type MapTools } from './route/proxypass.js';
import { compileRedirects, type RedirectStep } from './route/redirect.js';
import { compileRewriteMaps, compileRewriteRules } from './route/rewrite.js';
import { compilePlaceRewrite, compileServerRewrite, type ServerRewrite } from './route/rewrite-target.js';
import { compileUrlMapper, type UrlMapper } from './route/url-mapper.js';
import type { Place, ProxyPassSettings, ProxyTarget, ServerSettings, Settings } from './settings.js';

/** Rules that run before anything is matched, for requests whose path is none too: they see the path as it was sent. */
export function runEarlyRules(r: Request, runtime: ServerRuntime): void {
  if (r.exchange.protocol === 'HTTP/2.0') setHttp2Variables(r);
  runtime.remoteIp?.(r);
  const { uri } = r;
  r.uri = r.rawPath;
  runtime.envRules?.(r);
  runtime.earlyHeaders?.(r);
  r.uri = uri;
}

export interface ServerRuntime {
  settings: ServerSettings;
  places: Places;
  remoteIp: ((r: Request) => void) | undefined;
  envRules: ((r: Request) => void) | undefined;
  earlyHeaders: ((r: Request) => void) | undefined;
  rewrite: ServerRewrite | undefined;
  map(r: Request): Mapping;
  redirects: RedirectStep | undefined;
  log: ((r: Request) => void) | undefined;
  /** Undefined where nothing is cached. */
  cache: CacheRuntime | undefined;
  /** The cache is asked before all else, or (undefined) before the handler. */
  quickCache: CacheRuntime | undefined;
  /** An access log shows the members that were asked. */
  recordsTries: boolean;
}

export function compileServer(
  server: ServerSettings,
  settings: Settings,
  logs: AccessLogs,
  onDenied: DenialHearer,
  recorder: Recorder | undefined,
): ServerRuntime {
  const maps = compileRewriteMaps(server.rewriteMaps ?? {});
  const mapUrl = compileUrlMapper(server, settings);
  const compileRewrite: RewriteCompiler = (rewrite) => {
    const { isOn, rules, directory } = rewrite;
    if (isOn !== true || rules.length === 0 || directory === undefined) return undefined;
    const list = compileRewriteRules(rules, maps, directory, server.limitRequestLine);
    return compilePlaceRewrite(rewrite, list, mapUrl, server.documentRoot ?? '');
  };
  const places = new Places(server, { compileRewrite, onDenied });
  const cache = isCached(server) ? new CacheRuntime(server.cache) : undefined;
  return {
    settings: server,
    places,
    remoteIp: server.remoteIp === undefined ? undefined : compileRemoteIp(server.remoteIp),
    envRules: server.envRules.length > 0 ? compileEnvRules(server.envRules) : undefined,
    earlyHeaders: compileEarlyHeaders(server.base),
    rewrite:
      server.rewriteRules === undefined
        ? undefined
        : compileServerRewrite(
            compileRewriteRules(server.rewriteRules, maps, undefined, server.limitRequestLine),
            mapUrl,
          ),
    map: compileMap(server, settings, places, mapUrl),
    redirects: compileRedirects(server.redirects ?? []),
    log: compileLog(server, settings, logs, recorder),
    cache,
    quickCache: cache?.settings.quickHandler === true ? cache : undefined,
    recordsTries: server.accessLogs.some(
      ({ format }) =>
        settings.edgeLogFormat === 'json' ||
        format.items.some((item) => 'code' in item && item.code === '^dr'),
    ),
  };
}

/** What is done with a request at its end: lines of access logs, and a captured one. */
function compileLog(
  { accessLogs, capture }: ServerSettings,
  { edgeLogFormat }: Settings,
  logs: AccessLogs,
  recorder: Recorder | undefined,
): ServerRuntime['log'] {
  const log = logs.compile(accessLogs, edgeLogFormat);
  if (recorder === undefined || capture === undefined || capture === 'off') return log;
  const record = recorder.stepOf(capture);
  return (r) => {
    log?.(r);
    record(r);
  };
}

/** Of the response's own table a member's answer or a page leaves nothing; what `always` has set early goes with either. */
function compileEarlyHeaders({ requestHeaders = [], responseHeaders = [] }: Place): HeaderStep | undefined {
  const request = compileRequestHeaders(requestHeaders.filter((rule) => rule.early));
  const { always } = compileEarlyResponseHeaders(responseHeaders);
  if (always === undefined) return request;
  return (r) => {
    request?.(r);
    always(r);
    r.keptFields = r.alwaysFields.slice();
  };
}

/** Is anything of a server cached, or may be purged? */
export function isCached({ cache, locations, proxySections, base }: ServerSettings): boolean {
  if (cache !== undefined && (cache.enable.length > 0 || cache.purgeFrom !== undefined)) return true;
  return [{ place: base }, ...locations, ...proxySections].some(({ place }) => isEnabled(place));
}

function isEnabled({ cache, conditions = [] }: Place): boolean {
  return cache?.enable !== undefined || conditions.some(({ place }) => isEnabled(place));
}

/** URL prefix of a target as httpd shows it in logs and compares it with <Proxy>. */
export function targetName(target: ProxyTarget, settings: Settings): string {
  switch (target.kind) {
    case 'balancer':
      return target.name;
    case 'member':
      return (settings.members[target.slot]?.name ?? '').replace(/^(\w+:\/\/[^/]*).*$/, '$1');
    case 'url':
      return target.url;
  }
}

function compileMap(
  server: ServerSettings,
  settings: Settings,
  places: Places,
  mapUrl: UrlMapper,
): ServerRuntime['map'] {
  const tools: MapTools = {
    nameOf: (target) => targetName(target, settings),
    keepsSlash: server.allowEncodedSlashes === 'NoDecode',
    mapUrl,
    interpolates: (r) => places.interpolates(r),
  };
  // What is asked for internally has not come from the client as it stands.
  const rawPathOf = (r: Request): string =>
    r.redirectCount === 0 && r.documentFor === undefined ? r.rawPath : encodePath(r.uri, tools.keepsSlash);
  const steps = server.proxyPass.map((entry) => compileEntry(entry, tools));
  const fromList = (r: Request): Mapping => {
    const rawPath = rawPathOf(r);
    for (const step of steps) {
      const mapping = step(r.uri, rawPath, r);
      if (mapping !== undefined) return mapping;
    }
    return 'declined';
  };
  if (!places.hasLocationProxyPass) return fromList;
  const compiled = new Map<ProxyPassSettings, MapStep>();
  return (r) => {
    const entry = places.locationProxyPass(r);
    if (entry === undefined) return fromList(r);
    let step = compiled.get(entry);
    if (step === undefined) {
      step = compileEntry(entry, tools);
      compiled.set(entry, step);
    }
    return step(r.uri, rawPathOf(r), r) ?? fromList(r);
  };
}
