import { strict as assert } from 'node:assert';
import { Balancer } from '../../../workers/balancer.js';
import type { BalancerSettings } from '../../../workers/balancer-settings.js';
import { type MemberSettings, STATUS } from '../../../workers/member.js';
import type { Scoreboard } from '../../../workers/scoreboard.js';
import { balancerSettings, boardFor, member } from './fixture.js';

const T0 = 1_000_000;

interface Pool {
  board: Scoreboard;
  balancer: Balancer;
  /** Names b1, b2 … of the next picks; each leaves again at once. */
  picks(count: number, url?: string, cookies?: string, now?: number): string;
}

function pool(members: MemberSettings[], more: Partial<BalancerSettings> = {}): Pool {
  const board = boardFor(members);
  const balancer = new Balancer(balancerSettings(members, more), members, board);
  return {
    board,
    balancer,
    picks(count, url = '/', cookies = undefined, now = T0) {
      const names: string[] = [];
      for (let i = 0; i < count; i += 1) {
        const picked = balancer.pick({ path: url, cookies, hashKey: '' }, now);
        if (typeof picked === 'string') names.push(picked);
        else {
          names.push(`b${picked.slot + 1}`);
          board.leave(picked.slot);
        }
      }
      return names.join(' ');
    },
  };
}

describe('Balancer', () => {
  it('interleaves factors 3,1,1 as httpd does', () => {
    const p = pool([member(0, { lbfactor: 300 }), member(1), member(2)]);
    assert.equal(p.picks(10), 'b1 b2 b1 b3 b1 b1 b2 b1 b3 b1');
  });

  it('interleaves factors 2.5,1 as httpd does', () => {
    const p = pool([member(0, { lbfactor: 250 }), member(1)]);
    assert.equal(p.picks(14), 'b1 b2 b1 b1 b1 b2 b1 b1 b2 b1 b1 b1 b2 b1');
  });

  it('goes round equal members', () => {
    assert.equal(pool([member(0), member(1), member(2)]).picks(6), 'b1 b2 b3 b1 b2 b3');
  });

  it('replaces a dead member by a hot spare and leaves the standby alone', () => {
    const p = pool([
      member(0),
      member(1, { status: STATUS.O | STATUS.S }),
      member(2, { status: STATUS.O | STATUS.R }),
      member(3, { status: STATUS.O | STATUS.H }),
    ]);
    assert.equal(p.picks(4), 'b1 b3 b1 b3');
  });

  it('serves from the standby when its set has nothing else, before the next set', () => {
    const stopped = STATUS.O | STATUS.S;
    const p = pool([
      member(0, { status: stopped }),
      member(1, { status: STATUS.O | STATUS.H }),
      member(2, { lbset: 1 }),
    ]);
    assert.equal(p.picks(3), 'b2 b2 b2');
  });

  it('falls back to the next set only when the lower one is out', () => {
    const p = pool([
      member(0, { status: STATUS.O | STATUS.D }),
      member(1, { lbset: 1 }),
      member(2, { lbset: 2 }),
    ]);
    assert.equal(p.picks(3), 'b2 b2 b2');
    p.board.clearStatus(0, STATUS.D);
    assert.equal(p.picks(2), 'b1 b1');
  });

  it('gives a drained member to its sessions and to nobody else', () => {
    const p = pool([member(0, { route: 'a', status: STATUS.O | STATUS.N }), member(1, { route: 'b' })], {
      sticky: { cookie: 'SID', parameter: 'SID', separator: '.', scolonpathdelim: false },
    });
    assert.equal(p.picks(3), 'b2 b2 b2');
    assert.equal(p.picks(1, '/', 'SID=x.a'), 'b1');
    assert.equal(p.balancer.isRouteChanged, false);
  });

  it('sends a session of a dead member to its redirect and says that the route changed', () => {
    const members = [
      member(0, { route: 'b9', redirect: 'b2', status: STATUS.O | STATUS.D }),
      member(1, { route: 'b1' }),
      member(2, { route: 'b2' }),
    ];
    const p = pool(members, {
      sticky: { cookie: 'S', parameter: 'S', separator: '.', scolonpathdelim: false },
    });
    assert.equal(p.picks(1, '/', 'S=1.b9'), 'b3');
    assert.equal(p.balancer.isRouteChanged, true);
    assert.equal(p.balancer.route, 'b9');
  });

  it('refuses with nofailover when the session belongs to an unusable member, but balances an unknown route', () => {
    const members = [member(0, { route: 'a', status: STATUS.O | STATUS.D }), member(1, { route: 'b' })];
    const p = pool(members, {
      nofailover: true,
      sticky: { cookie: 'S', parameter: 'S', separator: '.', scolonpathdelim: false },
    });
    assert.equal(p.picks(1, '/', 'S=1.a'), 'route');
    assert.equal(p.picks(1, '/', 'S=1.zz'), 'b2');
  });

  it('keeps a failed member out for its retry time and not longer', () => {
    const p = pool([member(0, { retry: 5000 }), member(1)]);
    p.board.fail(0, 'connection refused', T0);
    assert.equal(p.picks(3, '/', undefined, T0 + 5000), 'b2 b2 b2');
    assert.match(p.picks(2, '/', undefined, T0 + 5001), /b1/);
    assert.equal(p.board.statusOf(0) & STATUS.E, 0);
  });

  it('forgets the errors when every member has one, unless forcerecovery is off', () => {
    const p = pool([member(0), member(1)]);
    p.board.fail(0, 'other', T0);
    p.board.fail(1, 'other', T0);
    assert.equal(p.picks(1), 'b1');
    const strict = pool([member(0), member(1)], { forcerecovery: false });
    strict.board.fail(0, 'other', T0);
    strict.board.fail(1, 'other', T0);
    assert.equal(strict.picks(1), 'none');
  });

  it('does not put a member that ignores errors into error', () => {
    const p = pool([member(0, { status: STATUS.O | STATUS.I })]);
    p.board.fail(0, 'other', T0);
    assert.equal(p.board.statusOf(0) & STATUS.E, 0);
  });

  it('says empty without members', () => {
    assert.equal(pool([]).picks(1), 'empty');
  });

  it('prefers the least busy member by bybusyness, in turn among equals', () => {
    const p = pool([member(0), member(1), member(2)], { lbmethod: 'bybusyness' });
    assert.equal(p.picks(3), 'b1 b2 b3');
    p.board.enter(0);
    p.board.enter(1);
    assert.equal(p.picks(3), 'b3 b3 b3');
  });

  it('keeps its books from falling through their end, and whose turn it is', () => {
    const p = pool([member(0), member(1), member(2)], { lbmethod: 'bybusyness' });
    p.board.enter(1);
    p.board.enter(2);
    p.board.set(0, 'lbstatus', -0x40000000 + 100);
    p.board.set(1, 'lbstatus', 0x30000000);
    p.board.set(2, 'lbstatus', 0x10000000);
    assert.equal(p.picks(2), 'b1 b1');
    assert.ok(p.board.lbstatusOf(0) < -0x1fffffff && p.board.lbstatusOf(0) > -0x21000000);
    assert.ok(Math.abs(p.board.lbstatusOf(1) - 0x18000000) < 1000);
    p.board.enter(0);
    assert.equal(p.picks(2), 'b2 b2');
  });

  it('prefers the least traffic for its factor by bytraffic', () => {
    const p = pool([member(0, { lbfactor: 200 }), member(1)], { lbmethod: 'bytraffic' });
    p.board.addTraffic(0, 1000, 1000);
    p.board.addTraffic(1, 600, 600);
    assert.equal(p.picks(1), 'b1');
    p.board.addTraffic(0, 1000, 1000);
    assert.equal(p.picks(1), 'b2');
  });
});
