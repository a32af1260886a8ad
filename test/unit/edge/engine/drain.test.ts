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
    const done = async (): Promise<boolean> => {
      await sleep(1000);
      return isDone;
    };
    return { engine, requests, drain, done };
  }

  it('stops listening, and is done when no connection is left', async () => {
    const { engine, requests, drain, done } = start(0, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: false });
    assert.equal(requests.isDraining, true);
    assert.equal(await done(), false);
    assert.equal(engine.isListening, false);
    engine.connections = 0;
    assert.equal(await done(), true);
  });

  it('closes WebSockets at once only where nothing comes after', () => {
    const { requests, drain } = start(1, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: false });
    assert.equal(requests.closed, 0);
    drain.order({ type: 'drain', deadline: Date.now(), isLast: true });
    assert.equal(requests.closed, 1);
  });

  it('waits for requests whatever its patience with idle connections', async () => {
    const { requests, drain, done } = start(1, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: true });
    assert.equal(await done(), false);
    requests.live = 0;
    assert.equal(await done(), true);
  });

  it('is over at its deadline', async () => {
    const { drain, done } = start(1, 1);
    drain.order({ type: 'drain', deadline: Date.now(), isLast: false });
    assert.equal(await done(), true);
  });

  it('takes a second order that is stricter', async () => {
    const { drain, done } = start(0, 1);
    drain.order({ type: 'drain', deadline: Infinity, isLast: false });
    assert.equal(await done(), false);
    drain.order({ type: 'drain', deadline: Infinity, isLast: true });
    assert.equal(await done(), true);
  });
});
