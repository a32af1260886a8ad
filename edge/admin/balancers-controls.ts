/**
 * What an operator can do on the manager's page, as forms that work without a script. An act that changes where requests
 * go says first what it will do, and is done by a second press; the form below it has httpd's own fields. Any thread.
 */
import { HEALTH_METHODS } from '../../workers/member.js';
import { METHOD_NAMES } from '../../workers/methods/registry.js';
import { type ManagerPage, shortName } from './balancers-page.js';
import { type Html, html } from './html.js';
import type { BalancerState, MemberState } from './state.js';
import type { Letter } from './status-text.js';

/** In httpd's order, with its words. */
const FLAGS: readonly [Letter, string][] = [
  ['I', 'Ignore Errors'],
  ['N', 'Draining Mode'],
  ['D', 'Disabled'],
  ['H', 'Hot Standby'],
  ['R', 'Hot Spare'],
  ['C', 'HC Fail'],
  ['S', 'Stopped'],
];

interface Act {
  label: string;
  /** What it will do. */
  says: string;
  fields: Record<string, string>;
}

function hidden(fields: Record<string, string>): Html[] {
  return Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
}

function actsOf({ flags, busy, added, leaving, changed, url }: MemberState): Act[] {
  if (leaving) return [];
  const has = (letter: string): boolean => flags.includes(letter);
  const live = busy === 1 ? 'the one request under way is' : `the ${busy} requests under way are`;
  const acts: Act[] = [];
  if (has('D') || has('S') || has('N') || has('C')) {
    const says = `${url} gets its share of new requests from the next request on.`;
    const fields = {
      w_status_D: '0',
      w_status_S: '0',
      w_status_N: '0',
      ...(has('C') ? { w_status_C: '0' } : {}),
    };
    acts.push({ label: 'Put in service', says, fields });
  }
  if (!has('N')) {
    const says = `No new visitors reach ${url}. Requests of sessions that belong to it are still served by it, and ${live} finished.`;
    acts.push({ label: 'Drain', says, fields: { w_status_N: '1' } });
  }
  if (!has('D')) {
    const says = `No request reaches ${url} any more; sessions go to other members, and ${live} finished.`;
    acts.push({ label: 'Disable', says, fields: { w_status_D: '1' } });
  }
  if (!has('S')) {
    const says = `As disabled, and ${url} is neither tried again after an error nor health-checked.`;
    acts.push({ label: 'Stop', says, fields: { w_status_S: '1' } });
  }
  if (added) {
    const says = `${url} gets no new request; once ${live} finished, it is gone and its place is free.`;
    acts.push({ label: 'Take out', says, fields: { w_remove: '1' } });
  }
  if (changed.length > 0 && !added) {
    const says = `Back to what the configuration says: ${changed.join(', ')}.`;
    acts.push({ label: 'Undo live changes', says, fields: { w_reset: '1' } });
  }
  return acts;
}

export function memberControls(
  page: ManagerPage,
  balancer: BalancerState,
  member: MemberState,
  nonce: string,
): Html {
  if (page.isReadOnly(balancer.row))
    return html`<p class="hint">nonce=None: nothing can be changed here.</p>`;
  const which = { w: member.url, b: shortName(balancer.name), nonce };
  const acts = actsOf(member).map(
    ({ label, says, fields }) => html`<details><summary>${label}…</summary>
<form method="POST" action="${page.path}">${hidden({ ...which, ...fields })}<p>${says}</p><button class="main" name="act" value="${label}">${label}: ${member.url}</button></form></details>`,
  );
  return html`<div class="acts"><h4>What to do with it</h4>${acts}</div>
${memberForm(page, balancer, member, which)}`;
}

function memberForm(
  page: ManagerPage,
  { row }: BalancerState,
  member: MemberState,
  which: Record<string, string>,
): Html {
  const id = (name: string): string => `b${row}m${member.slot}-${name}`;
  const field = (name: string, label: string, value: string | number): Html =>
    html`<label class="field">${label} <input type="text" name="${name}" value="${value}" autocomplete="off"></label>`;
  const flags = FLAGS.map(([letter, label]) => {
    const isOn = member.flags.includes(letter);
    const radio = (value: 0 | 1, text: string): Html =>
      html`<label><input type="radio" name="w_status_${letter}" value="${value}" aria-labelledby="${id(letter)} ${id(letter + value)}"${isOn === (value === 1) && html` checked`}><span id="${id(letter + value)}">${text}</span></label>`;
    return html`<div class="flag"><span id="${id(letter)}">${label}</span>${radio(1, 'On')}${radio(0, 'Off')}</div>`;
  });
  return html`<form class="edit" method="POST" action="${page.path}"><h4>Edit worker settings</h4>
${field('w_lf', 'Load factor', member.loadfactor.toFixed(2))}${field('w_ls', 'LB Set', member.lbset)}${field('w_wr', 'Route', member.route)}${field('w_rr', 'Route Redirect', member.redirect)}
<fieldset><legend>Status</legend>${flags}</fieldset>
${healthFields(page, member)}${hidden(which)}
<p class="hint">Takes effect with the next request; a new load factor starts the request counting anew.</p>
<button>Submit</button></form>`;
}

function healthFields(page: ManagerPage, { slot }: MemberState): Html {
  const health = page.healthOf(slot);
  const field = (name: string, label: string, value: string | number): Html =>
    html`<label class="field">${label} <input type="text" name="${name}" value="${value}"></label>`;
  const option = (name: string, label: string, chosen: string): Html =>
    html`<option value="${name}"${name === chosen && html` selected`}>${label}</option>`;
  const methods = ['NONE', ...HEALTH_METHODS].map((name) => option(name, name, health.method));
  const expressions = page.healthExpressions.map((name) => option(name, name, health.expression));
  const expression =
    page.healthExpressions.length > 0 &&
    html`<label class="field">Expr <select name="w_he"><option value="">None</option>${expressions}</select></label>`;
  return html`<fieldset><legend>Health check</legend><label class="field">Method <select name="w_hm">${methods}</select></label>${expression}${field('w_hi', 'Interval (ms)', health.interval)}${field('w_hp', 'Passes trigger', health.passes)}${field('w_hf', 'Fails trigger', health.fails)}${field('w_hu', 'HC uri', health.uri)}</fieldset>`;
}

export function balancerForm(page: ManagerPage, balancer: BalancerState, nonce: string): Html {
  const { row, name, lbmethod, nofailover, freeSlots } = balancer;
  if (page.isReadOnly(row)) return html`<p class="hint">nonce=None: nothing can be changed here.</p>`;
  const which = { b: shortName(name), nonce };
  const methods = METHOD_NAMES.map(
    (method) => html`<option value="${method}"${method === lbmethod && html` selected`}>${method}</option>`,
  );
  const radio = (value: 0 | 1, text: string): Html =>
    html`<label><input type="radio" name="b_sforce" value="${value}" aria-labelledby="b${row}-sf b${row}-sf${value}"${nofailover === (value === 1) && html` checked`}><span id="b${row}-sf${value}">${text}</span></label>`;
  const settings = html`<form class="edit" method="POST" action="${page.path}"><h4>Edit balancer settings for ${name}</h4>
<label class="field">LBmethod <select name="b_lbm">${methods}</select></label>
<label class="field">Timeout (s) <input type="text" name="b_tmo" value="${balancer.timeoutSeconds}"></label>
<label class="field">Failover Attempts <input type="text" name="b_max" value="${balancer.maxattempts}"></label>
<div class="flag"><span id="b${row}-sf">Disable Failover</span>${radio(1, 'On')}${radio(0, 'Off')}</div>
<label class="field">Sticky Session <input type="text" name="b_ss" value="${balancer.stickysession}"></label>
<p class="hint">NAME, or COOKIE|parameter; “-” deletes it. Another method starts its books at zero.</p>
${hidden(which)}<button>Submit</button></form>`;
  const add =
    freeSlots > 0
      ? html`<form class="edit" method="POST" action="${page.path}"><h4>Add a member</h4>
<label class="field">Add New Worker <input type="text" name="b_nwrkr" placeholder="http://10.0.0.5:8080" autocomplete="off"></label>
<label><input type="checkbox" name="b_wyes" value="1"> Are you sure?</label>
<p class="hint">It begins disabled, so that nothing reaches it before you put it in service. ${freeSlots} spare ${freeSlots === 1 ? 'slot is' : 'slots are'} free.</p>
${hidden(which)}<button>Add</button></form>`
      : html`<p class="hint">No spare slot is free: BalancerGrowth, or growth= of the balancer, reserves them.</p>`;
  const undo =
    balancer.changed.length > 0 &&
    html`<form class="edit" method="POST" action="${page.path}"><h4>Undo live changes</h4>${hidden({ ...which, b_reset: '1' })}<p class="hint">Back to what the configuration says: ${balancer.changed.join(', ')}.</p><button>Undo</button></form>`;
  return html`<div class="panel">${settings}${add}${undo}</div>`;
}
