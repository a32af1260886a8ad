/**
 * What a run found: as plain data for results/, and as a table for the terminal. A row is a peer; the ratio is drover's
 * processor time divided by that peer's, taken round by round: below 1, drover is the cheaper one.
 */
import type { PeerResult } from './rounds.js';
import type { Scenario } from './scenarios/scenario.js';
import { pairedRatio, type Spread, spreadOf } from './statistics.js';

export interface PeerReport {
  peer: string;
  /** Microseconds of processor time per request. */
  cpu: Spread;
  /** Requests per second. */
  rate: Spread;
  /** Milliseconds. */
  p99?: Spread;
  /** Share of the requests that came from the cache. */
  hits?: Spread;
  /** Bytes. */
  memory: number;
  /** drover's cpu over this peer's; absent for drover, and when drover did not run. */
  ratio?: Spread;
}

export interface ScenarioReport {
  scenario: string;
  asks: string;
  peers: PeerReport[];
  /** Peers that were asked for and are not installed. */
  missing: string[];
}

export function reportScenario(scenario: Scenario, results: PeerResult[], missing: string[]): ScenarioReport {
  const cpuOf = ({ rounds }: PeerResult): number[] => rounds.map(({ cpu }) => cpu);
  const own = results.find(({ peer }) => peer === 'drover');
  const peers = results.map((result): PeerReport => {
    const p99 = result.rounds.flatMap((round) => round.p99 ?? []);
    const hits = result.rounds.flatMap((round) => round.hits ?? []);
    return {
      peer: result.peer,
      cpu: spreadOf(cpuOf(result)),
      rate: spreadOf(result.rounds.map(({ rate }) => rate)),
      memory: result.memory,
      ...(p99.length > 0 ? { p99: spreadOf(p99) } : {}),
      ...(hits.length > 0 ? { hits: spreadOf(hits) } : {}),
      ...(own === undefined || own === result ? {} : { ratio: pairedRatio(cpuOf(own), cpuOf(result)) }),
    };
  });
  return { scenario: scenario.name, asks: scenario.asks, peers, missing };
}

const HEADINGS = [
  'peer',
  'CPU µs/request',
  'spread',
  'requests/s',
  'p99 ms',
  'hits',
  'memory MiB',
  'drover ÷ peer',
  'spread',
];

export function tableOf(report: ScenarioReport): string {
  const rows = report.peers.map(({ peer, cpu, rate, p99, hits, memory, ratio }) => [
    peer,
    cpu.median.toFixed(1),
    range(cpu, 1),
    Math.round(rate.median).toString(),
    p99 === undefined ? '-' : p99.median.toFixed(2),
    hits === undefined ? '-' : `${(hits.median * 100).toFixed(1)} %`,
    (memory / 2 ** 20).toFixed(0),
    ratio === undefined ? '-' : ratio.median.toFixed(2),
    ratio === undefined ? '-' : range(ratio, 2),
  ]);
  const lines = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((row) => row[column]?.length ?? 0)));
  const drawn = lines.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const absent = report.missing.map(
    (peer) => `${peer}: NOT INSTALLED, not measured (native-bench/setup.sh installs it)`,
  );
  return [`${report.scenario}: ${report.asks}`, ...drawn, ...absent].join('\n');
}

function range({ min, max }: Spread, digits: number): string {
  return `${min.toFixed(digits)}–${max.toFixed(digits)}`;
}
