/**
 * SetHandler server-status: a page, and with `?auto` text in httpd's keys for monitoring agents, which read it by `Key: value`.
 * Source: httpd 2.4 manual, mod_status; keys and forms observed on 2.4.71. Worker.
 */

import { serverName } from '../http/variables.js';
import type { Request } from '../request.js';
import { daysLeft } from '../secure/ends.js';
import { serverToken } from '../server-token.js';
import { PAGE_FIELDS } from './balancers-handler.js';
import { CACHE_FIGURES, cacheCounts } from './cache-figures.js';
import { CONNECTION_FIGURES } from './connection-figures.js';
import type { Handler, HandlerAnswer } from './handler.js';
import type { Overview } from './overview.js';
import { type BalancerState, stateOf } from './state.js';
import {
  builtAt,
  gatherFigures,
  general,
  type StatusFigures,
  spelledDuration,
  spelledTime,
} from './status-figures.js';
import { statusPage } from './status-page.js';

const TEXT = ['Content-Type', 'text/plain; charset=ISO-8859-1'];

export class ServerStatus implements Handler {
  readonly methods = undefined;
  readonly #overview: Overview;

  constructor(overview: Overview) {
    this.#overview = overview;
  }

  answer(r: Request): HandlerAnswer {
    const { method } = r.exchange;
    // As httpd, whose default handler answers what mod_status declines.
    if (method === 'POST') return { status: 404, fields: [], body: '' };
    if (method !== 'GET' && method !== 'HEAD')
      return { status: 405, fields: ['Allow', 'OPTIONS,HEAD,GET,POST,TRACE'], body: '' };
    const asked = new URLSearchParams(r.query ?? '');
    const refresh = asked.has('refresh') ? ['Refresh', refreshOf(asked.get('refresh') ?? '')] : [];
    if (asked.has('auto')) return { status: 200, fields: [...TEXT, ...refresh], body: this.#auto(r) };
    return { status: 200, fields: [...PAGE_FIELDS, ...refresh], body: this.#page(r, !asked.has('notable')) };
  }

  #figures() {
    const { settings, tally } = this.#overview;
    const duration = settings.servers.reduce((sum, { id }) => sum + (tally?.ofServer(id).sum ?? 0), 0);
    return gatherFigures(this.#overview, duration, Date.now());
  }

  /** Balancers that the page shows; none unless ProxyStatus is on. */
  #balancers(r: Request): BalancerState[] {
    const { proxyStatus, balancers } = r.server.proxy;
    return proxyStatus === 'Off' ? [] : stateOf(this.#overview, Object.values(balancers), Date.now());
  }

  #page(r: Request, withTable: boolean): string {
    const { board, threads, settings, requests, connections } = this.#overview;
    return statusPage({
      host: serverName(r),
      address: r.exchange.localAddress || serverName(r),
      product: serverToken('Full'),
      built: builtAt(),
      figures: this.#figures(),
      threads: Array.from({ length: threads }, (_, thread) => ({
        live: board.liveOf(thread),
        requests: board.requestsOf(thread),
        bytes: board.bytesOf(thread),
      })),
      requests: requests?.read(Date.now()),
      pid: process.pid,
      connections: connections.connectionCounts(),
      isExtended: settings.extendedStatus,
      cache: cacheCounts(this.#overview),
      certificates: this.#overview.certificates?.list ?? [],
      balancers: this.#balancers(r),
      withTable,
    });
  }

  #auto(r: Request): string {
    const f = this.#figures();
    const connections = this.#overview.connections.connectionCounts();
    const rows: [string, string | number][] = [
      ['ServerVersion', serverToken('Full')],
      ['ServerMPM', 'drover'],
      ['Server Built', builtAt()],
      ['CurrentTime', spelledTime(f.now)],
      ['RestartTime', spelledTime(f.startedAt)],
      ['ParentServerConfigGeneration', 1],
      ['ParentServerMPMGeneration', 0],
      ['ServerUptimeSeconds', f.uptime],
      ['ServerUptime', spelledDuration(f.uptime)],
      ['Load1', (f.load[0] ?? 0).toFixed(2)],
      ['Load5', (f.load[1] ?? 0).toFixed(2)],
      ['Load15', (f.load[2] ?? 0).toFixed(2)],
      ...(this.#overview.settings.extendedStatus ? extendedRows(f) : []),
      ['BusyWorkers', f.busy],
      ['GracefulWorkers', 0],
      ['IdleWorkers', f.idle],
      ['Processes', 1],
      ['Stopping', 0],
      ['ConnsTotal', connections.open],
      ['ConnsAsyncWaitIO', 0],
      ['ConnsAsyncWriting', 0],
      ['ConnsAsyncKeepAlive', Math.max(connections.open - f.busy, 0)],
      ['ConnsAsyncClosing', 0],
      ['Scoreboard', f.scoreboard],
    ];
    for (const { of, key } of CONNECTION_FIGURES) rows.push([key, connections[of]]);
    const [firstEnd] = this.#overview.certificates?.list ?? [];
    if (firstEnd !== undefined)
      rows.push(
        ['EdgeCertificateDaysLeft', daysLeft(firstEnd, f.now)],
        ['EdgeCertificateFirstToEnd', firstEnd.file],
      );
    const cache = cacheCounts(this.#overview);
    if (cache !== undefined) for (const { of, key } of CACHE_FIGURES) rows.push([key, cache[of]]);
    const proxy = this.#balancers(r).map(proxyRows).join('');
    return `${serverName(r)}\n${rows.map(([key, value]) => `${key}: ${value}\n`).join('')}${proxy}`;
  }
}

/** httpd: what ExtendedStatus Off does not count is not said, nor is a share of nothing. */
function extendedRows(f: StatusFigures): [string, string | number][] {
  const seconds = Math.max(f.uptime, 1);
  const perRequest: [string, string][] = [
    ['BytesPerReq', general(f.bytes / f.accesses)],
    ['DurationPerReq', general(f.duration / f.accesses)],
  ];
  return [
    ['Total Accesses', f.accesses],
    ['Total kBytes', Math.floor(f.bytes / 1024)],
    ['Total Duration', Math.round(f.duration)],
    ['CPUUser', general(f.cpuUser)],
    ['CPUSystem', general(f.cpuSystem)],
    ['CPUChildrenUser', 0],
    ['CPUChildrenSystem', 0],
    ['CPULoad', general(((f.cpuUser + f.cpuSystem) / seconds) * 100)],
    ['Uptime', f.uptime],
    ['ReqPerSec', general(f.accesses / seconds)],
    ['BytesPerSec', general(f.bytes / seconds)],
    ...(f.accesses > 0 ? perRequest : []),
  ];
}

/** httpd: at least one second; a word without a number is one. */
function refreshOf(value: string): string {
  return String(Math.max(Number.parseInt(value, 10) || 1, 1));
}

function proxyRows(balancer: BalancerState, index: number): string {
  const head = `ProxyBalancer[${index}]`;
  const lines = balancer.members.map((member, n) => {
    const key = `${head}Worker[${n}]`;
    const kilo = (bytes: number): string => `${Math.floor(bytes / 1024)}K`;
    return (
      `${key}Name: ${member.url}\n${key}Status: ${member.status} \n${key}Elected: ${member.elected}\n` +
      `${key}Busy: ${member.busy}\n${key}Sent: ${kilo(member.bytesSent)}\n${key}Rcvd: ${kilo(member.bytesRead)}\n`
    );
  });
  return `${head}Name: ${balancer.name}\n${lines.join('')}`;
}
