/**
 * A member (httpd: worker): one place that requests can be sent to, by itself or in a balancer. This file has its
 * settings as plain data, made by whoever reads a configuration and posted to every thread, and the status flags with
 * httpd's letters and bits. What changes while running (state, counters) lies on the scoreboard at the member's slot.
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPass" (key=value parameters) and "BalancerMember".
 */

/** Milliseconds. */
export type Ms = number;

/** Health-check settings of a member; see mod_proxy_hcheck. Parsed and checked here, run by health.ts. */
export interface HealthCheckSettings {
  method: 'TCP' | 'OPTIONS' | 'HEAD' | 'GET' | 'CPING' | 'OPTIONS11' | 'HEAD11' | 'GET11';
  interval: Ms;
  passes: number;
  fails: number;
  /** Path that is probed, appended to the member's own. */
  uri: string;
  /** Name of a ProxyHCExpr, or empty. */
  expression: string;
}

/** Health-check settings as live control may leave them: NONE ends the checks and keeps the rest. */
export type HealthChange = Omit<HealthCheckSettings, 'method'> & {
  method: HealthCheckSettings['method'] | 'NONE';
};

/** httpd's defaults. */
export const NO_CHECK: HealthChange = {
  method: 'NONE',
  interval: 30_000,
  passes: 1,
  fails: 1,
  uri: '',
  expression: '',
};

/** Methods of health checks, in httpd's order. */
export const HEALTH_METHODS = [
  'TCP',
  'OPTIONS',
  'HEAD',
  'GET',
  'CPING',
  'OPTIONS11',
  'HEAD11',
  'GET11',
] as const satisfies readonly HealthCheckSettings['method'][];

export interface MemberSettings {
  /** Row on the scoreboard; members shared by several balancers are one row. */
  slot: number;
  /** URL as httpd shows it: scheme and host in lower case, default port dropped, path kept: `http://10.0.0.5:8080/app`. */
  name: string;
  scheme: string;
  host: string;
  port: number;
  /** Unix socket that is connected to instead of host and port. */
  socketPath?: string;
  /** Path of the member's URL, empty for none; prepended as it is to what remains of the request's path. */
  path: string;
  route: string;
  redirect: string;
  /** 0..99; lower sets are tried first. */
  lbset: number;
  /** loadfactor times 100, 100..10000. */
  lbfactor: number;
  /** Status flags at start, bits of STATUS. */
  status: number;
  /** How long a member stays in error before it is tried again. */
  retry: Ms;
  /** A member that comes back gets its factor bit by bit within this time; undefined: at once. */
  slowstart?: Ms;
  /** Socket inactivity; undefined: ProxyTimeout, then Timeout of the vhost. */
  timeout?: Ms;
  /** TCP (and TLS) connect; undefined: as timeout. */
  connectiontimeout?: Ms;
  /** Connections at the most over all threads, 0 for no limit; smax is where idle ones start to be closed after ttl. */
  max: number;
  smax: number;
  min: number;
  /** Idle time after which a pooled connection above smax is closed; 0 never. */
  ttl: Ms;
  /** Wait for a free connection below max; undefined: for ever. */
  acquire?: Ms;
  /** Requests that may wait for a free connection at a time, over all threads; undefined: any number. */
  queue?: number;
  /** 100-continue (http) or CPING (ajp) must be answered within this. */
  ping?: Ms;
  /** SO_KEEPALIVE on the socket. */
  keepalive: boolean;
  /** False: `Connection: close` with every request. */
  reuse: boolean;
  /** Seconds a resolved address is used; -1: the TTL of its DNS record. */
  addressttl: number;
  /** Longest response header line in bytes. */
  responsefieldsize: number;
  iobuffersize: number;
  flushpackets: 'off' | 'on' | 'auto';
  flushwait: Ms;
  upgrade: string;
  secret: string;
  /** PROXY protocol header before each connection's first byte; such connections serve one request. */
  proxyProtocol?: 'v1' | 'v2';
  health?: HealthCheckSettings;
  /** `file:line` of the line that defined it. */
  at: string;
}

/** Status bits by httpd's letter. (httpd 2.4, mod_proxy.h PROXY_WORKER_*; shown by balancer-manager) */
export const STATUS = {
  O: 0x001, // initialised
  I: 0x002, // ignore errors
  N: 0x004, // drain
  G: 0x008, // generic
  U: 0x010, // in shutdown
  D: 0x020, // disabled
  S: 0x040, // stopped
  E: 0x080, // in error
  H: 0x100, // hot standby
  F: 0x200, // free slot
  C: 0x400, // health check failed
  R: 0x800, // hot spare
} as const;

const UNUSABLE = STATUS.U | STATUS.D | STATUS.S | STATUS.E | STATUS.C;

/** May a member with these flags be sent requests? Drain, standby and spare are decided by who picks. */
export function isUsable(status: number): boolean {
  return (status & STATUS.O) !== 0 && (status & UNUSABLE) === 0;
}

/** Schemes that are spoken over TLS. */
const SECURE: ReadonlySet<string> = new Set(['https', 'wss', 'h2']);

export function isSecure(member: Pick<MemberSettings, 'scheme'>): boolean {
  return SECURE.has(member.scheme);
}

/** Requests to it share connections, and it may answer while they are still coming. */
export function isHttp2({ scheme }: Pick<MemberSettings, 'scheme'>): boolean {
  return scheme === 'h2' || scheme === 'h2c';
}

/** A member's own Host: the port is left out where it is 80, as httpd leaves it out. */
export function hostField(member: MemberSettings): string {
  const host = member.host.includes(':') ? `[${member.host}]` : member.host;
  return member.port === 80 || (member.port === 443 && isSecure(member)) ? host : `${host}:${member.port}`;
}
