/** How it ends: drained or cut, always clean, with nothing left behind. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, StubRun } from './process-run.js';

describe('the end of service', function () {
  this.timeout(120_000);
  let run: StubRun;
  beforeEach(() => {
    run = new StubRun();
  });
  afterEach(() => run.end());

  async function assertClean(): Promise<void> {
    assert.deepEqual(await run.ended(), { code: 0, signal: null });
    await run.edgesGone();
    assert.equal(await run.portIsClosed(), true);
    assert.equal(existsSync(run.pidFile), false);
    assert.doesNotMatch(run.log(), /abort|uv loop|open handles|SIGKILL|SIGABRT/);
  }

  it('on SIGTERM lets a request in flight finish', async () => {
    await run.start();
    const { pid } = await run.ask();
    const slow = run.ask('/slow');
    await run.isUnderWay();
    run.signal('SIGTERM');
    assert.equal((await slow).pid, pid);
    await assertClean();
    assert.match(run.log(), /\[mpm_event:notice\] .*AH00491: caught SIGTERM, shutting down/);
  });

  it('on SIGTERM takes no new connections meanwhile', async () => {
    await run.start();
    const slow = run.ask('/slow');
    await run.isUnderWay();
    run.signal('SIGTERM');
    while (!(await run.portIsClosed())) await sleep(5);
    await slow;
    await assertClean();
  });

  it('on SIGTERM cuts what is left after GracefulShutdownTimeout', async () => {
    await run.start({ gracefulShutdownTimeout: 300 });
    await run.ask();
    const hanging = run.ask('/hang');
    await run.isUnderWay();
    run.signal('SIGTERM');
    await assert.rejects(hanging);
    await assertClean();
  });

  it('on a second SIGTERM cuts at once', async () => {
    await run.start();
    await run.ask();
    const hanging = run.ask('/hang');
    const cut = assert.rejects(hanging);
    await run.isUnderWay();
    run.signal('SIGTERM');
    while (!run.log().includes('AH00491')) await sleep(5);
    run.signal('SIGTERM');
    await cut;
    await assertClean();
  });

  it('on SIGINT cuts at once', async () => {
    await run.start();
    await run.ask();
    const hanging = run.ask('/hang');
    const cut = assert.rejects(hanging);
    await run.isUnderWay();
    run.signal('SIGINT');
    await cut;
    await assertClean();
  });

  it('on SIGWINCH drains, and gives the PID file away at once', async () => {
    await run.start();
    const held = run.ask('/held');
    await run.isUnderWay();
    run.signal('SIGWINCH');
    while (existsSync(run.pidFile)) await sleep(5);
    assert.ok(isAlive(run.pid));
    writeFileSync(join(run.folder, 'go'), '');
    await held;
    await assertClean();
    assert.match(run.log(), /AH00492: caught SIGWINCH, shutting down gracefully/);
  });

  it('can come while it still starts', async () => {
    await run.start();
    run.signal('SIGUSR1');
    while (!run.log().includes('AH00493')) await sleep(2);
    run.signal('SIGTERM');
    await assertClean();
  });

  it('leaves no orphan when the supervisor is killed', async () => {
    await run.start();
    const { pid } = await run.ask();
    const slow = run.ask('/slow');
    await run.isUnderWay();
    run.signal('SIGKILL');
    assert.equal((await slow).pid, pid);
    await run.edgesGone();
    assert.equal(await run.portIsClosed(), true);
  });

  it('writes its own number into the PID file while it runs', async () => {
    await run.start();
    assert.equal(readFileSync(run.pidFile, 'utf8'), `${run.pid}\n`);
  });
});
