/** What is put off to the end of a turn of the loop is done then, in order, and once. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { TurnEnd } from '../../../workers/turn-end.js';

describe('what is put off to the end of a turn', () => {
  it('is done then, in the order it came, and once', async () => {
    const done: number[] = [];
    const end = new TurnEnd<number>((n) => done.push(n));
    for (const n of [1, 2, 3]) end.add(n);
    assert.deepEqual(done, []);
    await turn();
    await turn();
    assert.deepEqual(done, [1, 2, 3]);
    end.add(4);
    await turn();
    assert.deepEqual(done, [1, 2, 3, 4]);
  });

  it('may be done earlier, and may bring more of it', async () => {
    const done: number[] = [];
    const end: TurnEnd<number> = new TurnEnd((n) => {
      done.push(n);
      if (n === 1) {
        end.add(2);
        end.flush();
      }
    });
    end.add(1);
    end.flush();
    assert.deepEqual(done, [1, 2]);
    await turn();
    await turn();
    assert.deepEqual(done, [1, 2]);
  });
});
