/** A whole drover that is told to end, or loses its supervisor, finishes what it is proxying first. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI, CliRun } from './process-cli-run.js';
import { isAlive } from './process-run.js';

for (const engine of ['uws', 'node'] as const) {
  describe(`a drover that ends, on the ${engine} engine`, function () {
    this.timeout(120_000);
    let run: CliRun;
    beforeEach(async () => {
      run = new CliRun();
      await run.prepare();
      run.configure(`EdgeEngine ${engine}`);
    });
    afterEach(() => run.end());

    async function edgesGone(pids: readonly number[]): Promise<void> {
      while (pids.some(isAlive)) await sleep(10);
    }

    it('finishes a proxied request on SIGTERM, exits 0, and no library aborts', async () => {
      const child = await run.startForeground(CLI, '-D', 'FOREGROUND');
      const edges = run.edges();
      assert.equal(edges.length, 1);
      const slow = run.ask('/slow');
      await run.isUnderWay();
      child.kill('SIGTERM');
      assert.deepEqual(await slow, { status: 200, text: 'from the origin' });
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      assert.deepEqual([code, signal], [0, null]);
      await edgesGone(edges);
      await assert.rejects(run.ask());
      assert.doesNotMatch(run.foregroundText, /abort|uv loop|open handles|Error/i);
      assert.doesNotMatch(run.log(), /SIGABRT|SIGKILL/);
    });

    it('leaves no process behind when its supervisor is killed, and finishes requests first', async () => {
      const child = await run.startForeground(CLI, '-D', 'FOREGROUND');
      const edges = run.edges();
      const slow = run.ask('/slow');
      await run.isUnderWay();
      child.kill('SIGKILL');
      await once(child, 'exit');
      assert.equal((await slow).status, 200);
      await edgesGone(edges);
      await assert.rejects(run.ask());
    });
  });
}
