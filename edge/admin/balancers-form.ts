/**
 * httpd's parameters of balancer-manager as changes: `w_*` of the member that `w` names, `b_*` of the balancer that `b`
 * names. A value that httpd ignores (a factor out of range, a method that nobody has) is ignored here; what both refuse is
 * a member that cannot be added. Beyond httpd: `w_reset`, `b_reset` (as configured again) and `w_remove`.
 * Source: httpd 2.4, mod_proxy_balancer, balancer_process_balancer_worker; limits observed on 2.4.71. Any thread.
 */
import { HEALTH_METHODS } from '../../workers/member.js';
import { METHOD_NAMES } from '../../workers/methods/registry.js';
import type { BalancerPatch, MemberPatch } from './changes.js';
import { changeBalancer, changeMember, resetBalancer, resetMember } from './changes.js';
import type { Form } from './form.js';
import { addMember, removeMember } from './members.js';
import type { Overview } from './overview.js';
import { LETTERS } from './status-text.js';

/** Of routes, and of paths of health checks. */
const LONGEST_ROUTE = 63;
const LONGEST_SESSION = 62;
const SHORTEST_INTERVAL = 100;

/** What a form names: a row, and a slot if it names a member of it. */
export interface Selected {
  row: number;
  slot: number | undefined;
}

/** errors  ChangeRefused */
export async function applyForm(overview: Overview, { row, slot }: Selected, form: Form): Promise<void> {
  if (slot !== undefined) {
    const member = overview.live.memberAt(slot);
    if (form.get('w_reset') === '1') resetMember(overview, row, slot);
    else if (form.get('w_remove') === '1' && member !== undefined) removeMember(overview, member);
    else if (hasAny(form, 'w_')) changeMember(overview, row, slot, memberPatch(overview, form));
  }
  if (form.get('b_reset') === '1') resetBalancer(overview, row);
  else if (hasAny(form, 'b_')) changeBalancer(overview, row, balancerPatch(form));
  const url = form.get('b_nwrkr') ?? '';
  if (url !== '' && form.get('b_wyes') === '1') await addMember(overview, row, url, [], false);
}

function hasAny(form: Form, prefix: string): boolean {
  return [...form.keys()].some((name) => name.startsWith(prefix));
}

function memberPatch(overview: Overview, form: Form): MemberPatch {
  const patch: MemberPatch = {};
  const lf = Number.parseFloat(form.get('w_lf') ?? '');
  if (lf >= 1 && lf <= 100) patch.loadfactor = lf;
  const ls = integer(form.get('w_ls'), 0, 99);
  if (ls !== undefined) patch.lbset = ls;
  const route = form.get('w_wr');
  if (route !== undefined) patch.route = nameOf(route);
  const redirect = form.get('w_rr');
  if (redirect !== undefined) patch.redirect = nameOf(redirect);
  const flags: MemberPatch['flags'] = {};
  for (const letter of LETTERS) {
    const value = form.get(`w_status_${letter}`);
    if (value !== undefined) flags[letter] = atoi(value) !== 0;
  }
  if (Object.keys(flags).length > 0) patch.flags = flags;
  const health = healthPatch(overview, form);
  if (health !== undefined) patch.health = health;
  return patch;
}

/** httpd takes a name that is too long for one that is empty. */
function nameOf(text: string): string {
  return text.length <= LONGEST_ROUTE ? text : '';
}

function healthPatch({ settings }: Overview, form: Form): MemberPatch['health'] {
  const health: NonNullable<MemberPatch['health']> = {};
  const interval = milliseconds(form.get('w_hi') ?? '');
  if (interval >= SHORTEST_INTERVAL) health.interval = interval;
  const passes = integer(form.get('w_hp'), 1, 2 ** 31 - 1);
  if (passes !== undefined) health.passes = passes;
  const fails = integer(form.get('w_hf'), 1, 2 ** 31 - 1);
  if (fails !== undefined) health.fails = fails;
  const asked = form.get('w_hm')?.toUpperCase();
  const method = (['NONE', ...HEALTH_METHODS] as const).find((name) => name === asked);
  if (method !== undefined) health.method = method;
  const uri = form.get('w_hu');
  if (uri !== undefined && /^[\x21-\x7e]*$/.test(uri)) health.uri = nameOf(uri);
  const expression = form.get('w_he');
  if (expression !== undefined)
    health.expression = Object.hasOwn(settings.healthExpressions, expression) ? expression : '';
  return Object.keys(health).length === 0 ? undefined : health;
}

function balancerPatch(form: Form): BalancerPatch {
  const patch: BalancerPatch = {};
  const method = form.get('b_lbm');
  if (method !== undefined && METHOD_NAMES.includes(method)) patch.lbmethod = method;
  const timeout = integer(form.get('b_tmo'), 0, 7200);
  if (timeout !== undefined) patch.timeoutSeconds = timeout;
  const attempts = integer(form.get('b_max'), 0, 99);
  if (attempts !== undefined) patch.maxattempts = attempts;
  const force = form.get('b_sforce');
  if (force !== undefined) patch.nofailover = atoi(force) !== 0;
  const sticky = form.get('b_ss') ?? '';
  if (sticky === '-') patch.stickysession = '';
  else if (sticky.length <= LONGEST_SESSION && /^[\x21-\x7e]+$/.test(sticky)) patch.stickysession = sticky;
  return patch;
}

/** undefined for what is outside of the limits or not there; what is no number is 0. */
function integer(text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = atoi(text);
  return value < least || value > most ? undefined : value;
}

/** C's. */
function atoi(text: string): number {
  return Number.parseInt(text, 10) || 0;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  mi: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** A time with httpd's units, milliseconds without one; NaN for what is none. */
function milliseconds(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([a-z]*)$/i.exec(text) ?? [];
  return Number.parseInt(digits, 10) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
}
