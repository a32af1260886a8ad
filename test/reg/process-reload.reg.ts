/** A new configuration takes over without a refused connection; a broken one changes nothing. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { isAlive, StubRun, unlessReset } from './process-run.js';

describe('reading the configuration again', function () {
  this.timeout(120_000);
  let run: StubRun;
  beforeEach(async () => {
    run = new StubRun();
    await run.start();
  });
  afterEach(() => run.end());

  async function logSays(text: string | RegExp): Promise<void> {
    while (run.log().search(text) < 0) await sleep(5);
  }

  for (const [signal, line] of [
    ['SIGUSR1', 'AH00493: SIGUSR1 received.  Doing graceful restart'],
    ['SIGHUP', 'AH00494: SIGHUP received.  Attempting to restart'],
  ] as const) {
    it(`on ${signal} starts a new generation, ends the old one, and keeps the supervisor`, async () => {
      const { pid } = await run.ask();
      const supervisor = run.pid;
      run.signal(signal);
      await run.askUntil((answer) => answer.pid !== pid);
      while (isAlive(pid)) await sleep(5);
      assert.ok(isAlive(supervisor));
      await logSays(/AH00094[\s\S]*AH00094/);
      assert.ok(run.log().includes(line));
      assert.equal(run.log().match(/AH00489: .* configured -- resuming normal operations/g)?.length, 2);
      assert.equal(run.log().match(/AH00094: Command line/g)?.length, 2);
    });
  }

  it('finishes requests of the old generation', async () => {
    const slow = run.ask('/slow');
    await run.isUnderWay();
    run.signal('SIGUSR1');
    const before = await slow;
    const after = await run.askUntil((answer) => answer.pid !== before.pid);
    assert.notEqual(after.pid, before.pid);
  });

  it('serves each new connection while it goes on', async () => {
    const { pid } = await run.ask();
    run.signal('SIGUSR1');
    let answers = 0;
    while (isAlive(pid)) {
      answers += await run.ask().then(() => 1, unlessReset);
    }
    assert.ok(answers > 0);
    assert.notEqual((await run.ask()).pid, pid);
  });

  it('takes a changed address over', async () => {
    const { pid } = await run.ask();
    const oldPort = run.port;
    run.port = await freePort();
    run.configure({});
    run.signal('SIGUSR1');
    await run.askUntil((answer) => answer.pid !== pid);
    while (isAlive(pid)) await sleep(5);
    run.port = oldPort;
    assert.equal(await run.portIsClosed(), true);
  });

  it('keeps the running generation when the configuration is broken, and logs what is wrong', async () => {
    const { pid } = await run.ask();
    run.writeConfiguration('{ broken');
    run.signal('SIGUSR1');
    await logSays('configuration not taken over; the running generation stays');
    assert.match(run.log(), /AH00526: Syntax error on line 1/);
    assert.equal((await run.ask()).pid, pid);
  });

  it('keeps the running generation when the new one cannot listen', async () => {
    const { pid } = await run.ask();
    const taken = new StubRun();
    await taken.start();
    try {
      run.configure({
        listens: [{ address: '192.0.2.1', port: taken.port, protocol: 'http', at: 'test:1' }],
      });
      run.signal('SIGUSR1');
      await logSays(/AH00072: make_sock: could not bind .*; the running generation stays/);
    } finally {
      await taken.end();
    }
    assert.equal((await run.ask()).pid, pid);
  });

  it('happens once more after a run of signals, not once for each', async () => {
    const { pid } = await run.ask();
    for (let times = 0; times < 5; times++) run.signal('SIGUSR1');
    await run.askUntil((answer) => answer.pid !== pid);
    await logSays(/AH00489[\s\S]*AH00489/);
    await sleep(300);
    const restarts = run.log().match(/AH00493/g)?.length ?? 0;
    assert.ok(restarts >= 1 && restarts <= 2, `${restarts} restarts`);
  });

  it('mends itself after a broken one', async () => {
    const { pid } = await run.ask();
    run.writeConfiguration('{ broken');
    run.signal('SIGHUP');
    await logSays('configuration not taken over');
    run.configure({});
    run.signal('SIGHUP');
    const answer = await run.askUntil((candidate) => candidate.pid !== pid);
    assert.notEqual(answer.pid, pid);
  });
});

/** A listener that closes resets what waits in its queue at that moment: the kernel's doing. Refusing is ours. */
