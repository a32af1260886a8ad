import assert from 'node:assert/strict';
import { STATUS } from '../../../workers/member.js';
import { SlowStart } from '../../../workers/slow-start.js';
import { boardFor, member } from './fixture.js';

const T0 = 1_700_000_000_000;

describe('slow start', () => {
  const members = [member(0, { lbfactor: 200, slowstart: 10_000 }), member(1)];
  const board = boardFor(members);
  const slow = new SlowStart(members, board);

  it('leaves members alone that were never out', () => {
    slow.tick(T0);
    assert.deepEqual([board.factorOf(0), board.factorOf(1)], [200, 100]);
  });

  it('holds a member that is out at the beginning of its ramp', () => {
    board.setStatus(0, STATUS.C);
    slow.tick(T0 + 1000);
    assert.equal(board.factorOf(0), 2);
    assert.equal(board.lbfactorOf(0), 200);
  });

  it('grows the factor of a member that came back evenly, to the whole', () => {
    board.clearStatus(0, STATUS.C);
    const factors = [0, 2500, 5000, 9000, 10_000, 20_000].map((after) => {
      slow.tick(T0 + 2000 + after);
      return board.factorOf(0);
    });
    assert.deepEqual(factors, [2, 50, 100, 180, 200, 200]);
  });

  it('begins again when the member goes out on its way', () => {
    board.setStatus(0, STATUS.D);
    slow.tick(T0 + 40_000);
    board.clearStatus(0, STATUS.D);
    slow.tick(T0 + 41_000);
    board.setStatus(0, STATUS.E);
    slow.tick(T0 + 45_000);
    board.clearStatus(0, STATUS.E);
    slow.tick(T0 + 46_000);
    assert.equal(board.factorOf(0), 2);
  });

  it('begins with a member that is added, and goes on with those that were there', () => {
    const [first, second] = [member(0, { slowstart: 1000 }), member(1, { slowstart: 1000 })];
    const rows = boardFor([first, second]);
    const ramps = new SlowStart([first], rows);
    ramps.tick(T0);
    ramps.adopt([first, second]);
    ramps.tick(T0);
    assert.deepEqual([rows.factorOf(0), rows.factorOf(1)], [100, 1]);
    ramps.adopt([first, second]);
    ramps.tick(T0 + 500);
    assert.deepEqual([rows.factorOf(0), rows.factorOf(1)], [100, 50]);
  });

  it('is not needed where no member asks for it', () => {
    assert.equal(new SlowStart([member(0)], boardFor([member(0)])).isNeeded, false);
  });
});
