/**
 * `-k upgrade` under load: another supervisor takes over, with the sockets, the members' states and the live changes of
 * the one before it, and no request fails; a successor that cannot start changes nothing.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { isAlive } from './process-run.js';
import { RawOrigin } from './raw-origin.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

/** What an operator types: exit code and words. */
async function command(...words: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

describe('an upgrade', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let file: string;
  let nodePort: number;
  let healthPort: number;
  let successor = 0;
  const pidOf = (): number => Number(readFileSync(join(drover.folder, 'drover.pid'), 'latin1'));

  before(async () => {
    origin = await RawOrigin.start();
    nodePort = await freePort();
    healthPort = await freePort();
    drover = await Appliance.start(
      `Listen 127.0.0.1:${nodePort}
EdgeHealthAddress 127.0.0.1:${healthPort}
MaxKeepAliveRequests 0
<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${origin.port}
  BalancerMember http://127.0.0.1:1 status=+D
</Proxy>
ProxyPass / balancer://b/
<VirtualHost *:${nodePort}>
  EdgeEngine node
  ProxyPass / balancer://b/
</VirtualHost>`,
      { threads: 2 },
    );
    file = join(drover.folder, 'drover.conf');
  });
  after(async () => {
    // Only after a failure is anything left.
    for (const pid of [drover.pid, successor]) if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
    await origin.stop();
  });

  it('that fails leaves the running program as it is', async () => {
    drover.rewrite((text) => `${text}\nBroken\n`);
    drover.signal('SIGUSR2');
    await drover.logSays('the new program does not take over, the running one stays: it ended');
    drover.rewrite((text) => text.replace('\nBroken\n', ''));
    assert.equal(pidOf(), drover.pid);
    assert.equal((await drover.ask('/')).status, 200);
  });

  it('loses no request, on either engine, and takes over what was known', async () => {
    const drained = await command('ctl', '-f', file, 'set', 'b', 'http://127.0.0.1:1', 'loadfactor=7');
    assert.equal(drained.code, 0, drained.said);
    const failures: string[] = [];
    let answered = 0;
    let isOver = false;
    const clients = [drover.port, nodePort].flatMap((port) =>
      [0, 1].map(async () => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        while (!isOver) {
          await statusOf(port, agent).then(
            (status) => {
              answered += 1;
              if (status !== 200) failures.push(`${port}: ${status}`);
            },
            (error: Error) => failures.push(`${port}: ${error.message}`),
          );
        }
        agent.destroy();
      }),
    );
    const old = drover.pid;
    const upgraded = await command('-f', file, '-k', 'upgrade');
    const seen = answered;
    while (answered < seen + 20 && failures.length === 0) await sleep(5);
    isOver = true;
    await Promise.all(clients);
    assert.deepEqual(failures, []);
    assert.equal(upgraded.code, 0, upgraded.said);
    successor = pidOf();
    assert.notEqual(successor, old);
    assert.equal((await drover.ask('/readyz', { port: healthPort })).status, 200);
    const status = await command('ctl', '-f', file, 'status', 'b', '--json');
    const { members } = JSON.parse(status.said) as { members: { loadfactor: number; elected: number }[] };
    assert.equal(members[1]?.loadfactor, 7);
    assert.ok((members[0]?.elected ?? 0) > 20, `${members[0]?.elected} requests are remembered`);
  });

  it('is over when the old program has ended with 0, and the new one ends as any', async () => {
    assert.equal(await drover.exitCode(), 0);
    assert.equal((await drover.ask('/')).status, 200);
    process.kill(successor, 'SIGTERM');
    while (isAlive(successor)) await sleep(20);
    await drover.sweep();
  });
});

function statusOf(port: number, agent: http.Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = http.get({ port, host: '127.0.0.1', path: '/', agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    sent.on('error', reject);
  });
}
