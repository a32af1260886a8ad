/** What has happened to members is found again by balancer and URL; what a file says of them is the file's. */
import assert from 'node:assert/strict';
import { addLate, carry, takeOver } from '../../../workers/carry.js';
import { type MemberSettings, STATUS } from '../../../workers/member.js';
import { balancerSettings, boardFor, member } from './fixture.js';

const URL_A = 'http://a.test';
const URL_B = 'http://b.test';

function configured(members: MemberSettings[], name = 'balancer://x') {
  return { members, balancers: [balancerSettings(members, { name })] };
}

describe('members’ rows over a handover', () => {
  const old = [member(0, { name: URL_A }), member(1, { name: URL_B })];

  it('are found by URL, in whatever slot', () => {
    const before = boardFor(old);
    before.fail(1, 'connection refused', 12_345);
    before.addLbstatus(0, 7);
    before.elect(0);
    before.enter(0);
    const members = [
      member(0, { name: 'http://new.test' }),
      member(1, { name: URL_B }),
      member(2, { name: URL_A }),
    ];
    const after = boardFor(members);
    takeOver(after, configured(members), carry(before, configured(old)));
    assert.equal(after.statusOf(1) & STATUS.E, STATUS.E);
    assert.equal(after.errorTimeOf(1), 12_345);
    assert.equal(after.errorReasonOf(1), 'connection refused');
    assert.deepEqual([after.lbstatusOf(2), after.electedOf(2), after.busyOf(2)], [7, 1, 0]);
    assert.deepEqual([after.statusOf(0), after.electedOf(0)], [STATUS.O, 0]);
  });

  it('keep flags, factor and set as the file says them, whatever they were', () => {
    const before = boardFor(old);
    before.setStatus(0, STATUS.D);
    before.fail(0, 'other', 1);
    before.set(0, 'lbfactor', 300);
    before.set(0, 'factor', 3);
    before.set(0, 'lbset', 2);
    const fresh = [member(0, { name: URL_A, status: STATUS.O | STATUS.H, lbfactor: 200, lbset: 1 })];
    const after = boardFor(fresh);
    takeOver(after, configured(fresh), carry(before, configured(old)));
    assert.equal(after.statusOf(0), STATUS.O | STATUS.H | STATUS.E);
    assert.deepEqual([after.lbfactorOf(0), after.factorOf(0), after.lbsetOf(0)], [200, 200, 1]);
  });

  it('are another balancer’s when the balancer has another name', () => {
    const before = boardFor(old);
    before.fail(0, 'other', 1);
    const after = boardFor(old);
    takeOver(after, configured(old, 'balancer://y'), carry(before, configured(old)));
    assert.equal(after.statusOf(0), STATUS.O);
  });

  it('lose a failed health check that nobody would repeat', () => {
    const before = boardFor(old);
    before.setStatus(0, STATUS.C);
    const after = boardFor(old);
    takeOver(after, configured(old), carry(before, configured(old)));
    assert.equal(after.statusOf(0), STATUS.O);
  });

  it('get what was counted after the handover', () => {
    const before = boardFor(old);
    before.elect(0);
    const first = carry(before, configured(old));
    const after = boardFor(old);
    takeOver(after, configured(old), first);
    after.elect(0);
    before.elect(0);
    before.addTraffic(0, 10, 20);
    addLate(after, configured(old), first, carry(before, configured(old)));
    assert.deepEqual([after.electedOf(0), after.sentOf(0), after.readOf(0)], [3, 10, 20]);
  });
});
