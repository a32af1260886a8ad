/**
 * The parameters of a member (httpd: worker): `BalancerMember url key=value …`, ProxyPass to a URL, ProxySet on one.
 * One row per key. What a member's line says is collected in a MemberDraft; proxy-pools-finish.ts fills in the
 * defaults, since some of them hang on the balancer or on other parameters.
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPass" (key=value parameters).
 * Thread: main, at load.
 */
import { type HealthCheckSettings, type MemberSettings, STATUS } from '../../../workers/member.js';
import { HEALTH_PARAMETERS } from './hcheck-params.js';
import {
  atLeastOneMs,
  BadParameter,
  bufferSize,
  duration,
  integer,
  onOff,
  type ParameterRow,
  shortText,
} from './proxy-params-values.js';

/** What a member's parameters say: only what is said. */
export interface MemberDraft extends Partial<Omit<MemberSettings, 'health' | 'status'>> {
  /** Flags of `status=`, which may be said more than once: bits to set, bits to clear. */
  set: number;
  clear: number;
  health: HealthDraft;
}

/** Health-check parameters; what they refer to is looked up where they stand, as httpd does. */
export interface HealthDraft extends Partial<Omit<HealthCheckSettings, 'method'>> {
  /** `NONE` is a method in a configuration: no checks. */
  method?: HealthCheckSettings['method'] | 'NONE';
  /** ProxyHCTemplate and ProxyHCExpr names of the server that the line stands in. */
  readonly templates: ReadonlyMap<string, HealthTemplate>;
  readonly expressions: ReadonlySet<string>;
}

/** A ProxyHCTemplate: what it says replaces all that the member had. */
export type HealthTemplate = Required<Omit<HealthDraft, 'templates' | 'expressions'>>;

export const LONGEST_ROUTE = 64;
const INT32_MAX = 2 ** 31 - 1;

export const MEMBER_PARAMETERS: readonly ParameterRow<MemberDraft>[] = [
  {
    key: 'loadfactor',
    apply(member, value) {
      const factor = Math.trunc((Number.parseFloat(value) || 0) * 100);
      if (factor < 100 || factor > 10000)
        throw new BadParameter('LoadFactor must be a number between 1..100');
      member.lbfactor = factor;
    },
  },
  {
    key: 'retry',
    apply(member, value) {
      member.retry = integer(value, 0, INT32_MAX, 'Retry must be a positive value') * 1000;
    },
  },
  {
    // drover's own: httpd has no slow start.
    key: 'slowstart',
    apply(member, value) {
      member.slowstart = integer(value, 1, 86_400, 'Slowstart must be 1 to 86400 seconds') * 1000;
    },
  },
  {
    key: 'ttl',
    apply(member, value) {
      member.ttl = integer(value, 1, INT32_MAX, 'TTL must be at least one second') * 1000;
    },
  },
  {
    key: 'min',
    apply(member, value) {
      member.min = integer(value, 0, INT32_MAX, 'Min must be a positive number');
    },
  },
  {
    key: 'max',
    apply(member, value) {
      member.max = integer(value, 0, INT32_MAX, 'Max must be a positive number');
    },
  },
  {
    key: 'smax',
    apply(member, value) {
      member.smax = integer(value, 0, INT32_MAX, 'Smax must be a positive number');
    },
  },
  {
    key: 'acquire',
    apply(member, value) {
      const tooShort = 'Acquire must be at least one millisecond';
      member.acquire = atLeastOneMs(value, 'ms', 'Acquire timeout', tooShort);
    },
  },
  {
    // drover's own: in httpd any number of requests may wait.
    key: 'queue',
    apply(member, value) {
      member.queue = integer(value, 0, INT32_MAX, 'Queue must be a number of requests');
    },
  },
  {
    key: 'timeout',
    apply(member, value) {
      member.timeout = integer(value, 1, INT32_MAX, 'Timeout must be at least one second') * 1000;
    },
  },
  {
    key: 'connectiontimeout',
    apply(member, value) {
      const tooShort = 'Connectiontimeout must be at least one millisecond.';
      member.connectiontimeout = atLeastOneMs(value, 's', 'Connectiontimeout', tooShort);
    },
  },
  {
    key: 'ping',
    apply(member, value) {
      const tooShort = 'Ping/Pong timeout must be at least one millisecond';
      member.ping = atLeastOneMs(value, 's', 'Ping/Pong timeout', tooShort);
    },
  },
  {
    key: 'iobuffersize',
    apply(member, value) {
      const message = 'IOBufferSize must be >= 512 bytes, or 0 for system default.';
      member.iobuffersize = bufferSize(value, message) || 8192;
    },
  },
  {
    key: 'receivebuffersize',
    // Node has no way to set SO_RCVBUF of a TCP socket: checked, without effect.
    apply(_member, value) {
      bufferSize(value, 'ReceiveBufferSize must be >= 512 bytes, or 0 for system default.');
    },
  },
  {
    key: 'responsefieldsize',
    apply(member, value) {
      const message = 'ResponseFieldSize must be greater than 0 bytes, or 0 for system default.';
      member.responsefieldsize = integer(value, 0, Number.MAX_SAFE_INTEGER, message) || 8192;
    },
  },
  {
    key: 'keepalive',
    apply(member, value) {
      member.keepalive = onOff(value, 'KeepAlive must be On|Off');
    },
  },
  {
    key: 'disablereuse',
    apply(member, value) {
      member.reuse = !onOff(value, 'DisableReuse must be On|Off');
    },
  },
  {
    key: 'enablereuse',
    apply(member, value) {
      member.reuse = onOff(value, 'EnableReuse must be On|Off');
    },
  },
  {
    key: 'addressttl',
    apply(member, value) {
      const ttl = value === '-1' ? -1000 : duration(value, 's');
      if (ttl === undefined || ttl > INT32_MAX * 1000 || ttl % 1000 !== 0) {
        throw new BadParameter(`AddressTTL must be -1 or a number of seconds not exceeding (${INT32_MAX})`);
      }
      member.addressttl = ttl / 1000;
    },
  },
  {
    key: 'route',
    apply(member, value) {
      member.route = shortText(value, LONGEST_ROUTE, 'Route');
    },
  },
  {
    key: 'redirect',
    apply(member, value) {
      member.redirect = shortText(value, LONGEST_ROUTE, 'Redirect');
    },
  },
  { key: 'status', apply: applyStatus },
  {
    key: 'flushpackets',
    apply(member, value) {
      const word = value.toLowerCase();
      if (word !== 'on' && word !== 'off' && word !== 'auto') {
        throw new BadParameter('flushpackets must be on|off|auto');
      }
      member.flushpackets = word;
    },
  },
  {
    key: 'flushwait',
    apply(member, value) {
      // httpd's own spelling of the unit.
      const message = 'flushwait must be <= 1000, or 0 for system default of 10 millseconds.';
      member.flushwait = integer(value, 0, 1000, message) || 10;
    },
  },
  {
    key: 'lbset',
    apply(member, value) {
      member.lbset = integer(value, 0, 99, 'lbset must be between 0 and 99');
    },
  },
  {
    key: 'flusher',
    // Names a provider module of httpd: checked, without effect.
    apply(_member, value) {
      shortText(value, 16, 'flusher name');
    },
  },
  {
    key: 'upgrade',
    apply(member, value) {
      member.upgrade = shortText(value.toLowerCase() === 'any' ? '*' : value, 16, 'upgrade protocol');
    },
  },
  {
    key: 'proxyprotocol',
    // httpd has no such word: members behind it learn the client's address from fields alone.
    apply(member, value) {
      const version = value.toLowerCase();
      if (version !== 'v1' && version !== 'v2') throw new BadParameter('proxyprotocol must be v1|v2');
      member.proxyProtocol = version;
    },
  },
  {
    key: 'secret',
    apply(member, value) {
      member.secret = shortText(value, 64, 'Secret');
    },
  },
];

/** Letters set or clear flags; a sign stays in force for those that follow. */
function applyStatus(member: MemberDraft, value: string): void {
  let isSetting = true;
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '+' || value[i] === '-') isSetting = value[i++] === '+';
    const bit = STATUS[(value[i] ?? '').toUpperCase() as keyof typeof STATUS] as number | undefined;
    if (bit === undefined) throw new BadParameter('Unknown status parameter option');
    member.set = isSetting ? member.set | bit : member.set & ~bit;
    member.clear = isSetting ? member.clear & ~bit : member.clear | bit;
  }
}

const BY_KEY = new Map(MEMBER_PARAMETERS.map((row) => [row.key, row]));
const HEALTH_BY_KEY = new Map(HEALTH_PARAMETERS.map((row) => [row.key, row]));

/**
 * Apply one parameter of a member; keys are compared without case.
 * hasHealthChecks  is mod_proxy_hcheck loaded? It changes which words httpd uses for an unknown key.
 * errors           BadParameter
 */
export function applyMemberParameter(
  member: MemberDraft,
  key: string,
  value: string,
  hasHealthChecks: boolean,
): void {
  const name = key.toLowerCase();
  const row = BY_KEY.get(name);
  if (row !== undefined) {
    row.apply(member, value);
    return;
  }
  const health = hasHealthChecks ? HEALTH_BY_KEY.get(name) : undefined;
  if (health === undefined) {
    throw new BadParameter(hasHealthChecks ? 'unknown Worker hcheck parameter' : 'unknown Worker parameter');
  }
  health.apply(member.health, value);
}

export function newMemberDraft(
  templates: HealthDraft['templates'],
  expressions: HealthDraft['expressions'],
): MemberDraft {
  return { set: 0, clear: 0, health: { templates, expressions } };
}
