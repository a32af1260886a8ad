import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { EdgeError } from '../../../../edge/errors.js';
import { threadCount } from '../../../../edge/process/threads.js';

describe('the number of worker threads', () => {
  it('is what the scheduler offers when nothing is said', () => {
    assert.equal(threadCount({}, false), availableParallelism());
    assert.equal(threadCount({ DROVER_THREADS: '' }, false), availableParallelism());
  });

  it('is what DROVER_THREADS says', () => {
    assert.equal(threadCount({ DROVER_THREADS: '7' }, false), 7);
  });

  it('is one in debug mode, whatever DROVER_THREADS says', () => {
    assert.equal(threadCount({ DROVER_THREADS: '7' }, true), 1);
  });

  for (const value of ['0', '-1', '1.5', 'two', '257']) {
    it(`refuses ${value}`, () => {
      assert.throws(
        () => threadCount({ DROVER_THREADS: value }, false),
        (error) => error instanceof EdgeError && error.code === 'E_THREADS' && error.message.includes(value),
      );
    });
  }
});
