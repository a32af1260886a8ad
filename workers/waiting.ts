/**
 * Waiting for a usable member: with `timeout=` on a balancer a request that finds none is not refused at once, but looks
 * again a hundred times within that time. Source: httpd 2.4, mod_proxy_balancer. Any worker thread.
 */
import type { Asking, Balancer, NoPick } from './balancer.js';
import type { MemberSettings } from './member.js';

/** httpd divides the time by so many. */
const STEPS = 100;

/**
 * since  ms since the epoch, when it first looked
 * done   called once, with a member or with why there is none; clearing the timer is the caller's matter then too
 */
export function waitForMember(
  balancer: Balancer,
  asking: Asking,
  since: number,
  done: (picked: MemberSettings | NoPick) => void,
): NodeJS.Timeout {
  const { timeout } = balancer.settings;
  const look = (): void => {
    const now = Date.now();
    const picked = balancer.pick(asking, now);
    if (typeof picked === 'string' && now - since < timeout) return;
    clearInterval(timer);
    done(picked);
  };
  const timer = setInterval(look, Math.max(timeout / STEPS, 1));
  return timer;
}
