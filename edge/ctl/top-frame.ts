/**
 * One picture of `drover top`: the process in a line, its threads, its balancers. Rates are the difference of two
 * readings; a process that has taken over meanwhile begins anew, and so do its rates. Pure.
 */
import type { ProcessState, ThreadState } from '../admin/process-state.js';
import type { BalancerState, MemberState } from '../admin/state.js';
import { sizeText } from '../admin/status-text.js';
import { type Column, textTable } from './tables.js';

/** What is read at one moment. */
export interface Reading {
  /** Ms since the epoch. */
  at: number;
  process: ProcessState;
  balancers: BalancerState[];
}

/** before  undefined for the first picture, which has no rates */
export function topFrame(now: Reading, before: Reading | undefined): string {
  const isSame = before?.process.pid === now.process.pid;
  const rate = new Rates(now, isSame ? before : undefined);
  return `${headline(now, rate)}\n${threadTable(now.process.threads, rate)}${balancersText(now, rate)}`;
}

class Rates {
  readonly #before: Reading | undefined;
  readonly #seconds: number;

  constructor(now: Reading, before: Reading | undefined) {
    this.#before = before;
    this.#seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
  }

  /** A second of it; undefined where nothing was read before. */
  of(value: number, old: (before: Reading) => number | undefined): number | undefined {
    const was = this.#before === undefined ? undefined : old(this.#before);
    return was === undefined || value < was || this.#seconds <= 0 ? undefined : (value - was) / this.#seconds;
  }
}

function number(value: number | undefined, digits = 0): string {
  return value === undefined ? '-' : value.toFixed(digits);
}

function headline({ process }: Reading, rate: Rates): string {
  const { pid, uptimeSeconds, threads, cpuSeconds, residentBytes, descriptors } = process;
  const requests = sum(threads, ({ requests }) => requests);
  const perSecond = rate.of(requests, (before) => sum(before.process.threads, (thread) => thread.requests));
  const cpu = rate.of(cpuSeconds, (before) => before.process.cpuSeconds);
  const words = [
    `edge process ${pid}`,
    `up ${durationText(uptimeSeconds)}`,
    `${number(perSecond)} requests/s`,
    `${sum(threads, ({ live }) => live)} under way`,
    `cpu ${cpu === undefined ? '-' : `${Math.round(cpu * 100)} %`}`,
    `memory ${sizeText(residentBytes).trim()}`,
    `descriptors ${descriptors.open} of ${descriptors.limit}`,
  ];
  return `${words.join(', ')}\n`;
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}:${String(minutes % 60).padStart(2, '0')} h` : `${Math.floor(hours / 24)} d`;
}

function threadTable(threads: readonly ThreadState[], rate: Rates): string {
  const was = (before: Reading, { thread }: ThreadState): ThreadState | undefined =>
    before.process.threads.find((old) => old.thread === thread);
  const columns: Column<ThreadState>[] = [
    ['THREAD', ({ thread }) => String(thread), 'right'],
    ['UNDER WAY', ({ live }) => String(live), 'right'],
    ['REQUESTS/S', (t) => number(rate.of(t.requests, (before) => was(before, t)?.requests)), 'right'],
    ['SENT/S', (t) => bytes(rate.of(t.bytesSent, (before) => was(before, t)?.bytesSent)), 'right'],
    ['REQUESTS', ({ requests }) => String(requests), 'right'],
  ];
  if (threads.some(({ lateMs }) => lateMs !== undefined))
    columns.push(
      ['LATE P99', ({ lateMs }) => number(lateMs?.p99, 1), 'right'],
      ['LATE MAX', ({ lateMs }) => number(lateMs?.max, 1), 'right'],
    );
  return textTable(columns, threads);
}

function bytes(value: number | undefined): string {
  return value === undefined ? '-' : sizeText(Math.round(value)).trim();
}

function balancersText({ balancers }: Reading, rate: Rates): string {
  return balancers
    .map((balancer) => {
      const { name, lbmethod, usableMembers, members } = balancer;
      const heading = `${name}  ${lbmethod}, ${usableMembers} of ${members.length} usable`;
      return `\n${heading}\n${textTable(memberColumns(balancer, rate), members)}`;
    })
    .join('');
}

function memberColumns({ name }: BalancerState, rate: Rates): Column<MemberState>[] {
  const was = (before: Reading, { url }: MemberState): MemberState | undefined =>
    before.balancers.find((old) => old.name === name)?.members.find((old) => old.url === url);
  return [
    ['MEMBER', ({ url }) => url, 'left'],
    ['STATUS', ({ status }) => status, 'left'],
    ['BUSY', ({ busy }) => String(busy), 'right'],
    ['REQUESTS/S', (m) => number(rate.of(m.elected, (before) => was(before, m)?.elected)), 'right'],
    [
      'ERRORS/S',
      (m) =>
        number(
          rate.of(m.errors, (before) => was(before, m)?.errors),
          1,
        ),
      'right',
    ],
    ['P50', ({ responseTimes }) => number(responseTimes?.p50Ms, 1), 'right'],
    ['P99', ({ responseTimes }) => number(responseTimes?.p99Ms, 1), 'right'],
    ['STATE', ({ state }) => state, 'left'],
  ];
}
