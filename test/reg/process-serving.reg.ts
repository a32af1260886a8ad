/** The whole appliance under trouble: idle connections at the end, workers that throw, edge processes that die. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI, CliRun } from './process-cli-run.js';
import { isAlive } from './process-run.js';

const FAULTY = join(import.meta.dirname, 'process-faulty.js');

describe('a serving drover', function () {
  this.timeout(120_000);
  let run: CliRun;
  beforeEach(async () => {
    run = new CliRun();
    await run.prepare();
  });
  afterEach(() => run.end());

  it('does not wait for connections that are kept open without a request', async () => {
    const child = await run.startForeground(CLI, '-D', 'FOREGROUND');
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: run.port, agent }, (response) => {
        response.resume();
        response.on('end', resolve);
      });
      sent.on('error', reject);
      sent.end();
    });
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    agent.destroy();
    assert.equal(code, 0);
  });

  it('cuts a request in flight on SIGINT and still exits 0', async () => {
    const child = await run.startForeground(CLI, '-D', 'FOREGROUND');
    const cut = assert.rejects(run.ask('/hang'));
    await run.isUnderWay();
    child.kill('SIGINT');
    await cut;
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 0);
    assert.doesNotMatch(run.foregroundText, /abort|uv loop|open handles/i);
  });

  it('replaces a worker that throws, in the same process, and logs the stack', async () => {
    await run.startForeground(FAULTY);
    const [edge] = run.edges();
    writeFileSync(join(run.folder, 'fault'), '');
    await run.logSays('serves again');
    assert.match(run.log(), /thrown outside of any request/);
    assert.deepEqual(run.edges(), [edge]);
    for (let times = 0; times < 8; times++) assert.equal((await run.ask()).status, 200);
  });

  it('serves again after its edge process was killed', async () => {
    await run.startForeground(CLI, '-D', 'FOREGROUND');
    const [edge] = run.edges();
    assert.ok(edge !== undefined);
    process.kill(edge, 'SIGKILL');
    while (isAlive(edge)) await sleep(1);
    for (;;) {
      const answer = await run.ask().catch(() => undefined);
      if (answer?.status === 200) break;
      await sleep(5);
    }
    assert.notEqual(run.edges()[0], edge);
  });
});
