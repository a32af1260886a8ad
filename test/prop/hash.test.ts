/** lbmethod=hash: adding one member of ten moves at most 12 % of the keys, whatever members and keys are called. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Hash } from '../../workers/methods/hash.js';
import { boardFor, member } from '../unit/workers/fixture.js';

const SLOTS = Array.from({ length: 11 }, (_, slot) => slot);
const KEYS = 4000;

describe('lbmethod=hash', function () {
  this.timeout(30_000);

  it('moves at most 12 % of the keys when an eleventh member comes, and only to it', () => {
    const board = boardFor(SLOTS.map((slot) => member(slot)));
    const names = fc.uniqueArray(fc.webUrl(), { minLength: 11, maxLength: 11 });
    fc.assert(
      fc.property(names, fc.string(), (urls, prefix) => {
        const method = new Hash({ nameOf: (slot) => urls[slot] as string, random: Math.random });
        const ten = SLOTS.slice(0, 10);
        let moved = 0;
        for (let n = 0; n < KEYS; n += 1) {
          const asker = { hashKey: `${prefix}/${n}` };
          const before = method.pick(board, ten, asker);
          const after = method.pick(board, SLOTS, asker);
          if (after === before) continue;
          assert.equal(after, 10);
          moved += 1;
        }
        assert.ok(moved > 0 && moved <= 0.12 * KEYS, `${moved} of ${KEYS} moved`);
      }),
      { numRuns: 30 },
    );
  });

  it('spreads keys evenly, by the factors', () => {
    const factors = [100, 100, 200, 400];
    const board = boardFor(factors.map((lbfactor, slot) => member(slot, { lbfactor })));
    fc.assert(
      fc.property(fc.uniqueArray(fc.webUrl(), { minLength: 4, maxLength: 4 }), (urls) => {
        const method = new Hash({ nameOf: (slot) => urls[slot] as string, random: Math.random });
        const counts = [0, 0, 0, 0];
        for (let n = 0; n < KEYS; n += 1) {
          const slot = method.pick(board, [0, 1, 2, 3], { hashKey: `user-${n}` });
          counts[slot] = (counts[slot] ?? 0) + 1;
        }
        for (const [slot, factor] of factors.entries()) {
          const share = (counts[slot] ?? 0) / KEYS;
          assert.ok(Math.abs(share - factor / 800) < 0.04, `slot ${slot}: ${share}`);
        }
      }),
      { numRuns: 30 },
    );
  });
});
