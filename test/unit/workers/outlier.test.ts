/** Outlier ejection and panic, by a balancer's own clock. */
import assert from 'node:assert/strict';
import { Balancer } from '../../../workers/balancer.js';
import type { BalancerSettings } from '../../../workers/balancer-settings.js';
import { STATUS } from '../../../workers/member.js';
import type { OutlierSettings } from '../../../workers/outlier.js';
import { balancerSettings, boardFor, member } from './fixture.js';

const T0 = 1_700_000_000_000;
const OUTLIER: OutlierSettings = {
  consecutive: 3,
  ratio: 0.5,
  requests: 10,
  window: 10_000,
  time: 30_000,
  maxtime: 100_000,
  share: 0.5,
};

function pool(count: number, more: Partial<BalancerSettings>) {
  const members = Array.from({ length: count }, (_, slot) => member(slot));
  const board = boardFor(members);
  const balancer = new Balancer(balancerSettings(members, more), members, board);
  const pick = (now: number): string => {
    const picked = balancer.pick({ path: '/', cookies: undefined, hashKey: '' }, now);
    if (typeof picked === 'string') return picked;
    board.leave(picked.slot);
    return String(picked.slot);
  };
  const picks = (times: number, now: number): string =>
    Array.from({ length: times }, () => pick(now)).join('');
  /** So many answers of a member; the words of the last. */
  const answers = (slot: number, statuses: number[], now = T0): string | undefined =>
    statuses.map((status) => balancer.hear(slot, status, 5, now)).at(-1);
  const isOut = (slot: number): boolean => (board.statusOf(slot) & STATUS.E) !== 0;
  return { board, balancer, picks, answers, isOut };
}

describe('outlier ejection', () => {
  it('takes a member out after so many errors in a row, with its reason', () => {
    const p = pool(4, { outlier: OUTLIER });
    assert.equal(p.answers(1, [500, 0, 200, 503, 502]), undefined);
    assert.equal(p.isOut(1), false);
    assert.equal(p.answers(1, [500]), 'for 30s: 3 errors in a row');
    assert.equal(p.isOut(1), true);
    assert.equal(p.board.errorReasonOf(1), 'errors in a row');
    assert.equal(p.picks(3, T0), '023');
  });

  it('counts a window too, when it has enough requests', () => {
    const p = pool(4, { outlier: { ...OUTLIER, consecutive: 0 } });
    assert.equal(p.answers(2, [500, 500, 500, 500, 200, 200, 200, 200]), undefined);
    assert.equal(p.answers(2, [200, 500]), 'for 30s: 5 errors of 10 requests');
    assert.equal(p.board.errorReasonOf(2), 'error ratio');
  });

  it('begins a new window when the old one is over', () => {
    const p = pool(4, { outlier: { ...OUTLIER, consecutive: 0 } });
    p.answers(2, [500, 500, 500, 500, 500, 500, 500, 500, 500]);
    assert.equal(p.answers(2, [500], T0 + 10_000), undefined);
  });

  it('does not mind client errors', () => {
    const p = pool(4, { outlier: OUTLIER });
    assert.equal(p.answers(0, Array(50).fill(404)), undefined);
  });

  it('lets it back when its time is over, whatever retry says, and for longer each time', () => {
    const p = pool(4, { outlier: OUTLIER });
    p.answers(1, [500, 500, 500]);
    assert.equal(p.picks(4, T0 + 30_000).includes('1'), false);
    assert.equal(p.picks(4, T0 + 30_001).includes('1'), true);
    assert.equal(p.answers(1, [500, 500, 500], T0 + 31_000), 'for 60s: 3 errors in a row');
    p.picks(4, T0 + 95_000);
    assert.equal(p.answers(1, [500, 500, 500], T0 + 96_000), 'for 90s: 3 errors in a row');
    p.picks(4, T0 + 190_000);
    assert.equal(p.answers(1, [500, 500, 500], T0 + 191_000), 'for 100s: 3 errors in a row');
    p.picks(4, T0 + 300_000);
    assert.equal(p.answers(1, [500, 500, 500], T0 + 500_000), 'for 30s: 3 errors in a row');
  });

  it('never takes out more than its share of the pool, nor the last member', () => {
    const p = pool(4, { outlier: OUTLIER });
    for (const slot of [0, 1, 2, 3]) p.answers(slot, [500, 500, 500, 500]);
    assert.deepEqual(
      [0, 1, 2, 3].map((slot) => p.isOut(slot)),
      [true, true, false, false],
    );
    const one = pool(1, { outlier: { ...OUTLIER, share: 1 } });
    one.answers(0, [500, 500, 500, 500]);
    assert.equal(one.isOut(0), false);
    const two = pool(2, { outlier: { ...OUTLIER, share: 1 } });
    for (const slot of [0, 1]) two.answers(slot, [500, 500, 500, 500]);
    assert.equal(two.picks(2, T0), '11');
  });

  it('leaves a member alone that ignores errors', () => {
    const p = pool(3, { outlier: OUTLIER });
    p.board.setStatus(0, STATUS.I);
    assert.equal(p.answers(0, [500, 500, 500, 500]), undefined);
  });
});

describe('a panic threshold', () => {
  it('overlooks health checks when too few members are usable, and says so once', () => {
    const p = pool(4, { panic: 0.5 });
    p.board.setStatus(0, STATUS.C);
    p.board.setStatus(1, STATUS.C);
    assert.equal(p.picks(4, T0), '2323');
    assert.equal(p.balancer.notice, '');
    p.board.setStatus(2, STATUS.C);
    assert.deepEqual([...p.picks(4, T0)].sort().join(''), '0123');
    assert.match(
      p.balancer.notice,
      /^balancer:\/\/test: 1 of 4 members usable, less than EdgePanicThreshold/,
    );
    p.balancer.notice = '';
    p.picks(1, T0);
    assert.equal(p.balancer.notice, '');
    p.board.clearStatus(2, STATUS.C);
    p.board.clearStatus(0, STATUS.C);
    p.picks(1, T0);
    assert.match(p.balancer.notice, /3 of 4 members usable: health checks and ejections count again/);
  });

  it('never sends requests to members that are disabled or stopped', () => {
    const p = pool(3, { panic: 1 });
    p.board.setStatus(0, STATUS.C);
    p.board.setStatus(1, STATUS.D);
    p.board.setStatus(2, STATUS.S);
    assert.equal(p.picks(3, T0), '000');
  });

  it('prefers members whose check failed to those that cannot be connected to, and these to nobody', () => {
    const p = pool(2, { panic: 1, forcerecovery: false });
    p.board.fail(0, 'connection refused', T0);
    p.board.setStatus(1, STATUS.C);
    assert.equal(p.picks(2, T0), '11');
    p.board.fail(1, 'connection refused', T0);
    assert.equal(p.picks(2, T0).length, 2);
    assert.doesNotMatch(p.picks(2, T0), /none/);
  });

  it('is httpd’s refusal without', () => {
    const p = pool(2, {});
    p.board.setStatus(0, STATUS.C);
    p.board.setStatus(1, STATUS.C);
    assert.equal(p.picks(1, T0), 'none');
  });
});

describe('a retry budget', () => {
  it('allows a share of the requests under way, and three at least', () => {
    const p = pool(2, { retryBudget: 0.2 });
    assert.deepEqual(
      [1, 2, 3, 4].map(() => p.balancer.takeRetry()),
      [true, true, true, false],
    );
    for (let n = 0; n < 30; n += 1) p.board.enter(n % 2);
    assert.deepEqual(
      [4, 5, 6, 7].map(() => p.balancer.takeRetry()),
      [true, true, true, false],
    );
    p.balancer.giveRetries(6);
    assert.equal(p.board.life.retryingOf(0), 0);
  });
});
