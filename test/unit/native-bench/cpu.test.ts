/** Reading of /proc: by samples of its text, and once by a process that works. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuMicros, memoryBytes, parsePss, parseStat, treeOf } from '../../../native-bench/cpu.js';

describe('parseStat', () => {
  it('adds own and waited-for time of both kinds', () => {
    const line = '42 (nginx) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 3 4 20 0 1 0 5000 1 2 3';
    assert.deepEqual(parseStat(line), { pid: 42, parent: 7, ticks: 40 });
  });

  it('is not misled by blanks and brackets in the name', () => {
    const line = '43 (a) b (c) R 8 43 43 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 5000 1 2 3';
    assert.deepEqual(parseStat(line), { pid: 43, parent: 8, ticks: 3 });
  });
});

describe('parsePss', () => {
  it('reads kilobytes as bytes', () => {
    assert.equal(parsePss('Rss:  900 kB\nPss:                 384 kB\nPss_Dirty: 12 kB\n'), 384 * 1024);
  });

  it('is 0 for a process that has gone', () => {
    assert.equal(parsePss(''), 0);
  });
});

describe('treeOf', () => {
  it('finds children of children, in whatever order they are listed', () => {
    const row = (pid: number, parent: number) => ({ pid, parent, ticks: 0 });
    const found = treeOf(2, [row(5, 4), row(4, 2), row(3, 1), row(2, 1), row(1, 0)]);
    assert.deepEqual(
      found.map(({ pid }) => pid),
      [5, 4, 2],
    );
  });
});

describe('cpuMicros and memoryBytes', () => {
  it('see the work and the memory of a child of the process', async function () {
    // Two processes start, one after the other.
    this.timeout(30_000);
    const work =
      'const end = process.cpuUsage().user + 60_000; while (process.cpuUsage().user < end); console.log(1);';
    const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`${work} setTimeout(() => {}, 9000)`)}], { stdio: ['ignore', 'inherit', 'ignore'] })`;
    const parent = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    try {
      await once(parent.stdout, 'data');
      assert.ok(cpuMicros(parent.pid ?? 0) >= 60_000);
      assert.ok(memoryBytes(parent.pid ?? 0) > 10 * 2 ** 20);
    } finally {
      process.kill(-(parent.pid ?? 0), 'SIGKILL');
    }
  });
});
