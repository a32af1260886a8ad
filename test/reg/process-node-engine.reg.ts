/** A whole drover on the node engine: every thread accepts, and a graceful restart refuses nobody. */
import assert from 'node:assert/strict';
import { CLI, CliRun } from './process-cli-run.js';
import { isAlive } from './process-run.js';

describe('a drover on the node engine', function () {
  this.timeout(120_000);
  let run: CliRun;
  beforeEach(async () => {
    run = new CliRun();
    await run.prepare();
    run.configure('EdgeEngine node');
  });
  afterEach(() => run.end());

  it('answers every request while the configuration is read again', async () => {
    const child = await run.startForeground(CLI, '-D', 'FOREGROUND');
    const [edge] = run.edges();
    assert.ok(edge !== undefined);
    child.kill('SIGUSR1');
    while (isAlive(edge)) assert.equal((await run.ask()).status, 200);
    assert.equal((await run.ask()).status, 200);
    assert.ok(
      run.edges().some((pid) => pid !== edge),
      'a new edge process',
    );
  });

  it('keeps requests waiting while a dead edge process is started again', async () => {
    await run.startForeground(CLI, '-D', 'FOREGROUND');
    const [edge] = run.edges();
    process.kill(edge ?? 0, 'SIGKILL');
    while (isAlive(edge ?? 0)) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal((await run.ask()).status, 200);
  });
});
