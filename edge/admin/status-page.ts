/**
 * server-status as a page: httpd's lines of figures and its tables of balancers (with ProxyStatus On), in the look of
 * drover's pages. A row is a thread, because a thread serves many requests at once. Any thread.
 */
import type { CacheCounts } from '../../cache/counters.js';
import type { ConnectionCounts } from '../../workers/scoreboard-clients.js';
import { type CertificateEnd, daysLeft } from '../secure/ends.js';
import type { Ms } from '../settings.js';
import { document } from './balancers-page.js';
import { CACHE_FIGURES, hitRatio } from './cache-figures.js';
import { CONNECTION_FIGURES } from './connection-figures.js';
import { type Html, html } from './html.js';
import type { RequestRow } from './request-rows.js';
import type { BalancerState } from './state.js';
import { general, type StatusFigures, spelledDuration, spelledTime } from './status-figures.js';
import { sizeText } from './status-text.js';

export interface StatusPage {
  host: string;
  address: string;
  product: string;
  built: string;
  figures: StatusFigures;
  /** Undefined where ExtendedStatus is Off. */
  requests: readonly RequestRow[] | undefined;
  pid: number;
  connections: ConnectionCounts;
  /** ExtendedStatus. */
  isExtended: boolean;
  threads: readonly { live: number; requests: number; bytes: number }[];
  /** Undefined where nothing is cached. */
  cache: CacheCounts | undefined;
  /** The first to end stands first; empty where nothing is served by TLS. */
  certificates: readonly CertificateEnd[];
  /** Empty where ProxyStatus is Off. */
  balancers: readonly BalancerState[];
  withTable: boolean;
}

export function statusPage(page: StatusPage): string {
  const { figures: f, product, built } = page;
  const [one = 0, five = 0, fifteen = 0] = f.load;
  const body = html`<header><h1>Apache Server Status for ${page.host} (via ${page.address})</h1></header>
<main><section class="card"><dl>
<dt>Server Version: ${product}</dt>
<dt>Server MPM: drover</dt>
<dt>Server Built: ${built}</dt>
<dt>Current Time: ${spelledTime(f.now)}</dt>
<dt>Restart Time: ${spelledTime(f.startedAt)}</dt>
<dt>Parent Server Config. Generation: 1</dt>
<dt>Parent Server MPM Generation: 0</dt>
<dt>Server uptime:  ${spelledDuration(f.uptime)}</dt>
<dt>Server load: ${one.toFixed(2)} ${five.toFixed(2)} ${fifteen.toFixed(2)}</dt>
${page.isExtended && totals(f)}
<dt>${f.busy} requests currently being processed, 0 workers gracefully restarting, ${f.idle} idle workers</dt>
</dl>
<pre tabindex="0">${f.scoreboard}</pre>
<p class="hint">A letter a thread: “_” idle, “W” serving requests.</p>
${page.withTable && threadTable(page)}</section>
${page.withTable && page.requests && requestTable(page.requests, page.pid, f.now)}
${connectionCard(page.connections)}
${page.certificates.length > 0 && certificateCard(page.certificates, f.now)}
${page.cache && cacheCard(page.cache)}
${page.balancers.map(balancerTable)}</main>`;
  return document('Apache Status', body);
}

function totals(f: StatusFigures): Html {
  const seconds = Math.max(f.uptime, 1);
  const per = f.accesses > 0 ? f.accesses : 1;
  const cpu = general(((f.cpuUser + f.cpuSystem) / seconds) * 100);
  return html`<dt>Total accesses: ${f.accesses} - Total Traffic: ${Math.floor(f.bytes / 1024)} kB - Total Duration: ${Math.round(f.duration)}</dt>
<dt>CPU Usage: u${general(f.cpuUser)} s${general(f.cpuSystem)} cu0 cs0 - ${cpu}% CPU load</dt>
<dt>${general(f.accesses / seconds)} requests/sec - ${Math.round(f.bytes / seconds)} B/second - ${Math.round(f.bytes / per)} B/request - ${general(f.duration / per)} ms/request</dt>`;
}

/** httpd's columns, but for the CPU time of a slot, which a thread of many requests cannot tell. */
function requestTable(rows: readonly RequestRow[], pid: number, now: Ms): Html {
  const body = rows.map((row) => {
    const at = row.request.lastIndexOf(' ');
    const cell = (label: string, value: string | number, kind = 'n'): Html =>
      html`<td class="${kind}" data-label="${label}">${value}</td>`;
    return html`<tr>${cell('Srv', `${row.thread}-${row.row}`, '')}${cell('PID', pid)}${cell('Acc', row.count)}<td data-label="M">${row.isServing ? html`<b>W</b>` : '_'}</td>${cell('SS', Math.max(0, Math.floor((now - row.startedAt) / 1000)))}${cell('Req', Math.round(row.took))}${cell('Dur', Math.round(row.duration))}${cell('Conn', (row.bytes / 1024).toFixed(1))}${cell('Slot', (row.totalBytes / 1_048_576).toFixed(2))}${cell('Client', row.client, '')}${cell('Protocol', row.request.slice(at + 1).toLowerCase(), '')}${cell('VHost', row.vhost, '')}${cell('Request', row.request, 'wide')}</tr>`;
  });
  return html`<section class="card"><h2>Requests</h2>
<p class="hint">“W” is being served; “_” was the last request of its row. The longest under way stand first.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Requests"><table class="cards"><thead><tr><th>Srv</th><th class="n">PID</th><th class="n">Acc</th><th>M</th><th class="n">SS</th><th class="n">Req</th><th class="n">Dur</th><th class="n">Conn</th><th class="n">Slot</th><th>Client</th><th>Protocol</th><th>VHost</th><th>Request</th></tr></thead><tbody>${body}</tbody></table></div>
<details><summary>What the columns say</summary><dl class="facts"><dt>Srv</dt><dd>thread and row</dd><dt>PID</dt><dd>of the edge process</dd><dt>Acc</dt><dd>requests that the row has had</dd><dt>SS</dt><dd>seconds since the request began</dd><dt>Req</dt><dd>milliseconds it took, or takes so far</dd><dt>Dur</dt><dd>milliseconds of all requests of the row</dd><dt>Conn</dt><dd>kilobytes sent, once it has ended</dd><dt>Slot</dt><dd>megabytes of all requests of the row</dd></dl></details></section>`;
}

function connectionCard(counts: ConnectionCounts): Html {
  const rows = CONNECTION_FIGURES.map(
    ({ of, label, help }) => html`<tr title="${help}"><td>${label}</td><td class="n">${counts[of]}</td></tr>`,
  );
  return html`<section class="card"><h2>Connections of clients</h2>
<table><thead><tr><th>What</th><th class="n">Since the start</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function threadTable({ threads }: StatusPage): Html {
  const rows = threads.map(
    ({ live, requests, bytes }, thread) =>
      html`<tr><td>${thread}</td><td class="n">${live}</td><td class="n">${requests}</td><td class="n">${sizeText(bytes)}</td></tr>`,
  );
  return html`<table><thead><tr><th>Thread</th><th class="n">Under way</th><th class="n">Acc</th><th class="n">Sent</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function cacheCard(counts: CacheCounts): Html {
  const rows = CACHE_FIGURES.map(
    ({ of, label, help }) => html`<tr title="${help}"><td>${label}</td><td class="n">${counts[of]}</td></tr>`,
  );
  return html`<section class="card"><h2>Cache</h2>
<p class="hint">Hits of all answers of cached URLs: ${hitRatio(counts)}</p>
<table><thead><tr><th>What</th><th class="n">Since the start</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function certificateCard(ends: readonly CertificateEnd[], now: Ms): Html {
  const rows = ends.map(
    (end) =>
      html`<tr><td>${end.file}</td><td>${new Date(end.validTo).toISOString()}</td><td class="n">${daysLeft(end, now)}</td></tr>`,
  );
  return html`<section class="card"><h2>Certificates</h2>
<table><thead><tr><th>File</th><th>Ends</th><th class="n">Days left</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function balancerTable(balancer: BalancerState): Html {
  const sticky = balancer.stickysession === '' ? ' - ' : balancer.stickysession.replace('|', ' | ');
  const rows = balancer.members.map((m) => {
    const url = new URL(m.url);
    return html`<tr><td>${url.protocol.slice(0, -1)}</td><td>${url.hostname}</td><td>${m.status} </td><td>${m.route}</td><td>${m.redirect}</td><td class="n">${m.loadfactor.toFixed(2)}</td><td class="n">${m.lbset}</td><td class="n">${m.elected}</td><td class="n">${m.busy}</td><td class="n">${sizeText(m.bytesSent)}</td><td class="n">${sizeText(m.bytesRead)}</td></tr>`;
  });
  return html`<section class="card"><h2>Proxy LoadBalancer Status for ${balancer.name}</h2>
<table><thead><tr><th>SSes</th><th>Timeout</th><th>Method</th></tr></thead><tbody><tr><td>${sticky}</td><td>${balancer.timeoutSeconds}</td><td>${balancer.lbmethod}</td></tr></tbody></table>
<table><thead><tr><th>Sch</th><th>Host</th><th>Stat</th><th>Route</th><th>Redir</th><th class="n">F</th><th class="n">Set</th><th class="n">Acc</th><th class="n">Busy</th><th class="n">Wr</th><th class="n">Rd</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}
