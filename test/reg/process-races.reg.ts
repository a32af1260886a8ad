/** What happens at a bad moment: signals to the wrong process, deaths, changes and ends in the middle of a reload. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCtl } from '../../edge/ctl/ctl.js';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { isAlive, StubRun, unlessReset } from './process-run.js';
import { RawOrigin } from './raw-origin.js';
import { processesOf } from './upgrade-run.js';

function childrenOf(pid: number): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
}

describe('at a bad moment', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let health: number;
  const readyz = async (): Promise<number> =>
    (await drover.ask('/readyz', { port: health }).catch(() => ({ status: 0 }))).status;
  const isServing = async (): Promise<boolean> =>
    (await drover.ask('/').catch(() => undefined))?.status === 200;
  /** Asks for a reload, and waits until the new edge process is there, which does not serve yet. */
  async function beginReload(): Promise<void> {
    const before = childrenOf(drover.pid);
    drover.signal('SIGUSR1');
    while (childrenOf(drover.pid) === before) await sleep(2);
  }

  beforeEach(async () => {
    origin = await RawOrigin.start();
    health = await freePort();
    drover = await Appliance.start(
      `EdgeHealthAddress 127.0.0.1:${health}
<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${origin.port}
</Proxy>
ProxyPass / balancer://b/`,
      { env: { DROVER_DRAIN_DELAY: '2' } },
    );
  });
  afterEach(async () => {
    for (const pid of processesOf(drover)) process.kill(pid, 'SIGKILL');
    await drover.exitCode();
    rmSync(drover.folder, { recursive: true, force: true });
    await origin.stop();
  });

  it('an address that somebody else has is found before a new generation takes any connection', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const before = childrenOf(drover.pid);
    drover.rewrite((text) => `Listen 127.0.0.1:${port}\n${text}`);
    drover.signal('SIGUSR1');
    await drover.logSays(/AH00072: make_sock: could not bind .*; the running generation stays/);
    assert.equal(childrenOf(drover.pid), before);
    assert.equal(await isServing(), true);
    await new Promise((resolve) => other.close(resolve));
    await drover.reload();
    assert.equal(await isServing(), true);
  });

  it('SIGTERM to an edge process ends it when another one serves in its place', async () => {
    const { edge } = drover;
    process.kill(edge, 'SIGTERM');
    let served = 0;
    while (isAlive(edge)) {
      served += await drover.ask('/').then(({ status }) => Number(status === 200), unlessReset);
    }
    assert.ok(served > 0);
    assert.match(drover.log(), new RegExp(`edge process ${edge} is replaced: it got SIGTERM`));
    assert.equal(await isServing(), true);
  });

  it('a generation that comes up while drover says that it is not ready says it, too', async () => {
    assert.equal(await readyz(), 200);
    await beginReload();
    drover.signal('SIGTERM');
    await drover.logSays('AH00491');
    while ((await readyz()) === 200) await sleep(2);
    while (!drover.hasEnded) {
      assert.notEqual(await readyz(), 200);
      await sleep(5);
    }
    assert.equal(await drover.exitCode(), 0);
  });

  it('a live change in the old generation is not lost to the new one', async () => {
    const said = { out: '', err: '' };
    const ctl = (...words: string[]): Promise<number> =>
      runCtl(words, {
        say: (text) => {
          said.out += text;
        },
        complain: (text) => {
          said.err += text;
        },
        socketOf: () => join(drover.folder, 'drover.ctl'),
      });
    for (const [set, times] of [
      [7, 2],
      [9, 3],
    ] as const) {
      await beginReload();
      assert.equal(await ctl('set', 'b', `http://127.0.0.1:${origin.port}`, `lbset=${set}`), 0, said.err);
      while (drover.log().split('AH00489').length <= times) await sleep(5);
      const isKept = new RegExp(`"lbset": ?${set}\\b`);
      do said.out = '';
      while ((await ctl('status', '--json')) !== 0 || !isKept.test(said.out));
    }
  });
});

describe('an edge process at a bad moment', function () {
  this.timeout(120_000);
  let run: StubRun;
  beforeEach(async () => {
    run = new StubRun();
    await run.start();
  });
  afterEach(() => run.end());

  it('that dies while it drains is told of', async () => {
    const { pid } = await run.ask();
    const cut = assert.rejects(run.ask('/hang'));
    await run.isUnderWay();
    run.signal('SIGUSR1');
    await run.askUntil((answer) => answer.pid !== pid);
    while (run.log().split('AH00489').length < 3) await sleep(5);
    process.kill(pid, 'SIGSEGV');
    await cut;
    while (!run.log().includes(`edge process ${pid} ended while it drained: signal SIGSEGV`)) await sleep(5);
    assert.notEqual((await run.ask()).pid, pid);
  });

  it('ends, even where a thread stands still, when its supervisor was killed', async () => {
    await run.ask();
    const cut = assert.rejects(run.ask('/block'));
    await run.isUnderWay();
    run.signal('SIGKILL');
    await run.edgesGone();
    await cut;
    assert.equal(await run.portIsClosed(), true);
  });
});
