import assert from 'node:assert/strict';
import { type ReadStage, TimedBody } from '../../../../edge/engine/read-timeout.js';
import { Deadlines } from '../../../../workers/upstream/deadlines.js';

const STAGE: ReadStage = { first: 20_000, most: 40_000, minRate: 500 };

function timed(stage: ReadStage): { body: TimedBody; heard: number[]; deadlines: Deadlines } {
  const heard: number[] = [];
  const deadlines = new Deadlines();
  const reader = { onBody: (chunk: Buffer) => heard.push(chunk.length), onBodyBroken: () => heard.push(-1) };
  const body = new TimedBody(reader, stage, deadlines, () => heard.push(-2), 1000);
  return { body, heard, deadlines };
}

describe('time of a body', () => {
  it('grows with what comes, at the least rate, up to the most', () => {
    const { body } = timed(STAGE);
    assert.equal(body.deadline, 21_000);
    body.onBody(Buffer.alloc(1000), false);
    assert.equal(body.deadline, 23_000);
    body.onBody(Buffer.alloc(100_000), false);
    assert.equal(body.deadline, 41_000);
    body.end();
  });

  it('stays as it is without a rate', () => {
    const { body } = timed({ first: 10_000, most: 0, minRate: 0 });
    body.onBody(Buffer.alloc(100_000), false);
    assert.equal(body.deadline, 11_000);
    body.end();
  });

  it('does not run while the member is the slower one', () => {
    const { body, deadlines } = timed(STAGE);
    body.pause(5000);
    assert.equal(deadlines.isIdle, true);
    body.resume(9000);
    assert.equal(body.deadline, 25_000);
    body.onBody(Buffer.alloc(500), false);
    assert.equal(body.deadline, 26_000);
    body.end();
  });

  it('is over with the last piece, and tells nothing after that', () => {
    const { body, heard, deadlines } = timed(STAGE);
    body.onBody(Buffer.alloc(3), true);
    assert.equal(deadlines.isIdle, true);
    body.onDeadline();
    assert.deepEqual(heard, [3]);
  });

  it('is told once it has run out', () => {
    const { body, heard } = timed(STAGE);
    body.onDeadline();
    assert.deepEqual(heard, [-2]);
    body.end();
  });
});
