import assert from 'node:assert/strict';
import { type Readiness, type ReadinessInputs, readinessOf } from '../../../../edge/health/readiness.js';
import type { BalancerSettings } from '../../../../workers/balancer-settings.js';
import { type MemberSettings, STATUS } from '../../../../workers/member.js';

const NOW = 1_000_000;
const RETRY = 60_000;

interface MemberState {
  status: number;
  errorTime?: number;
}

function readiness(states: MemberState[], changes: Partial<ReadinessInputs> = {}): Readiness {
  const members = states.map(
    (_, slot) => ({ slot, name: `http://m${slot}`, retry: RETRY }) as MemberSettings,
  );
  const balancer = { name: 'balancer://herd', members: states.map((_, slot) => slot) } as BalancerSettings;
  return readinessOf({
    settings: { members, balancers: [balancer] },
    board: {
      statusOf: (slot) => states[slot]?.status ?? 0,
      errorTimeOf: (slot) => states[slot]?.errorTime ?? 0,
    },
    phase: 'serving',
    silentThreads: [],
    now: NOW,
    ...changes,
  });
}

const OK = { status: STATUS.O };

describe('readiness', () => {
  it('is given while each balancer has a usable member', () => {
    const inError = { status: STATUS.O | STATUS.E, errorTime: NOW };
    assert.deepEqual(readiness([inError, OK]), { isLive: true, isReady: true, reasons: [] });
  });

  it('is lost when a balancer has none, naming each member with its flags', () => {
    const result = readiness([
      { status: STATUS.O | STATUS.E, errorTime: NOW },
      { status: STATUS.O | STATUS.D | STATUS.S },
    ]);
    assert.equal(result.isReady, false);
    assert.equal(result.isLive, true);
    assert.deepEqual(result.reasons, ['balancer://herd has no usable member: http://m0 E, http://m1 DS']);
  });

  it('counts a member in error whose retry time is over, since only traffic can bring it back', () => {
    assert.equal(readiness([{ status: STATUS.O | STATUS.E, errorTime: NOW - RETRY }]).isReady, true);
    assert.equal(readiness([{ status: STATUS.O | STATUS.E, errorTime: NOW - RETRY + 1 }]).isReady, false);
  });

  it('does not count a disabled member whose retry time is over', () => {
    assert.equal(readiness([{ status: STATUS.O | STATUS.E | STATUS.D, errorTime: 0 }]).isReady, false);
  });

  it('asks nothing of a balancer without members', () => {
    assert.equal(readiness([]).isReady, true);
  });

  it('is lost while starting and while draining, but the process is live', () => {
    for (const phase of ['starting', 'draining'] as const) {
      assert.deepEqual(readiness([OK], { phase }), { isLive: true, isReady: false, reasons: [phase] });
    }
  });

  it('and liveness are lost when a thread is silent', () => {
    const result = readiness([OK], { silentThreads: [1] });
    assert.deepEqual(result, { isLive: false, isReady: false, reasons: ['worker 1 does not answer'] });
  });
});
