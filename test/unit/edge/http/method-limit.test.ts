import assert from 'node:assert/strict';
import {
  compileLimit,
  intersectLimits,
  isSameLimit,
  type MethodLimit,
} from '../../../../edge/http/method-limit.js';

const only = (...methods: string[]): MethodLimit => ({ methods, isExcept: false });
const except = (...methods: string[]): MethodLimit => ({ methods, isExcept: true });

describe('limits of methods', () => {
  it('take HEAD with GET', () => {
    assert.equal(compileLimit(only('GET'))('HEAD'), true);
    assert.equal(compileLimit(except('GET'))('HEAD'), false);
    assert.equal(compileLimit(except('GET'))('BREW'), true);
  });

  it('leave what both have', () => {
    assert.deepEqual(intersectLimits(undefined, only('A')), only('A'));
    assert.deepEqual(intersectLimits(only('A', 'B'), only('B', 'C')), only('B'));
    assert.deepEqual(intersectLimits(only('A', 'B'), except('B')), only('A'));
    assert.deepEqual(intersectLimits(except('B'), only('A', 'B')), only('A'));
    assert.deepEqual(intersectLimits(except('A'), except('B')), except('A', 'B'));
  });

  it('are the same in any order', () => {
    assert.equal(isSameLimit(only('A', 'B'), only('B', 'A')), true);
    assert.equal(isSameLimit(only('A'), except('A')), false);
    assert.equal(isSameLimit(only('A'), only('A', 'B')), false);
  });
});
