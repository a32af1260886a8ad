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

const COLUMNS: readonly [string, (member: MemberState) => string, 'left' | 'right'][] = [
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
  const rows = [COLUMNS.map(([title]) => title), ...members.map((m) => COLUMNS.map(([, text]) => text(m)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0;
        return COLUMNS[column]?.[2] === 'right' ? cell.padStart(width) : cell.padEnd(width);
      });
      return `  ${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
