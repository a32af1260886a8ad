/** What every balancing method keeps to, whatever it decides by: one suite, run on all of the registry. */
import assert from 'node:assert/strict';
import { Balancer } from '../../../../workers/balancer.js';
import { STATUS } from '../../../../workers/member.js';
import { createMethod, METHOD_NAMES } from '../../../../workers/methods/registry.js';
import { balancerSettings, boardFor, member } from '../fixture.js';

const T0 = 1_700_000_000_000;
const SLOTS = [0, 1, 2, 3, 4];

for (const name of METHOD_NAMES) {
  describe(`method ${name}`, () => {
    const members = SLOTS.map((slot) => member(slot, { lbfactor: 100 * (1 + (slot % 3)) }));
    /** A board on which a heartbeat of every member has just been heard. */
    const make = () => {
      const board = boardFor(members);
      for (const slot of SLOTS) board.life.hearHeartbeat(slot, { ready: 10, busy: 1 }, T0);
      const method = createMethod(name, { nameOf: (slot) => `http://m${slot}`, random: Math.random });
      const balancer = new Balancer(balancerSettings(members, { lbmethod: name }), members, board);
      return { board, method, balancer };
    };
    const ask = (n: number) => ({ hashKey: `key${n}`, path: '/', cookies: undefined });

    it('picks one of the candidates, whichever they are', () => {
      const { board, method } = make();
      for (const candidates of [[0], [4], [1, 3], [0, 2, 4], SLOTS]) {
        for (let n = 0; n < 50; n += 1) {
          const picked = method.pick(board, candidates, ask(n), T0);
          assert.ok(candidates.includes(picked), `${picked} of ${candidates}`);
        }
      }
    });

    it('uses every member sooner or later', () => {
      const { board, balancer } = make();
      const seen = new Set<number>();
      for (let n = 0; n < 500; n += 1) {
        const picked = balancer.pick(ask(n), T0);
        assert.ok(typeof picked !== 'string');
        seen.add(picked.slot);
        board.addTraffic(picked.slot, 100, 1000);
        balancer.hear(picked.slot, 200, 20, T0);
        board.leave(picked.slot);
      }
      assert.deepEqual([...seen].sort(), SLOTS);
    });

    it('never picks a member that is unusable', () => {
      const { board, balancer } = make();
      board.setStatus(1, STATUS.D);
      board.setStatus(2, STATUS.C);
      board.fail(3, 'other', T0);
      for (let n = 0; n < 100; n += 1) {
        const picked = balancer.pick(ask(n), T0);
        assert.ok(typeof picked !== 'string' && [0, 4].includes(picked.slot));
        board.leave(picked.slot);
      }
    });

    it('gives no member twice to a request that has been there', () => {
      const { balancer } = make();
      const tried: number[] = [];
      for (const _ of SLOTS) {
        const picked = balancer.pick(ask(1), T0, tried);
        assert.ok(typeof picked !== 'string');
        assert.ok(!tried.includes(picked.slot));
        tried.push(picked.slot);
      }
      assert.equal(balancer.pick(ask(1), T0, tried), 'none');
    });

    it('counts one election and one busy request a pick, and lbstatus sums to 0', () => {
      const { board, balancer } = make();
      for (let n = 0; n < 100; n += 1) balancer.pick(ask(n), T0);
      const sum = (of: (slot: number) => number): number => SLOTS.reduce((all, slot) => all + of(slot), 0);
      assert.equal(
        sum((slot) => board.electedOf(slot)),
        100,
      );
      assert.equal(
        sum((slot) => board.busyOf(slot)),
        100,
      );
      assert.equal(
        sum((slot) => board.lbstatusOf(slot)),
        0,
      );
    });
  });
}
