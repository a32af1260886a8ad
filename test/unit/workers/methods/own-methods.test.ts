/** The methods that httpd has not: leasttime, random2, hash. */
import assert from 'node:assert/strict';
import type { Method } from '../../../../workers/methods/method.js';
import { createMethod } from '../../../../workers/methods/registry.js';
import { boardFor, member } from '../fixture.js';

const T0 = 1_700_000_000_000;
const NOBODY = { hashKey: '' };

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const methodOf = (name: string): Method =>
  createMethod(name, { nameOf: (slot) => `http://10.0.0.${slot}:8080`, random: seeded(7) });

describe('leasttime', () => {
  const board = boardFor([member(0), member(1), member(2, { lbfactor: 200 })]);
  const method = methodOf('leasttime');

  it('serves in turn while nothing is known', () => {
    const picks = Array.from({ length: 4 }, () => method.pick(board, [0, 1], NOBODY, T0));
    assert.deepEqual(picks, [0, 1, 0, 1]);
  });

  it('prefers the member that answers sooner, until its line is as long', () => {
    for (let n = 0; n < 50; n += 1) {
      board.observeTime(0, 100, T0);
      board.observeTime(1, 25, T0);
    }
    assert.equal(method.pick(board, [0, 1], NOBODY, T0), 1);
    for (let n = 0; n < 4; n += 1) board.enter(1);
    assert.equal(method.pick(board, [0, 1], NOBODY, T0), 0);
    for (let n = 0; n < 4; n += 1) board.leave(1);
  });

  it('tries a member again whose slow times are long ago', () => {
    board.enter(1);
    assert.equal(method.pick(board, [0, 1], NOBODY, T0), 1);
    board.observeTime(1, 25, T0 + 60_000);
    assert.equal(method.pick(board, [0, 1], NOBODY, T0 + 60_000), 0);
    board.leave(1);
  });

  it('lets a factor of two outweigh a time twice as long', () => {
    for (let n = 0; n < 80; n += 1) {
      board.observeTime(1, 50, T0);
      board.observeTime(2, 90, T0);
    }
    assert.equal(method.pick(board, [1, 2], NOBODY, T0), 2);
  });
});

describe('random2', () => {
  it('takes the less busy one of two, and so of two members always that', () => {
    const board = boardFor([member(0), member(1)]);
    const method = methodOf('random2');
    board.enter(0);
    for (let n = 0; n < 50; n += 1) assert.equal(method.pick(board, [0, 1], NOBODY, T0), 1);
  });

  it('spreads by the factors while all are idle', () => {
    const board = boardFor([member(0, { lbfactor: 300 }), member(1), member(2)]);
    const method = methodOf('random2');
    let first = 0;
    for (let n = 0; n < 5000; n += 1) if (method.pick(board, [0, 1, 2], NOBODY, T0) === 0) first += 1;
    assert.ok(Math.abs(first / 5000 - 0.6) < 0.03, `${first} of 5000`);
  });
});

describe('hash', () => {
  const slots = (count: number): number[] => Array.from({ length: count }, (_, slot) => slot);
  const board = boardFor(slots(12).map((slot) => member(slot)));

  it('gives a key to the same member whatever the order of the others', () => {
    const one = methodOf('hash');
    const other = methodOf('hash');
    for (let n = 0; n < 200; n += 1) {
      const asker = { hashKey: `/page/${n}` };
      const picked = one.pick(board, slots(10), asker, T0);
      assert.equal(other.pick(board, slots(10).reverse(), asker, T0), picked);
    }
  });

  it('gives only the keys of a member that is out to others, and evenly', () => {
    const method = methodOf('hash');
    const heirs = new Set<number>();
    for (let n = 0; n < 2000; n += 1) {
      const asker = { hashKey: `/page/${n}` };
      const before = method.pick(board, slots(10), asker, T0);
      const after = method.pick(
        board,
        slots(10).filter((slot) => slot !== 4),
        asker,
        T0,
      );
      if (before === 4) heirs.add(after);
      else assert.equal(after, before);
    }
    assert.equal(heirs.size, 9);
  });

  it('passes over a member that has far more than its share under way', () => {
    const method = methodOf('hash');
    const asker = { hashKey: 'popular' };
    const home = method.pick(board, slots(10), asker, T0);
    let homes = 0;
    const entered: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      const picked = method.pick(board, slots(10), asker, T0);
      if (picked === home) homes += 1;
      board.enter(picked);
      entered.push(picked);
    }
    for (const slot of entered) board.leave(slot);
    assert.ok(homes >= 10 && homes <= 14, `${homes} of 100 at the home of the key`);
  });
});
