/** An address of the `node` engine is bound by the supervisor and survives every edge process that listens on it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../edge/settings.js';
import { freePort } from '../../native-bench/free-port.js';
import { isAlive, StubRun } from './process-run.js';
import { plainSettings } from './process-settings.js';

describe('an address of the node engine', function () {
  this.timeout(120_000);
  let run: StubRun;
  beforeEach(async () => {
    run = new StubRun('process-stub-held.js');
    await run.start(nodeEngine());
  });
  afterEach(() => run.end());

  function nodeEngine(): Partial<Settings> {
    const { servers } = plainSettings(run.folder, 0);
    return { servers: servers.map((server) => ({ ...server, engine: 'node' as const })) };
  }

  it('is accepted on by every thread', async () => {
    const threads = new Set<number>();
    while (threads.size < 2) threads.add((await run.ask()).thread);
  });

  it('refuses no connection while a new generation takes over', async () => {
    const { pid } = await run.ask();
    run.signal('SIGUSR1');
    while (isAlive(pid)) await run.ask(); // a refused connection fails the test
    assert.notEqual((await run.ask()).pid, pid);
  });

  it('keeps connections waiting while a dead edge process is started again', async () => {
    const { pid } = await run.ask();
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await sleep(1);
    assert.notEqual((await run.ask()).pid, pid);
  });

  it('leads to a successor when a thread has lost its descriptor', async () => {
    const { pid } = await run.ask();
    await assert.rejects(run.ask('/throw'));
    await run.askUntil((answer) => answer.pid !== pid);
    assert.match(run.log(), /no descriptor is left/);
  });

  it('is closed when the configuration no longer has it', async () => {
    const { pid } = await run.ask();
    const oldPort = run.port;
    run.port = await freePort();
    run.configure(nodeEngine());
    run.signal('SIGUSR1');
    await run.askUntil((answer) => answer.pid !== pid);
    while (isAlive(pid)) await sleep(5);
    run.port = oldPort;
    assert.equal(await run.portIsClosed(), true);
  });

  it('is closed at the end', async () => {
    run.signal('SIGTERM');
    assert.deepEqual(await run.ended(), { code: 0, signal: null });
    assert.equal(await run.portIsClosed(), true);
  });
});
