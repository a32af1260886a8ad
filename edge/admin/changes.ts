/**
 * Changes of balancers and members while drover runs: one place for the page, the API and the command, with httpd's limits
 * and its side effects (a new factor begins the request counting anew, another method begins with empty books).
 * What is refused says why and changes nothing. Every thread has what was changed at its next pick.
 *
 * Source: httpd 2.4, mod_proxy_balancer's balancer-manager; side effects observed on 2.4.71. Any thread.
 */
import {
  type BalancerSettings,
  defaultAttempts,
  type StickySettings,
} from '../../workers/balancer-settings.js';
import type { MemberChanges } from '../../workers/live-settings.js';
import { type HealthChange, type MemberSettings, NO_CHECK, STATUS } from '../../workers/member.js';
import { METHOD_NAMES } from '../../workers/methods/registry.js';
import type { Overview } from './overview.js';
import { LETTERS, type Letter } from './status-text.js';

/** A change that cannot be made; the message is for whoever asked. */
export class ChangeRefused extends Error {}

export interface MemberPatch {
  loadfactor?: number;
  lbset?: number;
  route?: string;
  redirect?: string;
  /** Flags to set (true) and to clear (false). */
  flags?: Partial<Record<Letter, boolean>>;
  health?: Partial<HealthChange>;
}

export interface BalancerPatch {
  lbmethod?: string;
  /** `COOKIE` or `COOKIE|parameter`; empty for none. */
  stickysession?: string;
  nofailover?: boolean;
  timeoutSeconds?: number;
  maxattempts?: number;
}

/** httpd: arrays of 64 bytes. */
const LONGEST_NAME = 63;
/** httpd: one less, for no reason that it gives. */
const LONGEST_SESSION = 62;
const MOST_SETS = 99;
const LONGEST_TIMEOUT = 7200;
const MOST_ATTEMPTS = 99;

function check(isFine: boolean, message: string): void {
  if (!isFine) throw new ChangeRefused(message);
}

/** Member of a balancer by its URL. errors ChangeRefused */
export function memberNamed({ live }: Overview, row: number, url: string): MemberSettings {
  const member = live.membersOf(row).find(({ name }) => name === url);
  if (member === undefined) throw new ChangeRefused(`${live.balancers[row]?.name} has no member ${url}`);
  return member;
}

/** errors  ChangeRefused; nothing is changed then */
export function changeMember(overview: Overview, row: number, slot: number, patch: MemberPatch): void {
  const { board, live } = overview;
  const { loadfactor, lbset, route, redirect, flags, health } = patch;
  checkMember(patch);
  checkHealth(overview, health);
  const changes = live.changesOfMember(slot);
  check(changes.isLeaving !== true, 'the member is being taken out');
  if (route !== undefined || redirect !== undefined || health !== undefined) {
    live.changeMember(slot, mergedChanges(overview, slot, changes, patch));
  }
  if (lbset !== undefined) board.set(slot, 'lbset', lbset);
  if (loadfactor !== undefined) setFactor(overview, row, slot, Math.trunc(loadfactor * 100));
  if (flags !== undefined) setFlags(overview, slot, flags);
  touch(overview, slot);
}

function checkMember({ loadfactor, lbset, route, redirect, flags }: MemberPatch): void {
  if (loadfactor !== undefined)
    check(loadfactor >= 1 && loadfactor <= 100, 'loadfactor must be a number between 1 and 100');
  if (lbset !== undefined)
    check(Number.isInteger(lbset) && lbset >= 0 && lbset <= MOST_SETS, 'lbset must be between 0 and 99');
  for (const [name, value] of [
    ['route', route],
    ['redirect', redirect],
  ]) {
    if (value === undefined) continue;
    check(value.length <= LONGEST_NAME, `${name} must have at most ${LONGEST_NAME} characters`);
    check(/^[\x21-\x7e]*$/.test(value), `${name} must be of visible ASCII characters`);
  }
  for (const letter of Object.keys(flags ?? {}))
    check((LETTERS as readonly string[]).includes(letter), `there is no status flag ${letter} to set`);
}

function checkHealth({ settings }: Overview, health: MemberPatch['health'] = {}): void {
  const { interval, passes, fails, uri, expression = '' } = health;
  if (interval !== undefined) check(interval >= 100, 'the interval must be at least 100 ms');
  if (passes !== undefined) check(Number.isInteger(passes) && passes >= 1, 'passes must be at least 1');
  if (fails !== undefined) check(Number.isInteger(fails) && fails >= 1, 'fails must be at least 1');
  if (uri !== undefined)
    check(
      /^[\x21-\x7e]{0,63}$/.test(uri),
      'the health check URI must be of at most 63 visible ASCII characters',
    );
  check(
    expression === '' || Object.hasOwn(settings.healthExpressions, expression),
    `there is no health check expression ${expression}: ProxyHCExpr defines them`,
  );
}

/** What is said again as configured counts as not changed. */
function mergedChanges(
  { live }: Overview,
  slot: number,
  before: MemberChanges,
  { route, redirect, health }: MemberPatch,
): MemberChanges {
  const base = before.added ?? live.configuredMember(slot);
  const changes: MemberChanges = { ...before };
  if (route !== undefined) changes.route = route;
  if (redirect !== undefined) changes.redirect = redirect;
  if (changes.route === base?.route) delete changes.route;
  if (changes.redirect === base?.redirect) delete changes.redirect;
  if (health !== undefined) changes.health = judged({ ...live.healthOf(slot), ...health });
  if (JSON.stringify(changes.health) === JSON.stringify(base?.health ?? NO_CHECK)) delete changes.health;
  return changes;
}

/** What has no answer to look at has no expression to judge it by. */
function judged(health: HealthChange): HealthChange {
  return health.method === 'NONE' || health.method === 'TCP' ? { ...health, expression: '' } : health;
}

/** A new factor starts the counting anew: every member begins with its factor; a lone member's is always 1. */
function setFactor(overview: Overview, row: number, slot: number, lbfactor: number): void {
  const { board } = overview;
  const members = overview.live.membersOf(row);
  const factor = members.length === 1 ? 100 : lbfactor;
  board.set(slot, 'lbfactor', factor);
  board.set(slot, 'factor', factor);
  locked(overview, row, () => {
    for (const member of members) board.set(member.slot, 'lbstatus', board.lbfactorOf(member.slot));
  });
}

/** The books stay as they are, on enabling too: httpd notes that they want clearing, and never does it. */
function setFlags({ board }: Overview, slot: number, flags: Record<string, boolean>): void {
  for (const letter of LETTERS) {
    const value = flags[letter];
    if (value === true) board.setStatus(slot, STATUS[letter]);
    else if (value === false) board.clearStatus(slot, STATUS[letter]);
  }
}

/** httpd's reset of the method that comes; bybusyness keeps busy, since it counts what is under way. */
function clearBooks(overview: Overview, row: number): void {
  const { board, live } = overview;
  const isTraffic = live.balancers[row]?.lbmethod === 'bytraffic';
  locked(overview, row, () => {
    for (const { slot } of live.membersOf(row)) {
      if (isTraffic) board.clearTraffic(slot);
      else board.set(slot, 'lbstatus', 0);
    }
  });
}

function locked({ board, live }: Overview, row: number, change: () => void): void {
  const { lock } = live.balancers[row] as BalancerSettings;
  board.lock(lock);
  change();
  board.unlock(lock);
}

/** Numbers of the scoreboard have changed: the epoch tells whoever keeps what is changed. */
function touch({ board }: Overview, slot: number): void {
  board.records.writeMember(slot, board.records.ofMember(slot));
}

/** errors  ChangeRefused; nothing is changed then */
export function changeBalancer(overview: Overview, row: number, patch: BalancerPatch): void {
  const { live } = overview;
  const { lbmethod, stickysession, nofailover, timeoutSeconds, maxattempts } = patch;
  if (lbmethod !== undefined)
    check(METHOD_NAMES.includes(lbmethod), `there is no balancing method ${lbmethod}`);
  if (timeoutSeconds !== undefined)
    check(timeoutSeconds >= 0 && timeoutSeconds <= LONGEST_TIMEOUT, 'timeout must be between 0 and 7200 s');
  if (maxattempts !== undefined)
    check(
      Number.isInteger(maxattempts) && maxattempts >= 0 && maxattempts <= MOST_ATTEMPTS,
      'maxattempts must be between 0 and 99',
    );
  const base = live.configuredBalancer(row);
  const sticky = stickysession === undefined ? undefined : stickyOf(stickysession, base);
  const changes = { ...live.changesOfBalancer(row) };
  if (lbmethod !== undefined) changes.lbmethod = lbmethod;
  if (sticky !== undefined) changes.sticky = sticky;
  if (nofailover !== undefined) changes.nofailover = nofailover;
  if (timeoutSeconds !== undefined) changes.timeout = timeoutSeconds * 1000;
  if (maxattempts !== undefined) changes.maxattempts = maxattempts;
  if (changes.lbmethod === base.lbmethod) delete changes.lbmethod;
  if (changes.nofailover === base.nofailover) delete changes.nofailover;
  if (changes.timeout === base.timeout) delete changes.timeout;
  if (changes.maxattempts === (base.maxattempts ?? defaultAttempts(base))) delete changes.maxattempts;
  if (JSON.stringify(changes.sticky ?? undefined) === JSON.stringify(base.sticky)) delete changes.sticky;
  const isNewMethod = lbmethod !== undefined && lbmethod !== live.balancers[row]?.lbmethod;
  live.changeBalancer(row, changes);
  if (isNewMethod) clearBooks(overview, row);
}

/** null for none. */
function stickyOf(text: string, base: BalancerSettings): StickySettings | null {
  if (text === '') return null;
  const limit = `names of a sticky session must have at most ${LONGEST_SESSION} visible characters together`;
  check(text.length <= LONGEST_SESSION && /^[\x21-\x7e]+$/.test(text), limit);
  const [, cookie = text, parameter = cookie] = /^([^|]*)\|(.*)$/.exec(text) ?? [];
  if (cookie === '') return null;
  const { separator = '.', scolonpathdelim = false } = base.sticky ?? {};
  return { cookie, parameter, separator, scolonpathdelim };
}

/** Everything of a member as its line says. errors ChangeRefused for one that was added */
export function resetMember(overview: Overview, row: number, slot: number): void {
  const { board, live } = overview;
  const base = live.configuredMember(slot);
  if (base === undefined) throw new ChangeRefused('the member is not in the configuration');
  const flags = Object.fromEntries(
    LETTERS.filter((letter) => letter !== 'C').map((letter) => [
      letter,
      (base.status & STATUS[letter]) !== 0,
    ]),
  );
  live.changeMember(slot, {});
  board.set(slot, 'lbset', base.lbset);
  if (board.lbfactorOf(slot) !== base.lbfactor) setFactor(overview, row, slot, base.lbfactor);
  setFlags(overview, slot, flags);
  touch(overview, slot);
}

export function resetBalancer(overview: Overview, row: number): void {
  const { live } = overview;
  const before = live.balancers[row]?.lbmethod;
  live.changeBalancer(row, {});
  if (live.balancers[row]?.lbmethod !== before) clearBooks(overview, row);
}
