/**
 * What a configuration says, as plain data: made by edge/config/, printed by -S, posted to every thread, compiled there
 * (edge/pipeline.ts) into the short list of steps that a vhost needs. Nothing here has methods; everything survives
 * structured cloning and JSON.
 *
 * Two scopes, as in httpd: what belongs to a server (the main one or a vhost) and what belongs to a place (`Place`:
 * the server's base, a <Location>, a <Proxy>, an <If>). Vhosts are merged with the main server by the reader; places
 * are merged at run time, one merge per combination that really occurs (edge/route/place.ts).
 */
import type { BalancerSettings } from '../workers/balancer-settings.js';
import type { MemberSettings } from '../workers/member.js';
import type { MemberTlsSettings } from '../workers/upstream/member-tls.js';
import type { AuthSettings } from './auth/login.js';
import type { CachePlaceSettings, CacheServerSettings } from './caching/settings.js';
import type { CaptureSettings } from './capture/settings.js';
import type { Http2Settings } from './engine/h2/h2-session.js';
import type { ReadTimeouts } from './engine/read-timeout.js';
import type { BoolExpr, StringExpr } from './expr/ast.js';
import type { FilterPlace } from './filter/chain.js';
import type { CompressionSettings } from './filter/compression.js';
import type { AuthzNode } from './http/access.js';
import type { AccessCompatSettings } from './http/access-compat.js';
import type { EnvRule } from './http/env-rules.js';
import type { HeaderRule } from './http/header-rules.js';
import type { RemoteIpSettings } from './http/remote-ip.js';
import type { LogFormat, LogTarget } from './log/format.js';
import type { Severity } from './log/severity.js';
import type { MirrorSettings } from './mirror/settings.js';
import type { PlaceRedirect, RedirectSettings } from './route/redirect.js';
import type { RewriteRule } from './route/rewrite.js';
import type { RewriteMap } from './route/rewrite-map.js';
import type { PlaceRewrite } from './route/rewrite-place.js';
import type { PlaceTls, TlsSettings } from './secure/settings.js';

export type { TlsSettings } from './secure/settings.js';

/** `file:line` of a directive, for messages. */
export type At = string;
export type Ms = number;
export type Bytes = number;

export interface Settings {
  /** The file given by -f and the ServerRoot in force. */
  file: string;
  serverRoot: string;
  pidFile: string;
  runtimeDir: string;
  user?: string;
  group?: string;
  /** Listen lines in order. */
  listens: Listen[];
  /** [0] is the main server, then the vhosts in file order; a server's place here is its id. */
  servers: ServerSettings[];
  balancers: BalancerSettings[];
  /** Indexed by slot; free growth slots have no entry here. */
  members: MemberSettings[];
  /** Scoreboard rows to reserve, growth included. */
  slots: number;
  /** What a host that no line names is asked with, in a slot of its own; undefined where none can be asked for. */
  reverse?: MemberSettings;
  /** mod_proxy_hcheck's named expressions. */
  healthExpressions: Record<string, BoolExpr>;
  /** ProxyHCTPsize: members checked at once, 0 for one after the other. */
  healthPoolSize: number;
  /** mod_heartbeat and mod_heartmonitor; undefined where no word of them is there. */
  heartbeat?: HeartbeatSettings;
  /** Names from LoadModule and those always built in, as -M prints them: `proxy_module` → shared. */
  modules: { name: string; kind: 'static' | 'shared' }[];
  /** Define and -D names in force at the end, for -S. */
  defines: Record<string, string>;
  /** CacheMemorySize; undefined: a quarter of the machine. */
  cacheMemorySize?: Bytes;
  /** CacheDiskSize; undefined: a tenth of the file system. */
  cacheDiskSize?: Bytes;
  gracefulShutdownTimeout: Ms;
  listenBacklog: number;
  serverTokens: 'Full' | 'OS' | 'Minimal' | 'Minor' | 'Major' | 'Prod';
  /** ExtendedStatus: server-status shows totals and the requests under way. */
  extendedStatus: boolean;
  maxRequestWorkers?: number;
  /** DROVER_MAX_CONNECTIONS: connections of clients at once; undefined: as many as descriptors allow. */
  maxConnections?: number;
  /** EdgeLimitWaiting: requests that wait for a connection below a member's max, over all members and threads. */
  mostWaiting?: number;
  /** EdgeDrainDelay: how long it still serves, but says that it is not ready, before it ends. */
  drainDelay: Ms;
  /** EdgeLogFormat: httpd's lines, or JSON by pino; of error and access logs. */
  edgeLogFormat: 'httpd' | 'json';
  /** EdgeHealthAddress lines: liveness and readiness for other balancers, on the `node` engine. */
  healthAddresses: Listen[];
  /** SSLVHostSNIPolicy, `secure` without it: when a name in Host may differ from the one in the handshake. */
  sniPolicy?: 'strict' | 'secure' | 'authonly' | 'insecure';
  /** SSLPassPhraseDialog exec: the program and its first words; empty for builtin, which nobody could answer. */
  passPhraseProgram?: string[];
  /** EdgeWebSocketMaxMessage */
  webSocketMaxMessage: Bytes;
  /** What was accepted without effect, or is known but not active yet: shown by -t -v and at start. */
  notes: Note[];
}

export interface HeartbeatSettings {
  /** HeartbeatListen: where members' heartbeats are heard. */
  listen?: { address: string; port: number };
  /** HeartbeatAddress: where this process sends its own. */
  address?: { address: string; port: number };
  /** HeartbeatStorage; undefined: none, or hb.dat in the runtime directory where nobody listens. */
  storage?: string;
  /** HeartbeatMaxServers, 10 without it: servers that are remembered; 0: they are written to the file too. */
  maxServers?: number;
}

export interface Note {
  kind: 'irrelevant' | 'inactive' | 'warning';
  at: At;
  /** The directive, and why it has no effect. */
  word: string;
  text: string;
}

export interface Listen {
  /** Empty for every address. */
  address: string;
  port: number;
  protocol: 'http' | 'https';
  at: At;
}

export interface VhostAddress {
  /** `*` for every address. */
  address: string;
  /** 0 for every port (`*`). */
  port: number;
}

export interface ServerSettings {
  id: number;
  /** Addresses of the <VirtualHost> line; empty for the main server. */
  addresses: VhostAddress[];
  /** ServerName without scheme and port; empty when not set. */
  name: string;
  /** Port and scheme of ServerName, where it has them. */
  namePort?: number;
  nameScheme?: string;
  /** In lower case; `*` and `?` are wildcards. */
  aliases: string[];
  admin: string;
  at: At;

  errorLog: LogTarget;
  logLevel: LogLevels;
  errorLogFormat?: LogFormat;
  errorLogRequestFormats?: LogFormat[];
  accessLogs: AccessLogSettings[];

  /** EdgeCapture. */
  capture?: CaptureSettings | 'off';

  traceEnable: 'on' | 'off' | 'extended';

  /** RequestReadTimeout */
  readTimeouts?: ReadTimeouts;
  /** LogIOTrackTTFB */
  tracksFirstByte?: boolean;

  timeout: Ms;
  keepAlive: boolean;
  keepAliveTimeout: Ms;
  /** 0 for no limit. */
  maxKeepAliveRequests: number;
  limitRequestLine: Bytes;
  limitRequestFieldSize: Bytes;
  limitRequestFields: number;
  serverSignature: 'Off' | 'On' | 'EMail';
  useCanonicalName: 'Off' | 'On' | 'DNS';
  useCanonicalPhysicalPort: boolean;
  allowEncodedSlashes: 'Off' | 'On' | 'NoDecode';
  mergeSlashes: boolean;
  /** Tokens of Protocols, lower case: `http/1.1`, `h2`, `h2c`. */
  protocols: string[];
  protocolsHonorOrder: boolean;
  /** mod_http2's directives, when any is said; whether HTTP/2 is spoken is the Protocols' to say. */
  http2?: Http2Settings;
  /** EdgeLimitConnections and EdgeLimitRequests; undefined: neither. */
  clientLimit?: ClientLimit;
  /** EdgeEngine: `auto` lets the address choose. */
  engine: 'auto' | 'uws' | 'node';
  httpProtocolOptions: { strict: boolean; registeredMethods: boolean; require10: boolean };

  tls?: TlsSettings;
  proxy: ProxySettings;
  /** Levels and the like of mod_deflate and mod_brotli. */
  compression: CompressionSettings;
  /** mod_cache; absent where nothing of it is configured. */
  cache?: CacheServerSettings;
  /** Who the client is behind other balancers; undefined: the peer. */
  remoteIp?: RemoteIpSettings;
  /** RemoteIPProxyProtocol: connections begin with a header that names their client, but for these networks'. */
  proxyProtocol?: boolean;
  proxyProtocolExceptions?: string[];
  /** Server-level SetEnvIf and BrowserMatch, which run before anything is matched. */
  envRules: EnvRule[];
  /** ProxyPass lines in the order they are tried. */
  proxyPass: ProxyPassSettings[];
  /** RewriteRule lines outside sections, tried before ProxyPass; absent where the engine is off or there are none. */
  rewriteRules?: RewriteRule[];
  /** RewriteMap by name, for the rules of sections too. */
  rewriteMaps?: Record<string, RewriteMap>;
  /** Where r->filename begins for the rules of sections: DocumentRoot, which is served by nobody. */
  documentRoot?: string;
  /** Redirect and RedirectMatch outside sections, the vhost's own first; they are tried after ProxyPass. */
  redirects?: RedirectSettings[];
  base: Place;
  /** <Proxy> sections, then <Location> sections, each in configuration order, main server's first. */
  proxySections: ProxySection[];
  locations: LocationSection[];
}

/** What one client address may do at a server. */
export interface ClientLimit {
  /** Requests under way at once. */
  connections?: number;
  /** One request each `interval`, and so many more at once. */
  rate?: { interval: Ms; burst: number };
}

export interface LogLevels {
  default: Severity;
  /** By module name without `mod_` and `.c`: `proxy`, `ssl`. */
  modules: Record<string, Severity>;
}

export interface AccessLogSettings {
  target: LogTarget;
  format: LogFormat;
  /** env=NAME or env=!NAME. */
  env?: { name: string; negate: boolean };
  expr?: BoolExpr;
  at: At;
}

/** mod_proxy's settings of a server. */
export interface ProxySettings {
  /** ProxyTimeout; undefined: Timeout. */
  timeout?: Ms;
  via: 'Off' | 'On' | 'Full' | 'Block';
  badHeader: 'IsError' | 'Ignore' | 'StartBody';
  maxForwards: number;
  ioBufferSize: Bytes;
  proxyStatus: 'Off' | 'On' | 'Full';
  balancerPersist: boolean;
  balancerInherit: boolean;
  proxyPassInherit: boolean;
  /** Balancers by name that this server sees, in the order balancer-manager shows: rows of Settings.balancers. */
  balancers: Record<string, number>;
  /** Slots of the members outside balancers that this server sees. */
  members: number[];
}

/**
 * One ProxyPass or ProxyPassMatch.
 * A prefix is compared with the decoded, normalised path; a regex gives $0..$9 to the target.
 */
export interface ProxyPassSettings {
  kind: 'prefix' | 'regex';
  /** Path prefix, or the source of the regex. */
  path: string;
  /** Undefined for `!`: do not proxy. */
  target?: ProxyTarget;
  nocanon: boolean;
  interpolate: boolean;
  mapping: 'none' | 'encoded' | 'servlet';
  at: At;
}

/**
 * Where a URL after ProxyPass leads.
 * `balancer`: row, with what follows its name (`balancer://x/a` → `/a`); `member`: slot, and the URL's own path;
 * `url`: decided per request (a `$` in the host part).
 */
export type ProxyTarget =
  | { kind: 'balancer'; row: number; name: string; path: string }
  | { kind: 'member'; slot: number; path: string }
  | { kind: 'url'; url: string };

export interface ProxyPassReverseSettings {
  /** Public path (or URL) that replaces what `from` matches. */
  path: string;
  /** URLs of members, already expanded for a balancer; in the order they are tried. */
  from: string[];
  interpolate: boolean;
}

/** Settings of a server that a section may change for its requests. */
export interface PlaceOverrides {
  serverSignature?: ServerSettings['serverSignature'];
  useCanonicalName?: ServerSettings['useCanonicalName'];
  tracksFirstByte?: boolean;
  /** A level for all modules takes the place of those around it. */
  logLevel?: { default?: Severity; modules: LogLevels['modules'] };
}

/** What of a member's answer becomes what: ProxyPassReverseCookieDomain, ProxyPassReverseCookiePath. */
export interface ReverseMapping {
  internal: string;
  external: string;
  interpolate?: boolean;
}

/** Per-directory settings of httpd; undefined or absent: not said here, taken from the place around it. */
export interface Place extends FilterPlace {
  requestHeaders?: HeaderRule[];
  responseHeaders?: HeaderRule[];
  /** SetEnvIf inside sections (header-parser phase). */
  envRules?: EnvRule[];
  /** SetEnv, PassEnv (value taken at load), UnsetEnv (undefined) in order; they apply at fixups. */
  setEnv?: { name: string; value?: string }[];
  /** mod_authz_core; replaces the outer one as a whole. */
  authz?: AuthzNode;
  /** AuthMerging: how `authz` joins that around it; absent or `off`: it replaces it. */
  authMerging?: 'off' | 'and' | 'or';
  /** Who asks for users, and where they are looked up; merged word by word. */
  auth?: AuthSettings;
  /** mod_access_compat; replaces the outer one as a whole. */
  accessCompat?: AccessCompatSettings;
  /** SetHandler; `none` resets. */
  handler?: string;
  proxyPass?: ProxyPassSettings;
  proxyPassReverse?: ProxyPassReverseSettings[];
  cookieDomains?: ReverseMapping[];
  cookiePaths?: ReverseMapping[];
  /** ProxyPassInterpolateEnv: `${NAME}` in lines that say `interpolate` is a variable of the request. */
  interpolateEnv?: boolean;
  /** EdgeHashKey: what lbmethod=hash places requests by. */
  hashKey?: StringExpr;
  /** EdgeMirror. */
  mirror?: MirrorSettings | 'off';
  preserveHost?: boolean;
  /** TLS toward members (SSLProxy…): merged word by word. */
  memberTls?: MemberTlsSettings;
  /** What mod_ssl asks of clients here, and tells of them; merged word by word. */
  secure?: PlaceTls;
  addHeaders?: boolean;
  errorOverride?: boolean | number[];
  errorDocuments?: Record<number, ErrorDocument>;
  /** 0 or absent: no limit. */
  limitRequestBody?: Bytes;
  /** Redirect with a path, in a section: tried at fixups, inner ones first. */
  redirects?: RedirectSettings[];
  /** Redirect without a path: the section's own. */
  redirect?: PlaceRedirect;
  rewrite?: PlaceRewrite;
  /** mod_cache's settings that may stand in a section. */
  cache?: CachePlaceSettings;
  /** What of the server's own settings is another one here; merged word by word. */
  over?: PlaceOverrides;
  /** RedirectRelative */
  redirectRelative?: boolean;
  /** <If>, <ElseIf>, <Else> in order; evaluated per request after all other sections. */
  conditions?: ConditionSection[];
}

export interface ErrorDocument {
  kind: 'text' | 'path' | 'url' | 'default';
  value: string;
  /** Where the value has variables: it is only what was written then. */
  expr?: StringExpr;
}

export interface LocationSection {
  /** `prefix` with segment boundary, `glob` by fnmatch, `regex`. */
  kind: 'prefix' | 'glob' | 'regex';
  pattern: string;
  place: Place;
  at: At;
}

/** <Proxy url>: matched with the URL that the request is proxied to. */
export interface ProxySection {
  kind: 'prefix' | 'glob' | 'regex';
  pattern: string;
  place: Place;
  at: At;
}

export interface ConditionSection {
  kind: 'if' | 'elseif' | 'else';
  /** Absent for else. */
  condition?: BoolExpr;
  place: Place;
  at: At;
}
