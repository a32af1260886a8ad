/**
 * Is this generation fit to be sent traffic? Pure: it reads the scoreboard and says why not. A member in error whose
 * retry time is over counts as usable: it is tried again by the next request, and a balancer that is not ready gets
 * no requests, so counting it as dead would keep it dead. Control thread.
 */
import type { BalancerSettings } from '../../workers/balancer-settings.js';
import { isUsable, type MemberSettings, STATUS } from '../../workers/member.js';
import type { Scoreboard } from '../../workers/scoreboard.js';
import type { Ms, Settings } from '../settings.js';

export interface Readiness {
  /** The process does its work; false is a reason to start it again. */
  isLive: boolean;
  /** It can answer requests; false is a reason to send them elsewhere. */
  isReady: boolean;
  /** One line per reason against it. */
  reasons: string[];
}

export interface ReadinessInputs {
  settings: Pick<Settings, 'balancers' | 'members'>;
  board: Pick<Scoreboard, 'statusOf' | 'errorTimeOf'>;
  phase: 'starting' | 'serving' | 'leaving' | 'draining';
  silentThreads: readonly number[];
  now: Ms;
}

export function readinessOf(inputs: ReadinessInputs): Readiness {
  const { settings, phase, silentThreads } = inputs;
  const threads = silentThreads.map((thread) => `worker ${thread} does not answer`);
  const reasons = [...threads];
  if (phase !== 'serving') reasons.push(phase);
  for (const balancer of settings.balancers) {
    if (balancer.members.length === 0 || balancer.members.some((slot) => mayServe(slot, inputs))) continue;
    reasons.push(`${balancer.name} has no usable member: ${statesOf(balancer, inputs)}`);
  }
  return { isLive: threads.length === 0, isReady: reasons.length === 0, reasons };
}

function mayServe(slot: number, { settings, board, now }: ReadinessInputs): boolean {
  const status = board.statusOf(slot);
  if (isUsable(status)) return true;
  const retry = settings.members[slot]?.retry ?? 0;
  return isUsable(status & ~STATUS.E) && now - board.errorTimeOf(slot) >= retry;
}

function statesOf(balancer: BalancerSettings, { settings, board }: ReadinessInputs): string {
  const known = balancer.members.map((slot) => settings.members[slot]);
  return known
    .filter((member): member is MemberSettings => member !== undefined)
    .map((member) => `${member.name} ${lettersOf(board.statusOf(member.slot))}`)
    .join(', ');
}

/** Flags that keep a member from serving, by httpd's letters. */
function lettersOf(status: number): string {
  const letters = (['D', 'S', 'E', 'C', 'U'] as const).filter((letter) => (status & STATUS[letter]) !== 0);
  return letters.length === 0 ? 'not started' : letters.join('');
}
