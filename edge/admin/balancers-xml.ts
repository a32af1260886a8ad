/**
 * balancer-manager with `?xml=1`: elements and their order as httpd's, so that whoever reads it by program goes on to.
 * Source: httpd 2.4, mod_proxy_balancer, balancer_display_page's XML; observed on 2.4.71. Any thread.
 */
import { defaultAttempts } from '../../workers/balancer-settings.js';
import type { MemberSettings } from '../../workers/member.js';
import { escapeHtml } from '../http/pages.js';
import type { Overview } from './overview.js';
import { statusWords } from './status-text.js';

/** rows and nonces of the balancers, in the order they are shown */
export function managerXml(
  overview: Overview,
  rows: readonly number[],
  nonceOf: (row: number) => string,
): string {
  const balancers = rows.map((row) => balancerXml(overview, row, nonceOf(row))).join('');
  return `<?xml version='1.0' encoding='UTF-8' ?>
<httpd:manager xmlns:httpd='http://httpd.apache.org'>
  <httpd:balancers>
${balancers}  </httpd:balancers>
</httpd:manager>`;
}

function element(indent: number, name: string, value: string | number): string {
  return `${' '.repeat(indent)}<httpd:${name}>${escapeHtml(String(value))}</httpd:${name}>\n`;
}

function balancerXml({ board, live }: Overview, row: number, nonce: string): string {
  const balancer = live.balancers[row];
  if (balancer === undefined) return '';
  const members = live.membersOf(row);
  const { sticky, maxattempts } = balancer;
  const lines = ['    <httpd:balancer>\n', element(6, 'name', balancer.name), element(6, 'nonce', nonce)];
  if (sticky !== undefined) {
    lines.push(element(6, 'stickysession', sticky.cookie));
    lines.push(element(6, 'nofailover', balancer.nofailover ? 'On' : 'Off'));
  }
  // httpd has no line end here.
  lines.push(element(6, 'timeout', balancer.timeout / 1000).trimEnd());
  // httpd sets it itself where the configuration gives a balancer several members.
  const { maxattempts: configured, members: own } = live.configuredBalancer(row);
  if (configured !== undefined || own.length > 1)
    lines.push(element(6, 'maxattempts', maxattempts ?? defaultAttempts(balancer)));
  lines.push(element(6, 'lbmethod', balancer.lbmethod));
  if (sticky !== undefined) lines.push(element(6, 'scolonpathdelim', sticky.scolonpathdelim ? 'On' : 'Off'));
  lines.push('      <httpd:workers>\n');
  for (const member of members) lines.push(memberXml(board, member));
  lines.push('      </httpd:workers>\n', '    </httpd:balancer>\n');
  return lines.join('');
}

function memberXml(board: Overview['board'], member: MemberSettings): string {
  const { slot } = member;
  const status = board.statusOf(slot);
  const e = (name: string, value: string | number): string => element(10, name, value);
  const isInError = statusWords(status).includes('Err');
  const errorTime = new Date(board.errorTimeOf(slot)).toUTCString();
  const factor = e('loadfactor', (board.lbfactorOf(slot) / 100).toFixed(2));
  return [
    '        <httpd:worker>\n',
    e('name', member.name),
    e('scheme', member.scheme),
    e('hostname', member.host),
    factor,
    e('port', member.port),
    e('min', member.min),
    e('smax', member.smax),
    e('max', member.max),
    e('ttl', member.ttl / 1000),
    member.timeout === undefined ? '' : e('timeout', member.timeout / 1000),
    member.acquire === undefined ? '' : e('acquire', member.acquire),
    member.keepalive ? e('keepalive', 'On') : '',
    e('status', statusWords(status)),
    isInError && board.errorTimeOf(slot) > 0 ? e('error_time', errorTime) : '',
    e('retries', board.retriesOf(slot)),
    e('lbstatus', board.lbstatusOf(slot)),
    factor,
    e('transferred', board.sentOf(slot)),
    e('read', board.readOf(slot)),
    e('elected', board.electedOf(slot)),
    e('route', member.route),
    e('redirect', member.redirect),
    e('busy', board.busyOf(slot)),
    e('lbset', board.lbsetOf(slot)),
    member.reuse ? '' : element(6, 'disablereuse', 'On'),
    member.connectiontimeout === undefined ? '' : e('connectiontimeout', member.connectiontimeout),
    member.retry === 60_000 ? '' : e('retry', member.retry / 1000),
    '        </httpd:worker>\n',
  ].join('');
}
