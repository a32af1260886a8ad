/**
 * server-status as a page: httpd's lines of figures and its tables of balancers (with ProxyStatus On), in the look of
 * drover's pages. A row is a thread, because a thread serves many requests at once. Any thread.
 */
import type { CacheCounts } from '../../cache/counters.js';
import { document } from './balancers-page.js';
import { CACHE_FIGURES, hitRatio } from './cache-figures.js';
import { type Html, html } from './html.js';
import type { BalancerState } from './state.js';
import { general, type StatusFigures, spelledDuration, spelledTime } from './status-figures.js';
import { sizeText } from './status-text.js';

export interface StatusPage {
  host: string;
  address: string;
  product: string;
  built: string;
  figures: StatusFigures;
  threads: readonly { live: number; requests: number; bytes: number }[];
  /** Undefined where nothing is cached. */
  cache: CacheCounts | undefined;
  /** Empty where ProxyStatus is Off. */
  balancers: readonly BalancerState[];
  withTable: boolean;
}

export function statusPage(page: StatusPage): string {
  const { figures: f, product, built } = page;
  const seconds = Math.max(f.uptime, 1);
  const [one = 0, five = 0, fifteen = 0] = f.load;
  const per = f.accesses > 0 ? f.accesses : 1;
  const cpu = general(((f.cpuUser + f.cpuSystem) / seconds) * 100);
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
<dt>Total accesses: ${f.accesses} - Total Traffic: ${Math.floor(f.bytes / 1024)} kB - Total Duration: ${Math.round(f.duration)}</dt>
<dt>CPU Usage: u${general(f.cpuUser)} s${general(f.cpuSystem)} cu0 cs0 - ${cpu}% CPU load</dt>
<dt>${general(f.accesses / seconds)} requests/sec - ${Math.round(f.bytes / seconds)} B/second - ${Math.round(f.bytes / per)} B/request - ${general(f.duration / per)} ms/request</dt>
<dt>${f.busy} requests currently being processed, 0 workers gracefully restarting, ${f.idle} idle workers</dt>
</dl>
<pre tabindex="0">${f.scoreboard}</pre>
<p class="hint">A letter a thread: “_” idle, “W” serving requests.</p>
${page.withTable && threadTable(page)}</section>
${page.cache && cacheCard(page.cache)}
${page.balancers.map(balancerTable)}</main>`;
  return document('Apache Status', body);
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
