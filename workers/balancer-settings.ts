/**
 * A balancer's settings as plain data, made by whoever reads a configuration and posted to every thread.
 * A vhost that sets parameters of a balancer of the main server gets settings of its own over the same members.
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPass" (balancer parameters).
 */
import type { Ms } from './member.js';
import type { OutlierSettings } from './outlier.js';
import type { RetrySettings } from './retry.js';

export interface StickySettings {
  /** Cookie name. */
  cookie: string;
  /** Name of the path or query parameter. */
  parameter: string;
  /** One character between session id and route; empty (httpd: Off): the whole value is the route. */
  separator: string;
  /** A `;` ends the parameter's value too. */
  scolonpathdelim: boolean;
}

export interface BalancerSettings {
  /** Row on the scoreboard, the index of this balancer in the settings. */
  row: number;
  /** `balancer://name`, lower case. */
  name: string;
  /** Slots of its members in configuration order. */
  members: number[];
  /** Spare member slots that live control may fill; they follow the members on the scoreboard. */
  growth: number;
  lbmethod: string;
  sticky?: StickySettings;
  nofailover: boolean;
  /** Extra tries after the first; undefined: defaultAttempts. */
  maxattempts?: number;
  /** How long to wait for a usable member before 503. */
  timeout: Ms;
  failonstatus: number[];
  failontimeout: boolean;
  forcerecovery: boolean;
  /** EdgeOutlier. */
  outlier?: OutlierSettings;
  /** EdgePanicThreshold: below this share of usable members, 0 to 1, checks and ejections are not listened to. */
  panic?: number;
  /** EdgeRetry. */
  retryOn?: RetrySettings;
  /** EdgeRetryBudget: retries at a time as a share of the requests under way, 0 to 1. */
  retryBudget?: number;
  /** Nonce of balancer-manager; `None` disables changes; undefined: made at start. */
  nonce?: string;
  /** Row whose lock orders lbstatus changes: balancers that share members share it. */
  lock: number;
  /** `file:line` of the section or line that defined it. */
  at: string;
}

/**
 * Extra tries where nobody says `maxattempts`: one for each other member of the configuration. A member that is added
 * later does not count, as in httpd.
 */
export function defaultAttempts({ members }: Pick<BalancerSettings, 'members'>): number {
  return Math.max(members.length - 1, 0);
}
