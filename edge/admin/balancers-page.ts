/**
 * The manager's page: what stands at the top and bottom, and a card a balancer with httpd's two tables in httpd's columns
 * (scripts read them by position; drover's own columns follow theirs). Below the tables each member has a panel with its
 * chart, its last health checks and what can be done with it (balancers-controls.ts). Any thread.
 */

import type { HealthChange } from '../../workers/member.js';
import { balancerForm, memberControls } from './balancers-controls.js';
import { CHART_HEIGHT, CHART_WIDTH } from './chart.js';
import { type Html, html } from './html.js';
import type { LiveValues } from './live-values.js';
import { SCRIPT } from './page-script.js';
import { STYLE } from './page-style.js';
import type { BalancerState, MemberState } from './state.js';
import { builtAt } from './status-figures.js';

export interface ManagerPage {
  /** As the client named the host. */
  host: string;
  product: string;
  /** Path of the handler. */
  path: string;
  persists: boolean;
  inheritsBalancers: boolean;
  inheritsProxyPass: boolean;
  balancers: readonly BalancerState[];
  /** Names of ProxyHCExpr. */
  healthExpressions: readonly string[];
  /** How the member in a slot is checked, or would be. */
  healthOf(slot: number): HealthChange;
  nonceOf(row: number): string;
  /** Path of the ProxyPass that leads to a balancer, or empty. */
  pathOf(row: number): string;
  isReadOnly(row: number): boolean;
  values: LiveValues;
  /** Panel to show open. */
  selected: { row: number; slot: number | undefined } | undefined;
  notice: { text: string; isBad: boolean } | undefined;
}

export function managerPage(page: ManagerPage): string {
  const { host, path, values, notice } = page;
  const not = (is: boolean): string => (is ? '' : 'NOT ');
  const tile = (key: string, label: string): Html =>
    html`<li><b data-live="all-${key}">${values.texts[`all-${key}`]}</b><span>${label}</span></li>`;
  const body = html`<header><h1>Load Balancer Manager for ${host}</h1>
<ul class="about"><li>Server Version: ${page.product}</li>
<li>Server Built: ${builtAt()}</li>
<li>Balancer changes will ${not(page.persists)}be persisted on restart.</li><li>Balancers are ${not(page.inheritsBalancers)}inherited from main server.</li><li>ProxyPass settings are ${not(page.inheritsProxyPass)}inherited from main server.</li></ul>
</header>
<main data-source="${path}/api/v1/live" data-shape="${values.shape}">
<p class="live" role="status">Load the page again to see news.</p>
${notice && html`<p class="note${notice.isBad ? ' bad' : ''}" role="alert">${notice.text}</p>`}
<ul class="tiles" aria-label="At a glance">${tile('rate', 'requests a second')}${tile('busy', 'under way')}${tile('usable', 'members usable')}${tile('errors', 'errors of members')}${tile('uptime', 'since the start')}${values.texts['all-cache'] !== undefined && tile('cache', 'hits of the cache')}</ul>
<h2>Balancers</h2>
${page.balancers.map((balancer) => balancerCard(page, balancer))}
${page.balancers.length === 0 && html`<p class="note">This server has no balancers.</p>`}
</main>
<footer><p>Data for programs: <a href="${path}/api/v1">JSON</a>, <a href="${path}/api/v1/openapi.json">its description</a>. <code>drover ctl</code> does the same on the command line.</p></footer>`;
  return document('Balancer Manager', body, SCRIPT);
}

/** A whole document in the pages' look. */
export function document(title: string, body: Html, script = ''): string {
  const run = script === '' ? '' : `<script>${script}</script>`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>${STYLE}</style>
</head>
<body>${body.text}
${run}</body></html>
`;
}

function balancerCard(page: ManagerPage, balancer: BalancerState): Html {
  const { row, name, members } = balancer;
  const nonce = page.nonceOf(row);
  const short = shortName(name);
  const link = `${page.path}?b=${short}&nonce=${nonce}`;
  const isSelected = page.selected?.row === row && page.selected.slot === undefined;
  return html`<section class="card" id="b${row}">
<h3>LoadBalancer Status for <a href="${link}">${name}</a> <span class="soft" data-live="b${row}-usable">${page.values.texts[`b${row}-usable`]}</span>${changedTag(balancer.changed)}</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Settings of ${name}"><table class="cards"><thead><tr><th>MaxMembers</th><th>StickySession</th><th>DisableFailover</th><th>Timeout</th><th>FailoverAttempts</th><th>Method</th><th>Path</th><th>Active</th></tr></thead>
<tbody><tr><td data-label="MaxMembers">${members.length + balancer.freeSlots} [${members.length} Used]</td>
<td data-label="StickySession">${balancer.stickysession === '' ? ' (None) ' : balancer.stickysession}</td><td data-label="DisableFailover">${balancer.nofailover ? 'On' : 'Off'}</td>
<td data-label="Timeout">${balancer.timeoutSeconds}</td><td data-label="FailoverAttempts">${balancer.maxattempts}</td>
<td data-label="Method">${balancer.lbmethod}</td>
<td data-label="Path">${page.pathOf(row)}</td>
<td data-label="Active">Yes</td>
</tr></tbody>
</table></div>
<div class="scroll" tabindex="0" role="region" aria-label="Members of ${name}">${memberTable(page, balancer)}</div>
${members.map((member) => memberPanel(page, balancer, member))}
<details class="member"${isSelected && html` open data-selected`}><summary><span class="url">Change ${name}${balancer.freeSlots > 0 ? ', or add a member' : ''}</span></summary>
${balancerForm(page, balancer, nonce)}</details>
</section>
`;
}

/** `rr` of `balancer://rr`, as parameters name a balancer. */
export function shortName(name: string): string {
  return name.slice('balancer://'.length);
}

function changedTag(changed: readonly string[]): Html | undefined {
  if (changed.length === 0) return undefined;
  return html` <span class="tag" title="differs from the configuration: ${changed.join(', ')}">changed</span>`;
}

function memberTable(page: ManagerPage, balancer: BalancerState): Html {
  const health = html`<th>HC Method</th><th>HC Interval</th><th>Passes</th><th>Fails</th><th>HC uri</th><th>HC Expr</th>`;
  return html`<table class="cards"><thead><tr><th>Worker URL</th><th>Route</th><th>RouteRedir</th><th class="n">Factor</th><th class="n">Set</th><th>Status</th><th class="n">Elected</th><th class="n">Busy</th><th class="n">Load</th><th class="n">To</th><th class="n">From</th>${hasHealth(balancer) && health}<th>State</th><th class="n">Errors</th><th class="n">Median</th><th class="n">p99</th><th>Last minutes</th></tr></thead>
<tbody>${balancer.members.map((member) => memberRow(page, balancer, member))}</tbody></table>`;
}

/** httpd differs: it shows the columns of health checks wherever mod_proxy_hcheck is loaded. */
function hasHealth({ members }: BalancerState): boolean {
  return members.some(({ health }) => health !== null);
}

function memberRow(page: ManagerPage, balancer: BalancerState, member: MemberState): Html {
  const { slot, url } = member;
  const nonce = page.nonceOf(balancer.row);
  const link = `${page.path}?b=${shortName(balancer.name)}&w=${url}&nonce=${nonce}`;
  const live = (key: string, label: string, kind = 'n'): Html =>
    html`<td class="${kind}" data-label="${label}" data-live="m${slot}-${key}">${page.values.texts[`m${slot}-${key}`]}</td>`;
  const key = `m${slot}`;
  return html`<tr data-member="${key}" data-standing="${member.standing}">
<td class="first" data-label="Worker URL"><a href="${link}">${url}</a></td><td data-label="Route">${member.route}</td><td data-label="RouteRedir">${member.redirect}</td><td class="n" data-label="Factor">${member.loadfactor.toFixed(2)}</td><td class="n" data-label="Set">${member.lbset}</td><td data-label="Status"><span class="pill" data-live="${key}-status">${page.values.texts[`${key}-status`]}</span></td>${live('elected', 'Elected')}${live('busy', 'Busy')}${live('load', 'Load')}${live('to', 'To')}${live('from', 'From')}${hasHealth(balancer) && healthCells(page, member)}${live('state', 'State', 'wide')}${live('errors', 'Errors')}${live('p50', 'Median')}${live('p99', 'p99')}<td class="shown" data-label="Last minutes">${chart(page, member, `Requests to ${url} in the last minutes`)}</td></tr>
`;
}

function healthCells(page: ManagerPage, { slot, health }: MemberState): Html {
  const text = (key: string): string => page.values.texts[`m${slot}-${key}`] ?? '';
  return html`<td data-label="HC Method">${health?.method ?? 'NONE'}</td><td data-label="HC Interval">${health?.intervalMs ?? 30_000}ms</td><td data-label="Passes" data-live="m${slot}-passes">${text('passes')}</td><td data-label="Fails" data-live="m${slot}-fails">${text('fails')}</td><td data-label="HC uri">${health?.uri ?? ''}</td><td data-label="HC Expr">${health?.expression ?? ''}</td>`;
}

function chart({ values }: ManagerPage, { slot }: MemberState, label: string): Html {
  const path = (kind: string): Html =>
    html`<path class="${kind}" data-path="m${slot}-${kind}" d="${values.paths[`m${slot}-${kind}`]}"/>`;
  return html`<svg class="chart" role="img" aria-label="${label}" viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT}" preserveAspectRatio="none">${path('area')}${path('line')}${path('marks')}<path class="floor" d="M0 ${CHART_HEIGHT - 1.5}H${CHART_WIDTH}"/></svg>`;
}

function memberPanel(page: ManagerPage, balancer: BalancerState, member: MemberState): Html {
  const { slot, url } = member;
  const { selected, values } = page;
  const key = `m${slot}`;
  const isSelected = selected?.row === balancer.row && selected.slot === slot;
  const text = (name: string): string => values.texts[`${key}-${name}`] ?? '';
  const fact = (name: string, label: string): Html =>
    html`<dt>${label}</dt><dd data-live="${key}-${name}">${text(name)}</dd>`;
  return html`<details class="member" id="b${balancer.row}-${key}"${isSelected && html` open data-selected`}><summary data-member="${key}" data-standing="${member.standing}"><span class="url">${url}</span> <span class="pill" data-live="${key}-status">${text('status')}</span> <span class="soft" data-live="${key}-state">${text('state')}</span>${changedTag(member.changed)}${member.added && html` <span class="tag">added live</span>`}</summary>
<div class="panel"><div><h4>The last five minutes</h4>${chart(page, member, `Requests to ${url}, larger`)}
<dl class="facts">${fact('rate', 'Now')}${fact('peak', 'Most')}${fact('busy', 'Under way')}${fact('p50', 'Median response')}${fact('p90', '90 % within')}${fact('p99', '99 % within')}${fact('errors', 'Errors')}</dl>
${lastChecks(member)}</div>
${memberControls(page, balancer, member, page.nonceOf(balancer.row))}</div></details>
`;
}

function lastChecks({ health }: MemberState): Html | undefined {
  if (health === null || health.checks.length === 0) return undefined;
  const rows = health.checks.map(
    ({ at, durationMs, reason, status }) =>
      html`<tr><td>${at.slice(11, 19)}</td><td>${reason}${status > 0 && ` (${status})`}</td><td class="n">${durationMs} ms</td></tr>`,
  );
  return html`<h4>Last health checks</h4><table><thead><tr><th>At (UTC)</th><th>Result</th><th class="n">Took</th></tr></thead><tbody>${rows}</tbody></table>`;
}
