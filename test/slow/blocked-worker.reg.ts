/**
 * A worker thread that hangs while all others go on: the service manager hears no more that all is well, the log says
 * which one it is, and before the manager would end the service a successor serves in place of its process.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, StubRun } from '../reg/process-run.js';

describe('a worker thread that hangs', function () {
  this.timeout(240_000);
  const run = new StubRun();
  after(() => run.end());

  it('is told in the log, and its process is replaced', async () => {
    await run.start({}, 2);
    const { pid } = await run.askUntil(({ thread }) => thread === 1);
    void run.ask('/block').catch(() => undefined);
    while (!/worker \d has not answered for 1\d s/.test(run.log())) await sleep(100);
    assert.ok(isAlive(pid));
    const successor = await run.askUntil((answer) => answer.pid !== pid);
    assert.match(run.log(), /edge process \d+ is replaced: worker \d has not answered for \d+ s/);
    // What hangs cannot drain: it is killed when its time is over, and nothing else is.
    while (isAlive(pid)) await sleep(100);
    assert.equal((await run.ask()).pid, successor.pid);
  });
});
