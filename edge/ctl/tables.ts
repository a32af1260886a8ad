/** What `drover ctl` prints for people: a heading a balancer, and a table of its members in columns. Pure. */
import type { BalancerState, MemberState } from '../admin/state.js';
import { sizeText } from '../admin/status-text.js';

export function statusTables(balancers: readonly BalancerState[]): string {
  if (balancers.length === 0) return 'no balancers\n';
  return balancers.map((balancer) => `${heading(balancer)}${memberTable(balancer.members)}`).join('\n');
}

function heading(balancer: BalancerState): string {
  const { name, lbmethod, stickysession, members, usableMembers, freeSlots, changed } = balancer;
  const words = [lbmethod, `${usableMembers} of ${members.length} usable`];
  if (stickysession !== '') words.push(`stickysession=${stickysession}`);
  if (freeSlots > 0) words.push(`${freeSlots} free`);
  if (changed.length > 0) words.push(`changed live: ${changed.join(' ')}`);
  return `${name}  ${words.join(', ')}\n`;
}

/** Its title, the text of a row in it, and where that stands. */
export type Column<Row> = readonly [string, (row: Row) => string, 'left' | 'right'];

const COLUMNS: readonly Column<MemberState>[] = [
  ['MEMBER', ({ url }) => url, 'left'],
  ['STATUS', ({ status }) => status, 'left'],
  ['FACTOR', ({ loadfactor }) => loadfactor.toFixed(2), 'right'],
  ['SET', ({ lbset }) => String(lbset), 'right'],
  ['ROUTE', ({ route }) => route || '-', 'left'],
  ['ELECTED', ({ elected }) => String(elected), 'right'],
  ['BUSY', ({ busy }) => String(busy), 'right'],
  ['ERRORS', ({ errors }) => String(errors), 'right'],
  ['TO', ({ bytesSent }) => sizeText(bytesSent).trim(), 'right'],
  ['FROM', ({ bytesRead }) => sizeText(bytesRead).trim(), 'right'],
  ['P99', ({ responseTimes }) => (responseTimes === null ? '-' : `${responseTimes.p99Ms} ms`), 'right'],
  ['STATE', ({ state, changed, added }) => state + marks(changed, added), 'left'],
];

function marks(changed: readonly string[], added: boolean): string {
  const words = [
    ...(added ? ['added live'] : []),
    ...(changed.length > 0 ? [`changed: ${changed.join(' ')}`] : []),
  ];
  return words.length === 0 ? '' : ` [${words.join('; ')}]`;
}

export function memberTable(members: readonly MemberState[]): string {
  return textTable(COLUMNS, members);
}

/** Titles and rows, in columns as wide as their longest text. */
export function textTable<Row>(columns: readonly Column<Row>[], items: readonly Row[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...items.map((item) => columns.map(([, text]) => text(item))),
  ];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0;
        return columns[column]?.[2] === 'right' ? cell.padStart(width) : cell.padEnd(width);
      });
      return `  ${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
