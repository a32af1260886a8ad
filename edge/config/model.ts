/**
 * From drafts to Settings: every field gets its value or its default, and each vhost is merged with the main server. What
 * a vhost says replaces what the main server says; lists of sections, ProxyPass and SetEnvIf lines follow the main
 * server's; per-directory settings of the base are merged as those of sections are.
 *
 * Source: httpd 2.4 manual, the directives' defaults; merging as observed. Thread: whichever reads the configuration.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CACHE_SERVER_DEFAULTS, type CacheServerSettings } from '../caching/settings.js';
import { COMPRESSION_DEFAULTS } from '../filter/compression.js';
import type { LogTarget } from '../log/format.js';
import { mergePlace } from '../route/place.js';
import { inheritance, mergeRewrite } from '../route/rewrite-place.js';
import type { HeartbeatSettings, ProxySettings, ServerSettings, Settings, TlsSettings } from '../settings.js';
import { finishPools } from './directives/proxy-pools-finish.js';
import { accessLogsOf, logLevelOf } from './log-finish.js';
import type { ModuleSet } from './modules.js';
import type { Reading } from './scope.js';
import type { ServerDraft } from './table.js';

const SERVER_DEFAULTS = {
  name: '',
  admin: '[no address given]',
  timeout: 60_000,
  keepAlive: true,
  keepAliveTimeout: 5000,
  maxKeepAliveRequests: 100,
  limitRequestLine: 8190,
  limitRequestFieldSize: 8190,
  limitRequestFields: 100,
  serverSignature: 'Off',
  traceEnable: 'on',
  useCanonicalName: 'Off',
  useCanonicalPhysicalPort: false,
  allowEncodedSlashes: 'Off',
  mergeSlashes: true,
  protocols: ['http/1.1'],
  protocolsHonorOrder: true,
  engine: 'auto',
  httpProtocolOptions: { strict: true, registeredMethods: false, require10: false },
} as const satisfies Partial<ServerSettings> | Record<string, unknown>;

/** EdgeWebSocketMaxMessage: room for what people send in one piece, bounded by what a thousand of them would take. */
const DEFAULT_MESSAGE_BYTES = 33_554_432;

const PROXY_DEFAULTS: ProxySettings = {
  via: 'Off',
  badHeader: 'IsError',
  maxForwards: -1,
  ioBufferSize: 8192,
  proxyStatus: 'Off',
  balancerPersist: false,
  balancerInherit: true,
  proxyPassInherit: true,
  balancers: {},
  members: [],
};

const TLS_DEFAULTS: Omit<TlsSettings, 'engine'> = {
  certificates: [],
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  // httpd differs: the client's order holds there, unless SSLHonorCipherOrder is on.
  honorCipherOrder: true,
  verifyClient: 'none',
  stapling: false,
};

/** mod_proxy_hcheck's own default. */
const DEFAULT_HEALTH_POOL = 16;

/** The file is hb.dat where a file is asked for without a name. */
function heartbeatOf(said: HeartbeatSettings, runtimeDir: string): HeartbeatSettings {
  return said.maxServers === 0 ? { storage: join(runtimeDir, 'hb.dat'), ...said } : said;
}

export interface ModelInput {
  reading: Reading;
  modules: ModuleSet;
  defines: Record<string, string>;
  file: string;
  runtimeDir: string | undefined;
}

/** Whole settings; `reading.notes` are among them. */
export function buildSettings(input: ModelInput): Settings {
  const { reading } = input;
  const { settings: said, serverRoot } = reading;
  const [main] = reading.servers;
  if (main === undefined) throw new Error('a reading has a main server');
  const servers = reading.servers.map((draft, id) => buildServer(reading, main, draft, id));
  const pools = finishPools(
    reading.pools,
    reading.servers.map((draft, id) => ({ draft, settings: servers[id] as ServerSettings })),
  );
  const runtimeDir = input.runtimeDir ?? join(serverRoot, 'logs');
  const pidFile = said.pidFile ?? 'drover.pid';
  return {
    file: input.file,
    serverRoot,
    runtimeDir,
    // Relative to where run-time files lie when that is said, as in httpd.
    pidFile: reading.resolve(isAbsolute(pidFile) || !input.runtimeDir ? pidFile : join(runtimeDir, pidFile)),
    ...(said.user === undefined ? {} : { user: said.user }),
    ...(said.group === undefined ? {} : { group: said.group }),
    listens: said.listens ?? [],
    servers,
    balancers: pools.balancers,
    members: pools.members,
    slots: pools.slots,
    ...(pools.reverse === undefined ? {} : { reverse: pools.reverse }),
    healthExpressions: pools.healthExpressions,
    healthPoolSize: said.healthPoolSize ?? DEFAULT_HEALTH_POOL,
    ...(said.heartbeat === undefined ? {} : { heartbeat: heartbeatOf(said.heartbeat, runtimeDir) }),
    modules: input.modules.list(),
    defines: input.defines,
    ...(said.cacheMemorySize === undefined ? {} : { cacheMemorySize: said.cacheMemorySize }),
    ...(said.cacheDiskSize === undefined ? {} : { cacheDiskSize: said.cacheDiskSize }),
    gracefulShutdownTimeout: said.gracefulShutdownTimeout ?? 0,
    listenBacklog: said.listenBacklog ?? 511,
    serverTokens: said.serverTokens ?? 'Full',
    extendedStatus: said.extendedStatus ?? input.modules.has('status_module'),
    ...(said.maxConnections === undefined ? {} : { maxConnections: said.maxConnections }),
    ...(said.mostWaiting === undefined ? {} : { mostWaiting: said.mostWaiting }),
    drainDelay: said.drainDelay ?? 0,
    ...(said.maxRequestWorkers === undefined ? {} : { maxRequestWorkers: said.maxRequestWorkers }),
    edgeLogFormat: said.edgeLogFormat ?? 'httpd',
    webSocketMaxMessage: said.webSocketMaxMessage ?? DEFAULT_MESSAGE_BYTES,
    healthAddresses: said.healthAddresses ?? [],
    ...(said.sniPolicy === undefined ? {} : { sniPolicy: said.sniPolicy }),
    ...(said.passPhraseProgram === undefined ? {} : { passPhraseProgram: said.passPhraseProgram }),
    notes: [...reading.notes, ...pools.notes],
  };
}

function buildServer(reading: Reading, main: ServerDraft, draft: ServerDraft, id: number): ServerSettings {
  const outer = draft === main ? {} : inheritable(main);
  const proxy: ProxySettings = { ...PROXY_DEFAULTS, ...main.proxy, ...draft.proxy };
  const ofMain = draft === main ? undefined : main;
  const errorLog = draft.own.errorLog ?? main.own.errorLog;
  const tls = buildTls(main, draft);
  const remoteIp = { ...main.remoteIp, ...draft.remoteIp };
  const proxies = [...(ofMain?.remoteIp.proxies ?? []), ...(draft.remoteIp.proxies ?? [])];
  const cache = buildCache(main, draft);
  const redirects = [...(draft.own.redirects ?? []), ...(ofMain?.own.redirects ?? [])];
  return {
    ...SERVER_DEFAULTS,
    protocols: [...SERVER_DEFAULTS.protocols],
    httpProtocolOptions: { ...SERVER_DEFAULTS.httpProtocolOptions },
    ...outer,
    ...draft.own,
    id,
    addresses: draft.own.addresses ?? [],
    aliases: draft.own.aliases ?? [],
    at: draft.line === 0 ? draft.file : `${draft.file}:${draft.line}`,
    errorLog: errorLog ?? defaultErrorLog(reading),
    logLevel: logLevelOf(reading, draft),
    accessLogs: accessLogsOf(reading, draft),
    proxy,
    compression: { ...COMPRESSION_DEFAULTS, ...main.compression, ...draft.compression },
    ...(tls === undefined ? {} : { tls }),
    envRules: [...(ofMain?.own.envRules ?? []), ...(draft.own.envRules ?? [])],
    proxyPass: [
      ...(proxy.proxyPassInherit ? (ofMain?.own.proxyPass ?? []) : []),
      ...(draft.own.proxyPass ?? []),
    ],
    ...clientLimitOf(ofMain, draft),
    ...(remoteIp.header === undefined ? {} : { remoteIp: { ...remoteIp, header: remoteIp.header, proxies } }),
    ...(cache === undefined ? {} : { cache }),
    ...rewriteOf(ofMain, draft),
    ...(redirects.length === 0 ? {} : { redirects }),
    base: ofMain === undefined ? { ...draft.base } : mergePlace(ofMain.base, draft.base),
    proxySections: [...(ofMain?.own.proxySections ?? []), ...(draft.own.proxySections ?? [])],
    locations: [...(ofMain?.own.locations ?? []), ...(draft.own.locations ?? [])],
  };
}

function clientLimitOf(
  main: ServerDraft | undefined,
  draft: ServerDraft,
): Pick<ServerSettings, 'clientLimit'> {
  const clientLimit = { ...main?.own.clientLimit, ...draft.own.clientLimit };
  return Object.keys(clientLimit).length === 0 ? {} : { clientLimit };
}

/** httpd differs: it would not start without a directory for its default log. */
function defaultErrorLog(reading: Reading): LogTarget {
  const isThere = existsSync(reading.resolve('logs'));
  return isThere ? { kind: 'file', path: reading.resolve('logs/error.log') } : { kind: 'stderr' };
}

/** Rules of the server itself: a vhost has its own alone, unless it inherits. */
function rewriteOf(
  main: ServerDraft | undefined,
  draft: ServerDraft,
): Pick<ServerSettings, 'rewriteRules' | 'rewriteMaps'> {
  const merged = main === undefined ? draft.rewrite : mergeRewrite(main.rewrite, draft.rewrite);
  const inherits = inheritance(main?.rewrite.options ?? [], merged.options ?? []) !== undefined;
  const maps = { ...(inherits ? main?.rewriteMaps : undefined), ...draft.rewriteMaps };
  return {
    ...(merged.isOn === true && merged.rules.length > 0 ? { rewriteRules: merged.rules } : {}),
    ...(Object.keys(maps).length > 0 ? { rewriteMaps: maps } : {}),
  };
}

/** What a vhost takes from the main server when it says nothing itself; never names and addresses. */
function inheritable(main: ServerDraft): ServerDraft['own'] {
  const { addresses, aliases, name, namePort, nameScheme, ...rest } = main.own;
  // A vhost without a name goes by the main server's, as httpd -S shows it.
  return name === undefined ? rest : { ...rest, name };
}

/** mod_cache's settings of a server: lists grow, all else is replaced; undefined where nothing is said. */
function buildCache(main: ServerDraft, draft: ServerDraft): CacheServerSettings | undefined {
  const outer: ServerDraft['cache'] = draft === main ? {} : main.cache;
  const merged = { ...outer, ...draft.cache };
  if (Object.keys(merged).length === 0) return undefined;
  return {
    ...CACHE_SERVER_DEFAULTS,
    ...merged,
    warm: draft.cache.warm ?? [],
    enable: [...(outer.enable ?? []), ...(draft.cache.enable ?? [])],
    disable: [...(outer.disable ?? []), ...(draft.cache.disable ?? [])],
  };
}

/** SSL settings of a server; undefined when TLS is off there and no member is spoken to by TLS. */
function buildTls(main: ServerDraft, draft: ServerDraft): TlsSettings | undefined {
  const merged = { ...main.tls, ...draft.tls };
  if (merged.commands !== undefined) merged.commands = { ...main.tls.commands, ...draft.tls.commands };
  if (merged.staplingOptions !== undefined)
    merged.staplingOptions = { ...main.tls.staplingOptions, ...draft.tls.staplingOptions };
  const { engine } = merged;
  return engine === undefined ? undefined : { ...TLS_DEFAULTS, ...merged, engine };
}
