/** What health checks do to a member: counts, flag, log lines; the answers are handed in. */
import assert from 'node:assert/strict';
import { HealthChecks, judgeStatus } from '../../../workers/health.js';
import { type HealthCheckSettings, STATUS } from '../../../workers/member.js';
import type { CheckReason } from '../../../workers/scoreboard-layout.js';
import type { ProbeResult } from '../../../workers/upstream/probe.js';
import { boardFor, member } from './fixture.js';

const T0 = 1_700_000_000_000;
const HEALTH: HealthCheckSettings = {
  method: 'GET',
  interval: 1000,
  passes: 2,
  fails: 3,
  uri: '/healthz',
  expression: '',
};

function resultOf(reason: CheckReason, status?: number): ProbeResult {
  const head =
    status === undefined ? undefined : { status, reason: '', fields: [], length: 0, isChunked: false };
  return {
    reason,
    address: '127.0.0.1',
    osError: reason === 'connection refused' ? { number: 111, text: 'Connection refused' } : undefined,
    head: head as ProbeResult['head'],
    body: '',
  };
}

/** Checks of one member or several whose answers a test gives by hand. */
class Bench {
  readonly board;
  readonly lines: string[] = [];
  readonly checks: HealthChecks;
  now = T0;
  /** What waits for an answer, by slot. */
  readonly open = new Map<number, (result: ProbeResult) => void>();

  constructor(count = 1, size = 16) {
    const members = Array.from({ length: count }, (_, slot) => member(slot));
    this.board = boardFor(members);
    this.checks = new HealthChecks({
      board: this.board,
      now: () => this.now,
      size,
      probe: ({ slot }, _health, done) => {
        this.open.set(slot, done);
        return { cancel: () => this.open.delete(slot) };
      },
      judge: (_member, _health, result) => judgeStatus(result),
      report: (_member, { level, text }) => {
        if (level !== 'debug') this.lines.push(text);
      },
    });
    for (const each of members) this.checks.watch(each, HEALTH);
  }

  /** The next check of slot 0 ends like this. */
  answer(reason: CheckReason, status?: number, slot = 0): void {
    this.now += HEALTH.interval;
    this.checks.tick();
    const done = this.open.get(slot);
    assert.ok(done !== undefined, 'no check is under way');
    this.open.delete(slot);
    done(resultOf(reason, status));
  }

  get isOut(): boolean {
    return (this.board.statusOf(0) & STATUS.C) !== 0;
  }
}

describe('health checks', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(() => bench.checks.stop());

  it('take a member out after hcfails failures, in a row or not', () => {
    bench.answer('passed', 500);
    bench.answer('passed', 200);
    bench.answer('connection refused');
    assert.equal(bench.isOut, false);
    bench.answer('connection closed');
    assert.equal(bench.isOut, true);
    assert.deepEqual(bench.lines, [
      'AH00957: HCOH: attempt to connect to 127.0.0.1:9000 (127.0.0.1:9000) failed',
      'AH03303: Threaded Health check DISABLING http://127.0.0.1:9000',
    ]);
    assert.equal(bench.board.errorReasonOf(0), 'health check');
  });

  it('take it back after hcpasses successes, and forget an error of traffic too', () => {
    for (let n = 0; n < 3; n += 1) bench.answer('passed', 503);
    bench.board.setStatus(0, STATUS.E);
    bench.answer('passed', 399);
    assert.equal(bench.isOut, true);
    bench.answer('passed', 200);
    assert.equal(bench.board.statusOf(0) & (STATUS.C | STATUS.E), 0);
    assert.match(bench.lines.at(-1) ?? '', /^AH03302: Threaded Health check ENABLING/);
  });

  it('count from zero after each change', () => {
    for (let n = 0; n < 3; n += 1) bench.answer('passed', 503);
    for (let n = 0; n < 2; n += 1) bench.answer('passed', 200);
    for (let n = 0; n < 2; n += 1) bench.answer('passed', 503);
    assert.equal(bench.isOut, false);
    assert.equal(bench.board.checkCountOf(0, 'hcFails'), 2);
    assert.equal(bench.board.checkCountOf(0, 'hcPasses'), 0);
  });

  it('remember the last eight checks with time, duration and reason', () => {
    for (let n = 0; n < 9; n += 1) bench.answer('passed', 200);
    bench.answer('no answer in time');
    const checks = bench.board.checksOf(0);
    assert.equal(checks.length, 8);
    const at = Math.floor(bench.now / 1000) * 1000;
    assert.deepEqual(checks[0], { at, duration: 0, reason: 'no answer in time', status: 0 });
    assert.deepEqual(checks[1], { at: at - 1000, duration: 0, reason: 'passed', status: 200 });
  });

  it('ask a member once at a time, and not before hcinterval is over', () => {
    bench.checks.tick();
    assert.equal(bench.open.size, 1);
    const first = bench.open.get(0);
    bench.now += 5000;
    bench.checks.tick();
    assert.equal(bench.open.get(0), first);
    bench.open.clear();
    first?.(resultOf('passed', 200));
    bench.now += 999;
    bench.checks.tick();
    assert.equal(bench.open.size, 0);
    bench.now += 1;
    bench.checks.tick();
    assert.equal(bench.open.size, 1);
  });

  it('leave stopped members alone, and ask disabled ones', () => {
    bench.board.setStatus(0, STATUS.S);
    bench.checks.tick();
    assert.equal(bench.open.size, 0);
    bench.board.clearStatus(0, STATUS.S);
    bench.board.setStatus(0, STATUS.D);
    bench.checks.tick();
    assert.equal(bench.open.size, 1);
  });

  it('follow new settings, and end with them', () => {
    bench.checks.tick();
    bench.checks.watch(member(0), { ...HEALTH, fails: 1 });
    assert.equal(bench.open.size, 0);
    bench.answer('passed', 404);
    assert.equal(bench.isOut, true);
    bench.checks.watch(member(0), undefined);
    bench.now += 60_000;
    bench.checks.tick();
    assert.equal(bench.open.size, 0);
  });

  it('ask at most ProxyHCTPsize members at once, and with 0 one after the other', () => {
    for (const [size, open] of [
      [2, 2],
      [0, 1],
    ] as const) {
      const many = new Bench(5, size);
      many.checks.tick();
      assert.equal(many.open.size, open);
      many.answer('passed', 200);
      many.checks.tick();
      assert.equal(many.open.size, open);
      many.checks.stop();
    }
  });
});
