/** What dies is started again: edge processes by the supervisor, worker threads by the control thread. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { StubRun } from './process-run.js';

describe('an edge process that dies', function () {
  this.timeout(120_000);
  let run: StubRun;
  beforeEach(async () => {
    run = new StubRun();
    await run.start();
  });
  afterEach(() => run.end());

  it('is replaced by one that serves the same address, and the log says why', async () => {
    const { pid } = await run.ask();
    process.kill(pid, 'SIGKILL');
    const successor = await run.askUntil((answer) => answer.pid !== pid);
    assert.match(run.log(), new RegExp(`edge process ${pid} ended: signal SIGKILL`));
    while (!run.log().includes(`edge process ${successor.pid} serves in place of ${pid}`)) await sleep(5);
  });

  it('waits a quarter of a second when it dies young a second time', async () => {
    const first = await run.ask();
    process.kill(first.pid, 'SIGKILL');
    const second = await run.askUntil((answer) => answer.pid !== first.pid);
    assert.ok(!run.log().includes('started again in'));
    // The log line of its start follows its first answers; a death before it would be one while starting.
    while (!run.log().includes(`edge process ${second.pid} serves`)) await sleep(5);
    process.kill(second.pid, 'SIGKILL');
    await run.askUntil((answer) => answer.pid !== second.pid);
    assert.ok(run.log().includes('edge process is started again in 0.25 s'));
  });

  it('gives way to a new configuration while it cannot be started again', async () => {
    let { pid } = await run.ask();
    const oldPort = run.port;
    process.kill(pid, 'SIGKILL');
    const thief = createServer();
    while (!(await takes(thief, oldPort))) {
      // On a busy machine a successor may have been quicker than the thief.
      const other = await run.ask().catch(() => undefined);
      if (other === undefined || other.pid === pid) continue;
      pid = other.pid;
      process.kill(pid, 'SIGKILL');
    }
    try {
      while (!run.log().includes('edge process is started again in 0.5 s')) await sleep(5);
      run.port = await freePort();
      run.configure({});
      run.signal('SIGUSR1');
      await run.askUntil((answer) => answer.pid !== pid);
    } finally {
      await new Promise((resolve) => thief.close(resolve));
    }
  });

  it('is replaced while it was being replaced by a graceful restart', async () => {
    const { pid } = await run.ask();
    run.signal('SIGUSR1');
    process.kill(pid, 'SIGKILL');
    await run.askUntil((answer) => answer.pid !== pid);
    while (!run.log().includes('AH00493')) await sleep(5);
    run.signal('SIGTERM');
    assert.deepEqual(await run.ended(), { code: 0, signal: null });
  });
});

describe('a worker thread with an uncaught error', function () {
  this.timeout(120_000);
  let run: StubRun;
  beforeEach(async () => {
    run = new StubRun();
    await run.start();
  });
  afterEach(() => run.end());

  it('is replaced while its process goes on, and the log has the stack', async () => {
    const { pid } = await run.ask();
    await assert.rejects(run.ask('/throw'));
    while (!/worker \d serves again/.test(run.log())) await sleep(5);
    const threads = new Set<number>();
    while (threads.size < 2) {
      const answer = await run.ask();
      assert.equal(answer.pid, pid);
      threads.add(answer.thread);
    }
    assert.match(run.log(), /thrown outside of any request/);
    assert.match(run.log(), /at throwOutside/);
    assert.match(run.log(), /worker \d is replaced/);
  });

  it('is replaced again when it fails again', async () => {
    const { pid } = await run.ask();
    for (let times = 1; times <= 3; times++) {
      await assert.rejects(run.ask('/throw'));
      while ((run.log().match(/worker \d serves again/g) ?? []).length < times) await sleep(5);
    }
    assert.equal((await run.ask()).pid, pid);
  });
});

function takes(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}
