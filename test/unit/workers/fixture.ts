/** Members and balancers for tests, with httpd's defaults. */
import type { BalancerSettings } from '../../../workers/balancer-settings.js';
import { type MemberSettings, STATUS } from '../../../workers/member.js';
import { boardBytes, Scoreboard } from '../../../workers/scoreboard.js';

export function member(slot: number, more: Partial<MemberSettings> = {}): MemberSettings {
  return {
    slot,
    name: `http://127.0.0.1:${9000 + slot}`,
    scheme: 'http',
    host: '127.0.0.1',
    port: 9000 + slot,
    path: '',
    route: '',
    redirect: '',
    lbset: 0,
    lbfactor: 100,
    status: STATUS.O,
    retry: 60_000,
    max: 0,
    smax: 0,
    min: 0,
    ttl: 0,
    keepalive: false,
    reuse: true,
    addressttl: -1,
    responsefieldsize: 8192,
    iobuffersize: 8192,
    flushpackets: 'off',
    flushwait: 10,
    upgrade: '',
    secret: '',
    at: 'test.conf:1',
    ...more,
  };
}

export function balancerSettings(
  members: readonly MemberSettings[],
  more: Partial<BalancerSettings> = {},
): BalancerSettings {
  return {
    row: 0,
    name: 'balancer://test',
    members: members.map((m) => m.slot),
    growth: 0,
    lbmethod: 'byrequests',
    nofailover: false,
    timeout: 0,
    failonstatus: [],
    failontimeout: false,
    forcerecovery: true,
    lock: 0,
    at: 'test.conf:1',
    ...more,
  };
}

export function boardFor(members: readonly MemberSettings[], balancers = 1, threads = 1): Scoreboard {
  const buffer = new SharedArrayBuffer(boardBytes(members.length, balancers, threads));
  const board = new Scoreboard(buffer, members.length, balancers, threads);
  for (const m of members) board.seed(m);
  return board;
}
