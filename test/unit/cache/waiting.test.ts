/** Waits for another request's fetch: over in every thread when it is, also where the thread that fetched has closed. */
import assert from 'node:assert/strict';
import { Waiting } from '../../../cache/waiting.js';

describe('waiting for a fetch', () => {
  let waiting: Waiting[];
  beforeEach(() => {
    const channel = `test-waiting-${process.pid}-${Math.random()}`;
    waiting = [new Waiting(channel), new Waiting(channel)];
  });
  afterEach(() => {
    for (const one of waiting) one.close();
  });

  function waitAt(index: number): Promise<boolean> {
    return new Promise((onReady) => waiting[index]?.wait('k', { onReady }, 60_000));
  }

  it('is over in every thread', async () => {
    const both = [waitAt(0), waitAt(1)];
    waiting[0]?.wake('k', true);
    assert.deepEqual(await Promise.all(both), [true, true]);
  });

  it('is over when its fetch ends in a thread that has closed', async () => {
    const other = waitAt(1);
    waiting[0]?.close();
    waiting[0]?.wake('k', true);
    assert.equal(await other, true);
  });

  it('is over after its limit, and forgotten by who has left', async () => {
    const gone = { onReady: (): void => assert.fail('it has left') };
    waiting[0]?.wait('k', gone, 5);
    const late = new Promise((onReady) => waiting[0]?.wait('k', { onReady }, 5));
    waiting[0]?.leave('k', gone);
    assert.equal(await late, false);
  });
});
