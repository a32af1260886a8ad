import assert from 'node:assert/strict';
import { Turns } from '../../../../edge/process/turns.js';

describe('turns', () => {
  it('run one after the other, also after one that failed', async () => {
    const order: string[] = [];
    const turns = new Turns(() => order.push('done'));
    const first = turns.take(async () => {
      order.push('first begins');
      await Promise.resolve();
      order.push('first ends');
      throw new Error('as told');
    });
    const second = turns.take(async () => void order.push('second'));
    assert.equal(turns.isAnyWaiting, true);
    await assert.rejects(first, /as told/);
    await second;
    assert.equal(turns.isAnyWaiting, false);
    assert.deepEqual(order.slice(0, 4), ['first begins', 'first ends', 'done', 'second']);
  });

  it('end a pause when another is asked for', async () => {
    const turns = new Turns(() => {});
    const pausing = turns.take(() => turns.pause(3_600_000));
    await Promise.resolve();
    await turns.take(async () => {});
    await pausing;
  });
});
