/** The table and the chart of a run. */
import assert from 'node:assert/strict';
import { chartOf } from '../../../native-bench/chart.js';
import { reportScenario, tableOf } from '../../../native-bench/report.js';
import type { PeerResult } from '../../../native-bench/rounds.js';
import { proxied1k } from '../../../native-bench/scenarios/proxied-1k.js';

function result(peer: string, cpus: number[]): PeerResult {
  return { peer, memory: 50 * 2 ** 20, rounds: cpus.map((cpu) => ({ cpu, rate: 1e6 / cpu, p99: 2 })) };
}

const RESULTS = [result('drover', [10, 20, 12]), result('nginx', [20, 40, 20])];

describe('reportScenario', () => {
  it('gives every other peer the ratio of drover to it', () => {
    const { peers } = reportScenario(proxied1k, RESULTS, []);
    assert.equal(peers[0]?.ratio, undefined);
    assert.deepEqual(peers[1]?.ratio, { median: 0.5, min: 0.5, max: 0.6 });
  });

  it('has no ratio when drover did not run', () => {
    assert.equal(reportScenario(proxied1k, RESULTS.slice(1), []).peers[0]?.ratio, undefined);
  });
});

describe('tableOf', () => {
  it('has a row for each peer and says who is missing', () => {
    const table = tableOf(reportScenario(proxied1k, RESULTS, ['httpd']));
    assert.match(table, /^nginx +20\.0 +20\.0–40\.0 +50000 +2\.00 +- +50 +0\.50 +0\.50–0\.60$/m);
    assert.match(table, /^httpd: NOT INSTALLED/m);
  });
});

describe('chartOf', () => {
  const chart = chartOf([reportScenario(proxied1k, RESULTS, [])], 'a <machine> & more');

  it('draws a bar for each peer, in proportion to its median', () => {
    const widths = [...chart.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)" height="18"/g)].map(
      ([, width]) => Number(width),
    );
    assert.equal(widths.length, 2);
    assert.ok(Math.abs((widths[0] ?? 0) / (widths[1] ?? 1) - 12 / 20) < 0.01);
  });

  it('keeps every bar and its number within the picture', () => {
    const ends = [...chart.matchAll(/<text x="([\d.]+)" y="\d+">[\d.]+/g)].map(([, x]) => Number(x));
    assert.ok(ends.length === 2 && ends.every((x) => x < 760 - 140));
  });

  it('escapes what it is given', () => {
    assert.match(chart, /a &lt;machine&gt; &amp; more/);
  });
});
