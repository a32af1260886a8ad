/** When a thread has nothing left to wait for. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Drain } from '../../../../edge/engine/drain.js';

class Engine {
  connections = 0;
  isListening = true;
  readonly bound = { address: '', port: 0 };
  stopListening(): void {
    this.isListening = false;
  }
  close(): void {}
}

describe('a drain', function () {
  this.timeout(30_000);

  function start(live: number, connections: number) {
    const engine = new Engine();
    engine.connections = connections;
    const requests = {
      live,
      isDraining: false,
      drain(): void {
        this.isDraining = true;
      },
      closed: 0,
      closeCrossings(): void {
        this.closed += 1;
      },
    };
    let isDone = false;
    const drain = new Drain([engine], requests, () => {
      isDone = true;
    });
    const done = async (): Promise<void> => {
      while (!isDone) await sleep(10);
    };
    /** After longer than a look at what is open takes to come. */
    const waits = async (): Promise<void> => {
      await sleep(1000);
      assert.equal(isDone, false);
    };
    return { engine, requests, drain, done, waits };
  }

  it('stops listening, and is done when no connection is left', async () => {
    const { engine, requests, drain, done, waits } = start(0, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: false });
    assert.equal(requests.isDraining, true);
    await waits();
    assert.equal(engine.isListening, false);
    engine.connections = 0;
    await done();
  });

  it('closes WebSockets at once only where nothing comes after', () => {
    const { requests, drain } = start(1, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: false });
    assert.equal(requests.closed, 0);
    drain.order({ type: 'drain', deadline: Date.now(), isLast: true });
    assert.equal(requests.closed, 1);
  });

  it('waits for requests whatever its patience with idle connections', async () => {
    const { requests, drain, done, waits } = start(1, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: true });
    await waits();
    requests.live = 0;
    await done();
  });

  it('is over at its deadline', async () => {
    const { drain, done } = start(1, 1);
    drain.order({ type: 'drain', deadline: Date.now(), isLast: false });
    await done();
  });

  it('takes a second order that is stricter', async () => {
    const { drain, done, waits } = start(0, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: false });
    await waits();
    drain.order({ type: 'drain', deadline: Infinity, isLast: true });
    await done();
  });
});
