/** What may happen in the middle of an upgrade: an end, a reload, a new program that cannot finish its start. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { isAlive } from './process-run.js';
import { RawOrigin } from './raw-origin.js';
import { pidOf, processesOf, terminate, upgrade } from './upgrade-run.js';

const STARTED = 'the program is started again and takes over';
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n';

describe('in the middle of an upgrade', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let nodePort: number;

  beforeEach(async () => {
    origin = await RawOrigin.start((socket, { head }) => {
      socket.write(head.line.includes('/half') ? `${HEAD}half` : `${HEAD}complete`);
    });
    nodePort = await freePort();
    drover = await Appliance.start(
      `Listen 127.0.0.1:${nodePort}
ProxyPass / http://127.0.0.1:${origin.port}/
<VirtualHost *:${nodePort}>
  EdgeEngine node
  ProxyPass / http://127.0.0.1:${origin.port}/
</VirtualHost>`,
      { env: { DROVER_DRAIN_DELAY: '1' } },
    );
  });
  afterEach(async () => {
    for (const pid of processesOf(drover)) process.kill(pid, 'SIGKILL');
    await drover.exitCode();
    await origin.stop();
  });

  async function nothingIsLeft(): Promise<void> {
    while (processesOf(drover).length > 0) await sleep(10);
    assert.equal(existsSync(join(drover.folder, 'drover.pid')), false);
    await assert.rejects(drover.ask('/', { port: nodePort }), /ECONNREFUSED/);
    await drover.sweep();
  }

  for (const [signal, how] of [
    ['SIGTERM', 'after DROVER_DRAIN_DELAY'],
    ['SIGINT', 'at once'],
  ] as const)
    it(`an end by ${signal} ends the new program as well, ${how}`, async () => {
      drover.signal('SIGUSR2');
      await drover.logSays(STARTED);
      drover.signal(signal);
      assert.equal(await drover.exitCode(), 0);
      assert.equal(drover.log().split('AH00489').length, 2, 'the new program has not taken over');
      await nothingIsLeft();
    });

  it('a new program that cannot write its PID file ends, and the old one serves on', async () => {
    drover.rewrite((text) => text.replace(/^PidFile .*$/m, 'PidFile /dev/null/drover.pid'));
    drover.signal('SIGUSR2');
    await drover.logSays('the new program does not take over, the running one stays: it ended');
    while (processesOf(drover).length > 2) await sleep(10);
    assert.equal((await drover.ask('/')).status, 200);
    drover.signal('SIGTERM');
    assert.equal(await drover.exitCode(), 0);
    await nothingIsLeft();
  });

  it("reloads wait for it, and are the new one's business then", async () => {
    drover.signal('SIGUSR2');
    await drover.logSays(STARTED);
    drover.signal('SIGUSR1');
    drover.signal('SIGHUP');
    assert.equal(await drover.exitCode(), 0);
    assert.doesNotMatch(drover.log(), /AH0049[34]/);
    assert.equal((await drover.ask('/')).status, 200);
    await terminate(pidOf(drover));
    await nothingIsLeft();
  });

  it('an old program that still sends does not keep the addresses of one that has ended', async () => {
    const half = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port: nodePort, host: '127.0.0.1', path: '/half', agent: false }, resolve).on('error', reject);
    });
    half.on('error', () => {});
    const next = await upgrade(drover);
    assert.ok(isAlive(drover.pid));
    await terminate(next);
    const refused = await new Promise<string>((resolve) => {
      const socket = connect(nodePort, '127.0.0.1');
      socket.on('connect', () => resolve('connected'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    });
    assert.equal(refused, 'ECONNREFUSED');
    assert.ok(isAlive(drover.pid));
    drover.signal('SIGTERM');
    assert.equal(await drover.exitCode(), 0);
    await nothingIsLeft();
  });
});
