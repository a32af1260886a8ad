/**
 * What became of mirrored requests, as the metrics name it: one series a shadow pool, nothing where nothing is mirrored.
 * Times are sums over the requests that both sides have answered, so that their quotient compares the two pools. Any thread.
 */
import { type MirrorColumn, type MirrorCounts, SKIP_REASONS } from '../mirror/counts.js';
import { shadowRows } from '../mirror/settings.js';
import type { Overview } from './overview.js';

interface Value {
  labels: Record<string, string>;
  value: number;
}

export interface MirrorFigure {
  kind: 'counter' | 'gauge';
  metric: string;
  help: string;
  values: Value[];
}

interface Row {
  metric: string;
  help: string;
  /** Name of the label that tells the columns apart, and its value by column; without it one column. */
  label?: string;
  columns: Readonly<Partial<Record<MirrorColumn, string>>>;
}

const CLASSES = { '1xx': '1xx', '2xx': '2xx', '3xx': '3xx', '4xx': '4xx', '5xx': '5xx' } as const;
const REASONS = Object.fromEntries(SKIP_REASONS.map((reason) => [reason, reason]));

const ROWS: readonly Row[] = [
  { metric: 'requests_total', help: 'Copies sent to a shadow pool.', columns: { copies: '' } },
  {
    metric: 'skipped_total',
    help: 'Requests of the share that were not copied: body too long, too many copies under way, an upgrade, broken off.',
    label: 'reason',
    columns: REASONS,
  },
  {
    metric: 'answers_total',
    help: 'Answers of a shadow pool by status class.',
    label: 'class',
    columns: CLASSES,
  },
  { metric: 'failed_total', help: 'Copies that no shadow answered in time.', columns: { failed: '' } },
  {
    metric: 'compared_total',
    help: 'Requests that both sides answered, by whether with the same status.',
    label: 'status',
    columns: { same: 'same', different: 'different' },
  },
  {
    metric: 'slower_total',
    help: 'Compared requests that the shadow took longer for.',
    columns: { slower: '' },
  },
  {
    metric: 'seconds_total',
    help: 'Time to the head of the answer over all compared requests.',
    label: 'side',
    columns: { liveTime: 'live', shadowTime: 'shadow' },
  },
  { metric: 'outstanding', help: 'Copies under way.', columns: { outstanding: '' } },
];

export function mirrorFigures({ settings, mirror }: Overview): MirrorFigure[] {
  if (mirror === undefined) return [];
  const names = shadowRows(settings).map((row) => settings.balancers[row]?.name ?? '');
  return ROWS.map((row) => ({
    kind: row.metric.endsWith('_total') ? 'counter' : 'gauge',
    metric: `mirror_${row.metric}`,
    help: row.help,
    values: names.flatMap((name, shadow) => valuesOf(row, name, shadow, mirror)),
  }));
}

function valuesOf(
  { metric, label, columns }: Row,
  name: string,
  shadow: number,
  counts: MirrorCounts,
): Value[] {
  return Object.entries(columns).map(([column, word]) => {
    const sum = counts.sum(shadow, column as MirrorColumn);
    return {
      labels: { mirror: name, ...(label === undefined ? {} : { [label]: word }) },
      value: metric === 'seconds_total' ? sum / 1000 : sum,
    };
  });
}
