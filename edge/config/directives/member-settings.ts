/**
 * A member's settings from what its line says: the defaults of httpd filled in. Used for the lines of a configuration, and
 * for members that are added while drover runs, so that both mean the same.
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPass" (key=value parameters). Thread: whichever reads a member's line.
 */
import { type HealthCheckSettings, type MemberSettings, STATUS } from '../../../workers/member.js';
import { applyMemberParameter } from './proxy-params.js';
import { BadParameter, keyValue } from './proxy-params-values.js';
import type { PoolMember, ServerPools } from './proxy-pools.js';
import { newMember } from './proxy-pools.js';

const IO_BUFFER_BYTES = 8192;

/**
 * slot          its row on the scoreboard
 * ioBufferSize  ProxyIOBufferSize of its server, for a member that says none
 */
export function memberSettings(
  member: PoolMember,
  slot: number,
  isInBalancer: boolean,
  health: HealthCheckSettings | undefined,
  ioBufferSize = IO_BUFFER_BYTES,
): MemberSettings {
  const { said, url, at } = member;
  const { set, clear, health: _health, ...own } = said;
  const max = own.max ?? 0;
  const smax = max > 0 ? Math.min(own.smax ?? max, max) : (own.smax ?? 0);
  // A member outside a balancer has nothing to fail over to: its errors are ignored.
  const flags = ((isInBalancer ? 0 : STATUS.I) | set) & ~clear;
  return {
    route: '',
    redirect: '',
    lbset: 0,
    lbfactor: 100,
    retry: 60_000,
    ttl: 0,
    keepalive: false,
    reuse: true,
    addressttl: -1,
    responsefieldsize: 8192,
    iobuffersize: ioBufferSize,
    flushpackets: 'off',
    flushwait: 10,
    upgrade: '',
    secret: '',
    ...own,
    ...(own.proxyProtocol === undefined ? {} : { reuse: false }),
    slot,
    name: url.name,
    scheme: url.scheme,
    host: url.host,
    port: url.port,
    ...(url.socketPath === undefined ? {} : { socketPath: url.socketPath }),
    path: url.path,
    status: flags | STATUS.O,
    max,
    smax,
    // Without max there is no end to smax either.
    min: smax > 0 ? Math.min(own.min ?? 0, smax) : (own.min ?? 0),
    ...(health === undefined ? {} : { health }),
    at,
  };
}

/**
 * keys  of named conditions over all servers, by their names in lower case
 */
export function healthOf(
  { said }: PoolMember,
  keys: ReadonlyMap<string, string>,
): HealthCheckSettings | undefined {
  const { method, interval = 30_000, passes = 1, fails = 1, uri = '', expression = '' } = said.health;
  if (method === undefined || method === 'NONE') return undefined;
  const key = expression === '' ? '' : (keys.get(expression.toLowerCase()) ?? '');
  return { method, interval, passes, fails, uri, expression: key };
}

/**
 * The settings of a balancer's member by its URL and words, as a BalancerMember line would give them, in slot 0.
 * healthExpressions  named conditions, by name; undefined: the configuration has no health checks
 * returns            why it cannot be, in httpd's words
 */
export function memberOfLine(
  url: string,
  words: readonly string[],
  at: string,
  healthExpressions: ServerPools['expressions'] | undefined,
): MemberSettings | string {
  const none = { templates: new Map(), expressions: healthExpressions ?? new Map() };
  const pools: ServerPools = { balancers: [], defaults: {}, alone: [], hasOpenUrls: false, ...none };
  try {
    const line = { name: 'BalancerMember', words: [], raw: '', file: at, line: 0, column: 0 };
    const member = newMember(pools, url, line);
    for (const word of words) {
      const parameter = keyValue(word);
      if (parameter === undefined) return `${word} is not in the form key=value`;
      applyMemberParameter(member.said, parameter.key, parameter.value, healthExpressions !== undefined);
    }
    const keys = new Map([...none.expressions.keys()].map((name) => [name, name]));
    return { ...memberSettings(member, 0, true, healthOf(member, keys)), at };
  } catch (error) {
    if (error instanceof BadParameter) return error.message;
    throw error;
  }
}
