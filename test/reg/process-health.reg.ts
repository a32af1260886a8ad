/** EdgeHealthAddress of a whole drover: it tells of members, and no probe is refused while generations change. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { freePort } from '../../native-bench/free-port.js';
import { CLI, CliRun } from './process-cli-run.js';

describe('the health address of a whole drover', function () {
  this.timeout(120_000);
  let run: CliRun;
  let health: number;

  beforeEach(async () => {
    run = new CliRun();
    await run.prepare();
    health = await freePort();
    const dead = await freePort();
    run.configure(`EdgeHealthAddress 127.0.0.1:${health}
<Proxy balancer://gone>
  BalancerMember http://127.0.0.1:${dead} retry=60
</Proxy>
ProxyPass /gone balancer://gone/`);
  });
  afterEach(() => run.end());

  function statusOf(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: health, path, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  it('is ready at first, and no more when a balancer has lost all its members', async () => {
    await run.startForeground(CLI, '-D', 'FOREGROUND');
    assert.equal(await statusOf('/readyz'), 200);
    assert.equal((await run.ask('/gone')).status, 503);
    assert.equal(await statusOf('/readyz'), 503);
    assert.equal(await statusOf('/livez'), 200);
  });

  it('answers every probe while the configuration is read again', async () => {
    const child = await run.startForeground(CLI, '-D', 'FOREGROUND');
    const [first] = run.edges();
    child.kill('SIGUSR1');
    while (run.edges().includes(first ?? 0)) assert.equal(await statusOf('/livez'), 200);
    assert.equal(await statusOf('/livez'), 200);
  });

  it('keeps probes waiting while a dead edge process is started again', async () => {
    await run.startForeground(CLI, '-D', 'FOREGROUND');
    const [edge] = run.edges();
    process.kill(edge ?? 0, 'SIGKILL');
    while (run.edges().includes(edge ?? 0)) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(await statusOf('/livez'), 200);
  });
});
