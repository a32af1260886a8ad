/**
 * SetHandler edge-metrics: what drover counts, for Prometheus. Every number is read from shared memory at the moment of the
 * scrape and covers all threads; names, escaping and layout are prom-client's. Histograms are those of tally.ts, so that
 * a scrape costs nothing between scrapes. Worker.
 */
import type { Metric } from 'prom-client';
import { HTTP2_ENDS } from '../engine/h2/http2-ends.js';
import { descriptorLimit, descriptorsLeft } from '../process/descriptors.js';
import { CACHE_FIGURES, cacheCounts } from './cache-figures.js';
import { CONNECTION_FIGURES } from './connection-figures.js';
import type { Handler, HandlerAnswer } from './handler.js';
import { mirrorFigures } from './mirror-figures.js';
import type { Overview } from './overview.js';
import { processTree, type RoleState } from './process-tree.js';
import { type BalancerState, type MemberState, stateOf } from './state.js';
import { BUCKETS, type Counts } from './tally.js';

type Labels = Record<string, string | number>;
interface Value {
  labels: Labels;
  value: number;
  metricName?: string;
}

type Kind = 'counter' | 'gauge' | 'histogram';

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export class Metrics implements Handler {
  readonly methods = ['GET'];
  readonly #overview: Overview;

  constructor(overview: Overview) {
    this.#overview = overview;
  }

  async answer(): Promise<HandlerAnswer> {
    // Loaded when it is first asked for: megabytes that a thread without scrapes has no use for.
    const { Registry } = await import('prom-client');
    const scrape = new Registry();
    for (const metric of metricsOf(this.#overview)) scrape.registerMetric(metric);
    const body = await scrape.metrics();
    return { status: 200, fields: ['Content-Type', scrape.contentType, 'Cache-Control', 'no-store'], body };
  }
}

/** A metric whose values are at hand: prom-client asks a metric for nothing but these fields. */
function metric(kind: Kind, name: string, help: string, values: Value[]): Metric {
  const full = `drover_${name}`;
  const named = values.map(({ metricName, ...value }) => ({ ...value, metricName: metricName ?? full }));
  const get = async () => ({ name: full, help, type: kind, values: named, aggregator: 'sum' as const });
  return { name: full, get, reset: () => {} } as unknown as Metric;
}

function metricsOf(overview: Overview): Metric[] {
  const { settings, board, threads, startedAt, tally } = overview;
  const rows = settings.balancers.map(({ row }) => row);
  const balancers = stateOf(overview, rows, Date.now());
  const vhosts = vhostNames(overview).map((vhost, id) => ({
    labels: { vhost },
    counts: tally?.ofServer(id),
  }));
  const ids = Array.from({ length: threads }, (_, thread) => thread);
  const { user, system } = process.cpuUsage();
  const limit = descriptorLimit();
  return [
    ...figures(CONNECTION_FIGURES, overview.connections.connectionCounts()),
    metric(
      'counter',
      'requests_total',
      'Requests by virtual host and status class.',
      vhosts.flatMap(byClass),
    ),
    metric(
      'counter',
      'requests_cut_total',
      'Requests that ended without a whole answer.',
      vhosts.map(({ labels, counts }) => ({ labels, value: counts?.cut ?? 0 })),
    ),
    metric(
      'counter',
      'response_bytes_total',
      'Bytes sent to clients.',
      vhosts.map(({ labels, counts }) => ({ labels, value: counts?.bytes ?? 0 })),
    ),
    histogram('request_duration_seconds', 'From the arrival of a request to the end of its answer.', vhosts),
    metric(
      'counter',
      'abuse_ended_total',
      'HTTP/2 connections that were ended for what their clients did, and stalled streams.',
      HTTP2_ENDS.map((reason, i) => ({ labels: { reason }, value: tally?.http2Ends()[i] ?? 0 })),
    ),
    ...memberMetrics(overview, balancers),
    ...cacheMetrics(overview),
    ...mirrorFigures(overview).map((row) => metric(row.kind, row.metric, row.help, row.values)),
    ...certificateMetrics(overview),
    metric('gauge', 'threads', 'Worker threads.', [{ labels: {}, value: threads }]),
    metric(
      'gauge',
      'thread_requests',
      'Requests under way in a thread.',
      ids.map((thread) => ({ labels: { thread }, value: board.liveOf(thread) })),
    ),
    metric(
      'counter',
      'thread_requests_total',
      'Requests that a thread has answered.',
      ids.map((thread) => ({ labels: { thread }, value: board.requestsOf(thread) })),
    ),
    metric(
      'gauge',
      'thread_loop_delay_seconds',
      'How late the event loop of a thread was in the last two seconds.',
      ids.flatMap((thread) => loopDelays(overview, thread)),
    ),
    ...treeMetrics(),
    metric('counter', 'process_cpu_seconds_total', 'CPU time of the edge process.', [
      { labels: { mode: 'user' }, value: user / 1e6 },
      { labels: { mode: 'system' }, value: system / 1e6 },
    ]),
    metric('gauge', 'process_resident_bytes', 'Memory of the edge process.', [
      { labels: {}, value: process.memoryUsage.rss() },
    ]),
    metric('gauge', 'process_open_descriptors', 'Open descriptors of the edge process.', [
      { labels: {}, value: limit - descriptorsLeft(limit) },
    ]),
    metric('gauge', 'process_max_descriptors', 'Descriptors that the edge process may open.', [
      { labels: {}, value: limit },
    ]),
    metric('gauge', 'process_start_time_seconds', 'Start of the edge process.', [
      { labels: {}, value: startedAt / 1000 },
    ]),
  ];
}

function loopDelays({ delays }: Overview, thread: number): Value[] {
  const delay = delays?.of(thread);
  if (delay === undefined) return [];
  const of = (statistic: string, value: number): Value => ({ labels: { thread, statistic }, value });
  return [of('mean', delay.mean), of('p99', delay.p99), of('max', delay.max)];
}

function treeMetrics(): Metric[] {
  const tree = processTree();
  const each = (name: string, help: string, value: (state: RoleState) => number | undefined): Metric =>
    metric(
      'gauge',
      name,
      help,
      tree.flatMap((state) => {
        const said = value(state);
        return said === undefined ? [] : [{ labels: { role: state.role }, value: said }];
      }),
    );
  return [
    each('tree_processes', 'Processes of this drover by what they do.', (state) => state.processes),
    each('tree_resident_bytes', 'Memory of its processes.', (state) => state.residentBytes),
    each('tree_open_descriptors', 'Open descriptors of its processes.', (state) => state.descriptors),
  ];
}

/** None where nothing is served by TLS. */
function certificateMetrics({ certificates }: Overview): Metric[] {
  const ends = certificates?.list ?? [];
  if (ends.length === 0) return [];
  return [
    metric(
      'gauge',
      'certificate_not_after_seconds',
      'When a certificate that is shown to clients ends, in seconds since 1970.',
      ends.map(({ file, validTo }) => ({ labels: { file }, value: validTo / 1000 })),
    ),
  ];
}

function cacheMetrics(overview: Overview): Metric[] {
  const counts = cacheCounts(overview);
  return counts === undefined ? [] : figures(CACHE_FIGURES, counts);
}

/** A metric a figure, without labels. */
function figures<Name extends string>(
  rows: readonly { of: Name; metric: string; help: string }[],
  counts: Readonly<Record<Name, number>>,
): Metric[] {
  return rows.map(({ of, metric: name, help }) =>
    metric(name.endsWith('_total') ? 'counter' : 'gauge', name, help, [{ labels: {}, value: counts[of] }]),
  );
}

function memberMetrics({ tally }: Overview, balancers: readonly BalancerState[]): Metric[] {
  const members = balancers.flatMap(({ name, members: own }) =>
    own.map((member) => ({
      member,
      labels: { balancer: name, member: member.url },
      counts: tally?.ofMember(member.slot),
    })),
  );
  // A balancer that several virtual hosts have is one set of rows.
  const seen = new Set<string>();
  const once = members.filter(({ labels }) => {
    const key = `${labels.balancer} ${labels.member}`;
    return seen.size < seen.add(key).size;
  });
  const each = (kind: Kind, name: string, help: string, value: (member: MemberState) => number): Metric =>
    metric(
      kind,
      name,
      help,
      once.map(({ member, labels }) => ({ labels, value: value(member) })),
    );
  return [
    each('counter', 'member_requests_total', 'Requests given to a member.', (m) => m.elected),
    metric('counter', 'member_answers_total', 'Answers of a member by status class.', once.flatMap(byClass)),
    each('counter', 'member_errors_total', 'Failures of a member.', (m) => m.errors),
    each('counter', 'member_sent_bytes_total', 'Bytes sent to a member.', (m) => m.bytesSent),
    each('counter', 'member_received_bytes_total', 'Bytes read from a member.', (m) => m.bytesRead),
    each('gauge', 'member_busy', 'Requests under way at a member.', (m) => m.busy),
    each('gauge', 'member_usable', '1 when a member may be given requests.', (m) => Number(m.usable)),
    each('gauge', 'member_loadfactor', 'Load factor of a member.', (m) => m.loadfactor),
    metric(
      'gauge',
      'member_flag',
      '1 for each status flag that is set, by its letter.',
      once.flatMap(({ member, labels }) =>
        member.flags.map((flag) => ({ labels: { ...labels, flag }, value: 1 })),
      ),
    ),
    histogram('member_response_seconds', "From the choice of a member to its answer's head.", once),
  ];
}

function byClass({ labels, counts }: { labels: Labels; counts: Counts | undefined }): Value[] {
  return CLASSES.map((name, i) => ({ labels: { ...labels, class: name }, value: counts?.classes[i] ?? 0 }));
}

function histogram(
  name: string,
  help: string,
  rows: readonly { labels: Labels; counts: Counts | undefined }[],
): Metric {
  const values = rows.flatMap(({ labels, counts }) => {
    let below = 0;
    const buckets = [...BUCKETS, Number.POSITIVE_INFINITY].map((bound, i) => {
      below += counts?.buckets[i] ?? 0;
      const le = Number.isFinite(bound) ? bound / 1000 : '+Inf';
      return { labels: { le, ...labels }, value: below, metricName: `drover_${name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: (counts?.sum ?? 0) / 1000, metricName: `drover_${name}_sum` },
      { labels, value: counts?.count ?? 0, metricName: `drover_${name}_count` },
    ];
  });
  return metric('histogram', name, help, values);
}

/** A name a server, each once: `shop.example:443`; the main server is `_main_`. */
function vhostNames({ settings }: Overview): string[] {
  const seen = new Map<string, number>();
  return settings.servers.map(({ id, name, addresses }) => {
    const port = addresses[0]?.port ?? 0;
    const base = id === 0 ? '_main_' : `${name === '' ? '_default_' : name}${port === 0 ? '' : `:${port}`}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return count === 1 ? base : `${base}#${count}`;
  });
}
