/** Medians and paired ratios. */
import assert from 'node:assert/strict';
import { pairedRatio, spreadOf } from '../../../native-bench/statistics.js';

describe('spreadOf', () => {
  it('takes the middle value whatever the order', () => {
    assert.deepEqual(spreadOf([9, 1, 5]), { median: 5, min: 1, max: 9 });
  });

  it('takes the mean of the two middle values of an even count', () => {
    assert.equal(spreadOf([4, 1, 3, 2]).median, 2.5);
  });

  it('leaves the values as they were', () => {
    const values = [3, 1, 2];
    spreadOf(values);
    assert.deepEqual(values, [3, 1, 2]);
  });
});

describe('pairedRatio', () => {
  it('divides round by round before it takes the median', () => {
    // The second round was slow for both: the ratio does not see it.
    assert.deepEqual(pairedRatio([10, 40, 12], [20, 80, 20]), { median: 0.5, min: 0.5, max: 0.6 });
  });

  it('refuses rounds that do not pair', () => {
    assert.throws(() => pairedRatio([1, 2], [1]), /rounds do not pair: 2 and 1/);
  });
});
