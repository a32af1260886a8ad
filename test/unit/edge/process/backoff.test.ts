import assert from 'node:assert/strict';
import { Backoff } from '../../../../edge/process/backoff.js';

describe('the wait before a restart', () => {
  it('is nothing after the first death, however young', () => {
    assert.equal(new Backoff().after(10), 0);
  });

  it('doubles from a quarter second to eight for one that keeps dying young', () => {
    const backoff = new Backoff();
    const waits = Array.from({ length: 9 }, () => backoff.after(100));
    assert.deepEqual(waits, [0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it('starts anew after one that lived five seconds', () => {
    const backoff = new Backoff();
    for (let deaths = 0; deaths < 4; deaths++) backoff.after(100);
    assert.equal(backoff.after(5000), 0);
    assert.equal(backoff.after(100), 250);
  });
});
