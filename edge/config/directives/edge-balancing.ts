/**
 * drover's own directives about balancing; httpd has none of them. In a <Proxy balancer://x> they are that balancer's,
 * elsewhere those of all balancers of the server that say nothing themselves.
 *
 * EdgeHashKey expression         what lbmethod=hash places requests by: `%{REQUEST_URI}`, `%{req:X-Tenant}`; the client's
 *                                address without it. In any section, as it is the request that has a key
 * EdgeOutlier key=value …        members that answer errors are left alone (workers/outlier.ts): consecutive=5
 *                                ratio=50% requests=20 window=10 time=30 maxtime=300 share=50%; `Off`
 * EdgePanicThreshold percent     with fewer usable members health checks and ejections are overlooked; 0 never
 * EdgeRetry word …               what a request that may be repeated leaves a member for: `closed`, `timeout`, statuses; `Off`
 * EdgeRetryBudget percent        retries at a time, of the requests under way
 *
 * Thread: main, at load.
 */
import type { OutlierSettings } from '../../../workers/outlier.js';
import type { RetrySettings } from '../../../workers/retry.js';
import { ExprError, parseString } from '../../expr/parse.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, type Word } from '../table.js';
import type { BalancerParameters } from './balancer-params.js';
import { firstWord } from './core.js';
import { keyValue } from './proxy-params-values.js';
import { atOf, defineBalancer, poolsOf } from './proxy-pools.js';
import { isBalancerUrl } from './proxy-pools-url.js';

const OUTLIER: OutlierSettings = {
  consecutive: 5,
  ratio: 0,
  requests: 20,
  window: 10_000,
  time: 30_000,
  maxtime: 300_000,
  share: 0.5,
};

/** What a line is about: the section's balancer, or what the server's balancers begin with. */
function subjectOf(line: DirectiveLine, scope: Scope): BalancerParameters {
  const pools = poolsOf(scope.pools, scope.server);
  if (scope.context === 'server' || scope.context === 'vhost') return pools.defaults;
  const url = scope.sectionArgument.replace(/^proxy:/i, '');
  if (scope.context !== 'proxy' || !isBalancerUrl(url))
    fail(line, `${line.name} belongs on a server or in <Proxy balancer://…>`, line.column);
  return defineBalancer(pools, url, atOf(line)).said;
}

/** `50%` or `50`. */
function percent(line: DirectiveLine, text: string, column: number): number {
  const value = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (!(value >= 0 && value <= 100)) fail(line, `${line.name}: '${text}' is not a percentage`, column);
  return value / 100;
}

function whole(line: DirectiveLine, text: string, column: number, least: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least)) fail(line, `${line.name}: '${text}' is not a number of at least ${least}`, column);
  return value;
}

function isOff(line: DirectiveLine): boolean {
  return line.words.length === 1 && firstWord(line).text.toLowerCase() === 'off';
}

const OUTLIER_KEYS: Record<
  string,
  (line: DirectiveLine, text: string, column: number) => Partial<OutlierSettings>
> = {
  consecutive: (line, text, column) => ({ consecutive: whole(line, text, column, 0) }),
  ratio: (line, text, column) => ({ ratio: percent(line, text, column) }),
  requests: (line, text, column) => ({ requests: whole(line, text, column, 1) }),
  window: (line, text, column) => ({ window: whole(line, text, column, 1) * 1000 }),
  time: (line, text, column) => ({ time: whole(line, text, column, 1) * 1000 }),
  maxtime: (line, text, column) => ({ maxtime: whole(line, text, column, 1) * 1000 }),
  share: (line, text, column) => ({ share: percent(line, text, column) }),
};

function applyOutlier(line: DirectiveLine, scope: Scope): void {
  const subject = subjectOf(line, scope);
  if (isOff(line)) {
    subject.outlier = null;
    return;
  }
  let settings = OUTLIER;
  for (const word of line.words) {
    const pair = keyValue(word.text);
    const key = pair === undefined ? undefined : OUTLIER_KEYS[pair.key.toLowerCase()];
    if (pair === undefined || key === undefined) {
      const known = Object.keys(OUTLIER_KEYS).join(', ');
      fail(line, `EdgeOutlier: '${word.text}' is not Off or key=value with one of ${known}`, word.column);
    }
    settings = { ...settings, ...key(line, pair.value, word.column) };
  }
  subject.outlier = { ...settings, maxtime: Math.max(settings.maxtime, settings.time) };
}

function applyRetry(line: DirectiveLine, scope: Scope): void {
  const subject = subjectOf(line, scope);
  if (isOff(line)) {
    subject.retryOn = null;
    return;
  }
  const settings: RetrySettings = { closed: false, timeout: false, statuses: [] };
  for (const word of line.words) addRetryWord(line, settings, word);
  subject.retryOn = settings;
}

function addRetryWord(line: DirectiveLine, settings: RetrySettings, { text, column }: Word): void {
  const lower = text.toLowerCase();
  if (lower === 'closed' || lower === 'timeout') settings[lower] = true;
  else if (/^[45]\d\d$/.test(text)) settings.statuses.push(Number(text));
  else fail(line, `EdgeRetry: '${text}' is not closed, timeout, a status of 400 to 599, or Off`, column);
}

function applyHashKey(line: DirectiveLine, scope: Scope): void {
  const { text, column } = firstWord(line);
  if (text === '') fail(line, 'EdgeHashKey must not be empty', column);
  try {
    scope.place.hashKey = parseString(text);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Could not parse expression "${text}": ${error.message}`, column);
  }
}

function row(
  name: string,
  arity: DirectiveRow['arity'],
  usage: string,
  apply: DirectiveRow['apply'],
): DirectiveRow {
  return { name, module: 'edge', contexts: ANYWHERE, arity, usage, apply };
}

export const EDGE_BALANCING_ROWS: readonly DirectiveRow[] = [
  row('EdgeHashKey', 'take1', 'an expression that gives a string', applyHashKey),
  row('EdgeOutlier', 'iterate', "'Off', or key=value …", applyOutlier),
  row('EdgePanicThreshold', 'take1', 'a percentage of the members', (line, scope) => {
    const { text, column } = firstWord(line);
    subjectOf(line, scope).panic = percent(line, text, column);
  }),
  row('EdgeRetry', 'iterate', "'Off', or closed, timeout and statuses", applyRetry),
  row('EdgeRetryBudget', 'take1', 'a percentage of the requests under way', (line, scope) => {
    const { text, column } = firstWord(line);
    subjectOf(line, scope).retryBudget = percent(line, text, column);
  }),
];
