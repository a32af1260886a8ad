/**
 * What changes on the manager's page while one looks at it, as short texts by key. The page is rendered from the same
 * texts that its script asks for every two seconds, so that nothing is formatted twice.
 * Keys: `m3-busy` for the member in slot 3, `b0-usable` for the balancer in row 0, `all-rate` for the whole. Any thread.
 */
import { cacheCounts, hitRatio } from './cache-figures.js';
import { CHART_HEIGHT, chartPaths } from './chart.js';
import { SAMPLE_EVERY } from './history.js';
import type { Overview } from './overview.js';
import type { BalancerState, MemberState } from './state.js';
import { sizeText, spanText } from './status-text.js';

export interface LiveValues {
  /** Text of elements with data-live=key. */
  texts: Record<string, string>;
  /** `d` of paths with data-path=key. */
  paths: Record<string, string>;
  /** data-standing of elements with data-member=key. */
  standings: Record<string, string>;
  /** Which members there are: when it changes, the page has to be loaded anew. */
  shape: string;
}

export function liveValues(overview: Overview, balancers: readonly BalancerState[], now: number): LiveValues {
  const values: LiveValues = { texts: {}, paths: {}, standings: {}, shape: '' };
  let rate = 0;
  for (const balancer of balancers) {
    values.shape += `${balancer.row}:${balancer.members.map(({ slot }) => slot).join(',')};`;
    const { usableMembers, members } = balancer;
    values.texts[`b${balancer.row}-usable`] = `${usableMembers} of ${members.length} usable`;
    for (const member of members) rate += addMember(values, overview, member);
  }
  const members = balancers.flatMap((balancer) => balancer.members);
  const busy = members.reduce((sum, member) => sum + member.busy, 0);
  Object.assign(values.texts, {
    'all-usable': `${members.filter((member) => member.usable).length} of ${members.length}`,
    'all-busy': String(busy),
    'all-rate': rateText(rate),
    'all-errors': String(members.reduce((sum, member) => sum + member.errors, 0)),
    'all-uptime': spanText(now - overview.startedAt),
  });
  const cache = cacheCounts(overview);
  if (cache !== undefined) values.texts['all-cache'] = hitRatio(cache);
  return values;
}

/** Returns the member's requests per second. */
function addMember(values: LiveValues, overview: Overview, member: MemberState): number {
  const key = `m${member.slot}`;
  const samples = overview.history?.of(member.slot) ?? [];
  const chart = chartPaths(samples, SAMPLE_EVERY / 1000);
  const rate = (samples.at(-1)?.requests ?? 0) / (SAMPLE_EVERY / 1000);
  const { responseTimes: times, health } = member;
  const ms = (value: number | undefined): string => (value === undefined ? '–' : millis(value));
  Object.assign(values.texts, {
    [`${key}-status`]: `${member.status} `,
    [`${key}-state`]: member.state,
    [`${key}-elected`]: String(member.elected),
    [`${key}-busy`]: String(member.busy),
    [`${key}-load`]: String(member.lbstatus),
    [`${key}-to`]: sizeText(member.bytesSent),
    [`${key}-from`]: sizeText(member.bytesRead),
    [`${key}-errors`]: String(member.errors),
    [`${key}-rate`]: `${rateText(rate)}/s`,
    [`${key}-peak`]: `peak ${rateText(chart.peak)}/s`,
    [`${key}-p50`]: ms(times?.p50Ms),
    [`${key}-p90`]: ms(times?.p90Ms),
    [`${key}-p99`]: ms(times?.p99Ms),
    [`${key}-passes`]: `${health?.passes ?? 1} (${health?.passesInRow ?? 0})`,
    [`${key}-fails`]: `${health?.fails ?? 1} (${health?.failsInRow ?? 0})`,
  });
  const floor = `M0 ${CHART_HEIGHT - 2}`;
  values.paths[`${key}-area`] = chart.area || floor;
  values.paths[`${key}-line`] = chart.line || floor;
  values.paths[`${key}-marks`] = chart.marks || floor;
  values.standings[key] = member.standing;
  return rate;
}

function rateText(rate: number): string {
  return rate >= 10 || rate === 0 ? String(Math.round(rate)) : rate.toFixed(1);
}

/** `0.8 ms`, `12 ms`, `1.4 s`. */
function millis(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value >= 10 ? `${Math.round(value)} ms` : `${value.toFixed(1)} ms`;
}
