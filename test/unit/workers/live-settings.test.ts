import { strict as assert } from 'node:assert';
import { Balancer } from '../../../workers/balancer.js';
import type { BalancerSettings } from '../../../workers/balancer-settings.js';
import { LiveSettings } from '../../../workers/live-settings.js';
import type { MemberSettings } from '../../../workers/member.js';
import { boardBytes, Scoreboard } from '../../../workers/scoreboard.js';
import { balancerSettings, member } from './fixture.js';

const T0 = 1_000_000;

/** Two threads over one scoreboard, with members in slots 0 and 1 and so many spare slots. */
function threads(growth: number, more: Partial<BalancerSettings> = {}) {
  const members = [member(0, { route: 'a' }), member(1, { route: 'b' })];
  const base = {
    members,
    balancers: [balancerSettings(members, { growth, ...more })],
    slots: members.length + growth,
  };
  const buffer = new SharedArrayBuffer(boardBytes(base.slots, 1, 2));
  const board = new Scoreboard(buffer, base.slots, 1, 2);
  for (const each of members) board.seed(each);
  const thread = () => {
    const live = new LiveSettings(base, board);
    const settings = live.balancers[0] as BalancerSettings;
    return { live, settings, balancer: new Balancer(settings, live.membersOf(0), board, live) };
  };
  return { board, one: thread(), other: thread() };
}

function picks(board: Scoreboard, balancer: Balancer, count: number, cookies?: string): string {
  const seen: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const picked = balancer.pick({ path: '/', cookies, hashKey: '' }, T0);
    if (typeof picked === 'string') seen.push(picked);
    else {
      seen.push(String(picked.slot));
      board.leave(picked.slot);
    }
  }
  return seen.join('');
}

describe('live settings', () => {
  it('are as configured at first', () => {
    const { one } = threads(0);
    assert.deepEqual(
      one.live.members.map(({ route }) => route),
      ['a', 'b'],
    );
    assert.deepEqual(one.live.changesOfMember(0), {});
  });

  it('reach another thread at its next pick: a route, and back to the configured one', () => {
    const { board, one, other } = threads(0, {
      sticky: { cookie: 'S', parameter: 'S', separator: '.', scolonpathdelim: false },
    });
    assert.equal(picks(board, other.balancer, 2, 'S=x.b'), '11');
    one.live.changeMember(0, { route: 'b' });
    one.live.changeMember(1, { route: 'z' });
    assert.equal(picks(board, other.balancer, 2, 'S=x.b'), '00');
    one.live.changeMember(0, {});
    one.live.changeMember(1, {});
    assert.equal(picks(board, other.balancer, 2, 'S=x.b'), '11');
  });

  it('change the method and the sticky session of a balancer', () => {
    const { board, one, other } = threads(0);
    one.live.changeBalancer(0, {
      lbmethod: 'bybusyness',
      nofailover: true,
      timeout: 3000,
      maxattempts: 4,
      sticky: { cookie: 'S', parameter: 's', separator: '.', scolonpathdelim: false },
    });
    board.enter(0);
    assert.equal(picks(board, other.balancer, 3), '111');
    assert.equal(other.settings.lbmethod, 'bybusyness');
    assert.equal(other.balancer.maxattempts, 4);
    assert.equal(picks(board, other.balancer, 2, 'S=x.a'), '00');
    one.live.changeBalancer(0, { sticky: null });
    assert.equal(picks(board, other.balancer, 1), '0');
    assert.equal(other.settings.sticky, undefined);
    assert.equal(other.settings.timeout, 0);
  });

  it('add a member to a spare slot, which then gets its turn, and free the slot again', () => {
    const { board, one, other } = threads(2);
    const heard: string[] = [];
    other.live.hear((slot, come) => heard.push(`${slot} ${come?.name}`));
    assert.deepEqual(one.live.growthSlots(0), [2, 3]);
    const added: MemberSettings = member(3);
    board.reseed(added);
    one.live.changeMember(3, { added });
    assert.equal(picks(board, other.balancer, 3).split('').sort().join(''), '013');
    assert.deepEqual(heard, ['3 http://127.0.0.1:9003']);
    one.live.changeMember(3, {});
    assert.equal(picks(board, other.balancer, 4).includes('3'), false);
    assert.deepEqual(heard.slice(1), ['3 undefined']);
    assert.equal(other.live.memberAt(3), undefined);
  });

  it('keep what others said of a slot when another member takes it', () => {
    const { board, one, other } = threads(1);
    for (const port of [7001, 7002]) {
      const added = member(2, { name: `http://127.0.0.1:${port}`, port });
      board.reseed(added);
      one.live.changeMember(2, { added, route: `r${port}` });
      other.live.refresh();
      assert.equal(other.live.memberAt(2)?.port, port);
      assert.equal(other.live.memberAt(2)?.route, `r${port}`);
    }
  });

  it('give a slot to one of two that want it at the same time', () => {
    const { board, one, other } = threads(1);
    const [first, second] = [7001, 7002].map((port) => member(2, { name: `http://127.0.0.1:${port}`, port }));
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(
      one.live.claimSlot(first, () => board.reseed(first)),
      true,
    );
    assert.equal(
      other.live.claimSlot(second, () => assert.fail('it is not free')),
      false,
    );
    assert.equal(other.live.memberAt(2)?.port, 7001);
  });

  it('are those of a member that went and came again while a thread did not look', () => {
    const { one, other } = threads(1);
    const heard: (number | undefined)[] = [];
    other.live.hear((_, come) => heard.push(come?.max));
    for (const max of [1, 5]) {
      one.live.changeMember(2, { added: member(2, { max }) });
      if (max === 1) other.live.refresh();
      if (max === 1) one.live.changeMember(2, {});
    }
    one.live.changeMember(2, { ...one.live.changesOfMember(2), route: 'r' });
    other.live.refresh();
    assert.equal(other.live.memberAt(2)?.max, 5);
    assert.equal(other.live.memberAt(2)?.route, 'r');
    assert.deepEqual(heard, [1, undefined, 5]);
  });

  it('refuse a record that is too long, and change nothing', () => {
    const { one } = threads(0);
    assert.throws(() => one.live.changeMember(0, { route: 'x'.repeat(3000) }), RangeError);
    assert.deepEqual(one.live.changesOfMember(0), {});
  });
});
