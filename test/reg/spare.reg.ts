/** The edge process in reserve: what it is there for, and that nobody misses it when it is not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { isAlive, StubRun } from './process-run.js';
import { RawOrigin } from './raw-origin.js';
import { pidOf, processesOf, terminate, upgrade } from './upgrade-run.js';

function sparesOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number).filter(isSpare);
}

function isSpare(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('drover-spare');
  } catch {
    return false; // it has ended since it was listed
  }
}

/** The spare of a supervisor, once there is one besides those. */
async function spareOf(pid: number, ...known: number[]): Promise<number> {
  for (;;) {
    const spare = sparesOf(pid).find((one) => !known.includes(one));
    if (spare !== undefined) return spare;
    await sleep(5);
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(5);
}

describe('a spare edge process', function () {
  this.timeout(30_000);
  let run: StubRun;
  let edge: number;
  let spare: number;
  beforeEach(async () => {
    run = new StubRun('process-stub-serve.js', 0);
    await run.start();
    edge = (await run.ask()).pid;
    spare = await spareOf(run.pid);
  });
  afterEach(() => run.end());

  it('serves with all threads in place of one that dies, and has a spare of its own then', async () => {
    process.kill(edge, 'SIGKILL');
    assert.equal((await run.askUntil(({ pid }) => pid !== edge)).pid, spare);
    const threads = new Set<number>();
    while (threads.size < 2) threads.add((await run.ask()).thread);
    while (!run.log().includes(`edge process ${spare} serves in place of ${edge}`)) await sleep(5);
    assert.equal(isSpare(spare), false, 'its name is that of an edge process');
    assert.match(run.log(), new RegExp(`edge process ${edge} ended: signal SIGKILL`));
    await spareOf(run.pid, spare);
  });

  it('replaces a thread that fails, as any edge process does', async () => {
    process.kill(edge, 'SIGKILL');
    await run.askUntil(({ pid }) => pid === spare);
    while (!run.log().includes(`edge process ${spare} serves in place`)) await sleep(5);
    for (let times = 1; times <= 3; times++) {
      await assert.rejects(run.ask('/throw'));
      while ((run.log().match(/worker \d serves again/g) ?? []).length < times) await sleep(5);
    }
    assert.equal((await run.ask()).pid, spare);
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`may be ended by ${signal}: it is told, what serves goes on, and is replaced by a fresh one`, async () => {
      process.kill(spare, signal);
      while (!run.log().includes(`spare edge process ${spare} ended: signal SIGKILL`)) await sleep(5);
      assert.equal((await run.ask()).pid, edge);
      assert.deepEqual(sparesOf(run.pid), [], 'the next one has time');
      process.kill(edge, 'SIGKILL');
      assert.notEqual((await run.askUntil(({ pid }) => pid !== edge)).pid, spare);
    });
  }

  it('that dies together with what serves leaves the place to a fresh one', async () => {
    process.kill(spare, 'SIGKILL');
    process.kill(edge, 'SIGKILL');
    const fresh = await run.askUntil(({ pid }) => pid !== edge && pid !== spare);
    while (!run.log().includes(`edge process ${fresh.pid} serves in place of ${edge}`)) await sleep(5);
    assert.doesNotMatch(run.log(), /started again in/);
  });

  it('is of the settings that hold: a reload ends it, and has another', async () => {
    run.signal('SIGUSR1');
    await gone(spare);
    const next = await spareOf(run.pid, spare);
    edge = (await run.ask()).pid;
    process.kill(edge, 'SIGKILL');
    assert.equal((await run.askUntil(({ pid }) => pid !== edge)).pid, next);
  });

  it('is there after a reload that failed', async () => {
    run.writeConfiguration('no JSON');
    run.signal('SIGUSR1');
    while (!run.log().includes('Syntax error')) await sleep(5);
    assert.equal(await spareOf(run.pid), spare);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGWINCH'] as const) {
    it(`ends with the supervisor on ${signal}`, async () => {
      run.signal(signal);
      assert.deepEqual(await run.ended(), { code: 0, signal: null });
      assert.equal(isAlive(spare), false);
      assert.doesNotMatch(run.log(), /spare|SIGKILL/);
    });
  }

  it('ends by itself when the supervisor is killed', async () => {
    run.signal('SIGKILL');
    await run.ended();
    await gone(spare);
  });
});

describe('the spare of a whole drover', function () {
  this.timeout(60_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let health: number;
  const isReady = async (): Promise<boolean> =>
    (await drover.ask('/readyz', { port: health }).catch(() => undefined))?.status === 200;

  for (const engine of ['uws', 'node'] as const) {
    describe(`on ${engine}`, () => {
      beforeEach(async () => {
        origin = await RawOrigin.start();
        health = await freePort();
        const text = `EdgeHealthAddress 127.0.0.1:${health}
ProxyPass /p/ http://127.0.0.1:${origin.port}/
<Location /metrics>
  SetHandler edge-metrics
</Location>`;
        drover = await Appliance.start(text, { engine, threads: 2, env: { DROVER_SPARE: '0' } });
      });
      afterEach(async () => {
        // Only after a failure is anything left.
        for (const pid of processesOf(drover)) process.kill(pid, 'SIGKILL');
        await origin.stop();
      });

      it('opens all addresses when it is needed, and leaves none', async () => {
        const { edge } = drover;
        const spare = await spareOf(drover.pid);
        assert.match((await drover.ask('/metrics')).body, /^drover_tree_processes\{role="spare"\} 1$/m);
        process.kill(edge, 'SIGKILL');
        await drover.logSays(`edge process ${spare} serves in place of ${edge}`);
        assert.equal(drover.edge, spare);
        assert.equal((await drover.ask('/p/')).status, 200);
        assert.equal(await isReady(), true);
        drover.signal('SIGTERM');
        assert.equal(await drover.exitCode(), 0);
        assert.equal(isAlive(spare), false);
        assert.deepEqual(await isReady(), false);
        await drover.sweep();
      });

      it('goes with its program, and the next program has one', async () => {
        const spare = await spareOf(drover.pid);
        const next = await upgrade(drover);
        assert.equal(await drover.exitCode(), 0);
        assert.equal(isAlive(spare), false);
        const itsSpare = await spareOf(next);
        assert.equal((await drover.ask('/p/')).status, 200);
        await terminate(next);
        assert.equal(isAlive(itsSpare), false);
        assert.equal(pidOf(drover), 0);
        await drover.sweep();
      });
    });
  }
});
