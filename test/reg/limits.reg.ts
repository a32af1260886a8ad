/** What is too much is refused with a word, over all threads, and what was refused costs nobody else anything. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { type Answer, Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

/** ms; what is awaited comes at once, and this only ends what hangs. */
const PATIENCE = 30_000;
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

for (const engine of ['uws', 'node'] as const) {
  describe(`limits on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let held: Socket[] = [];

    before(async () => {
      origin = await RawOrigin.start((socket, { head }) => {
        if (head.line.includes('/hold')) held.push(socket);
        else socket.write(RESPONSE);
      });
      const at = `http://127.0.0.1:${origin.port}/`;
      drover = await Appliance.start(
        `MaxRequestWorkers 4
ListenBackLog 2
<VirtualHost *>
  ServerName open.test
  ProxyPass / ${at}
</VirtualHost>
<VirtualHost *>
  ServerName rate.test
  EdgeLimitRequests 1/m burst=4
  ProxyPass / ${at}
</VirtualHost>
<VirtualHost *>
  ServerName busy.test
  EdgeLimitConnections 2
  ProxyPass / ${at}
</VirtualHost>`,
        { engine, threads: 2, env: { DROVER_MAX_CONNECTIONS: '40' } },
      );
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    // What a failed test has left under way at the member would be counted in the next one too.
    afterEach(function () {
      if (this.currentTest?.state !== 'passed') origin.drop();
    });

    const ask = (host: string, path = '/') => drover.ask(path, { headers: { host } });

    async function hold(host: string, count: number): Promise<{ release(): Promise<number[]> }> {
      held = [];
      // A request before may still be counted when its answer has come: who is refused for it asks again.
      const admitted = async (): Promise<Answer> => {
        for (;;) {
          const answer = await ask(host, '/hold');
          if (answer.status !== 429 && answer.status !== 503) return answer;
          await sleep(5);
        }
      };
      const all = Promise.all(Array.from({ length: count }, admitted));
      const early = all.then(
        (answers) => answers.map(({ status }) => status).join(' '),
        (error: Error) => error.message,
      );
      for (const end = Date.now() + PATIENCE; held.length < count; ) {
        const what = Date.now() < end ? await Promise.race([early, sleep(5)]) : 'no answer';
        if (what !== undefined)
          assert.fail(`the member has ${held.length} of ${count}: ${what}; ${drover.log()}`);
      }
      return {
        release: async () => {
          for (const socket of held) socket.write(RESPONSE);
          return (await all).map(({ status }) => status);
        },
      };
    }

    it('keep a client to its rate on whatever thread it comes, and say when to come again', async () => {
      const answers = [];
      for (let i = 0; i < 8; i++) answers.push(await ask('rate.test'));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200, 429, 429, 429],
      );
      const wait = Number(answers[7]?.headers['retry-after']);
      assert.ok(wait > 0 && wait <= 60, `Retry-After: ${wait}`);
      assert.equal((await ask('open.test')).status, 200);
    });

    it('keep a client to its requests under way, and count down again', async () => {
      const busy = await hold('busy.test', 2);
      const refused = await ask('busy.test');
      assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '1']);
      assert.equal((await ask('open.test')).status, 200);
      assert.deepEqual(await busy.release(), [200, 200]);
      while ((await ask('busy.test')).status !== 200) await sleep(5);
    });

    it('answer 503 to what httpd would have neither in a worker nor in its queue', async () => {
      const busy = await hold('open.test', 6);
      const refused = await ask('open.test');
      assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1']);
      await drover.logSays('AH00484: server reached MaxRequestWorkers setting');
      assert.deepEqual(await busy.release(), [200, 200, 200, 200, 200, 200]);
      while ((await ask('open.test')).status !== 200) await sleep(5);
    });

    it('close connections that are too many at once, and serve again when some have gone', async () => {
      const ended: boolean[] = [];
      const sockets = Array.from({ length: 60 }, (_, i) => {
        const socket = connect(drover.port, '127.0.0.1');
        socket.on('close', () => {
          ended[i] = true;
        });
        socket.on('error', () => {});
        return socket;
      });
      while (ended.filter(Boolean).length < 20) await sleep(5);
      await drover.logSays('40 connections are open, as many as may be');
      for (const socket of sockets) socket.destroy();
      let status = 0;
      for (const end = Date.now() + 60_000; Date.now() < end && status !== 200; ) {
        status = await ask('open.test').then(
          (answer) => answer.status,
          () => 0,
        );
        await sleep(10);
      }
      assert.equal(status, 200);
    });
  });
}

describe('EdgeLimitWaiting', function () {
  this.timeout(120_000);

  it('holds over all members and threads, exactly, and only for who has to wait', async () => {
    const held: Socket[] = [];
    const origin = await RawOrigin.start((socket, { head }) => {
      if (head.line.includes('/hold')) held.push(socket);
      else socket.write(RESPONSE);
    });
    const drover = await Appliance.start(
      `EdgeLimitWaiting 3
ProxyPass /a/ http://127.0.0.1:${origin.port}/a/ max=2
ProxyPass /b/ http://127.0.0.1:${origin.port}/b/ max=2
ProxyPass /free/ http://127.0.0.1:${origin.port}/free/`,
      { threads: 4 },
    );
    const busy = ['/a/hold', '/a/hold', '/b/hold', '/b/hold'].map((path) => drover.ask(path));
    while (held.length < 4) await sleep(5);
    const more = Array.from({ length: 12 }, (_, i) => drover.ask(i % 2 === 0 ? '/a/x' : '/b/x'));
    const statuses: number[] = [];
    for (const asked of more) void asked.then(({ status }) => statuses.push(status));
    while (statuses.length < 9) await sleep(5);
    assert.deepEqual(new Set(statuses), new Set([503]));
    assert.equal((await drover.ask('/free/')).status, 200);
    await sleep(100);
    assert.equal(statuses.length, 9, 'three wait');
    for (const socket of held) socket.write(RESPONSE);
    const all = await Promise.all([...busy, ...more]);
    assert.deepEqual(
      [200, 503].map((status) => all.filter((answer) => answer.status === status).length),
      [7, 9],
    );
    await drover.stop();
    await origin.stop();
  });
});

for (const engine of ['uws', 'node'] as const) {
  describe(`a drover (${engine}) that has a delay before it drains`, function () {
    this.timeout(120_000);

    it('is not ready first, then takes no more, and ends with 0 when the last answer has gone', async () => {
      const origin = await RawOrigin.start();
      const port = await freePort();
      const drover = await Appliance.start(
        `EdgeHealthAddress 127.0.0.1:${port}\nProxyPass / http://127.0.0.1:${origin.port}/`,
        { engine, env: { DROVER_DRAIN_DELAY: '4' } },
      );
      let held: Socket | undefined;
      origin.onRequest = (socket, { head }) => {
        if (head.line.includes('/hold')) held = socket;
        else socket.write(RESPONSE);
      };
      const last = drover.ask('/hold');
      while (held === undefined) await sleep(5);
      const signalled = Date.now();
      drover.signal('SIGTERM');
      while ((await drover.ask('/readyz', { port }).catch(() => undefined))?.status === 200) await sleep(5);
      assert.equal((await drover.ask('/')).status, 200, 'served on while it is not ready');
      while ((await drover.ask('/').catch(() => undefined)) !== undefined) await sleep(5);
      assert.ok(Date.now() - signalled >= 4000, 'the delay was not kept');
      held.write(RESPONSE);
      assert.equal((await last).status, 200);
      assert.equal(await drover.exitCode(), 0);
      await drover.sweep();
      await origin.stop();
    });

    it('is not ready at once, serves on meanwhile, and a second SIGTERM hurries', async () => {
      const origin = await RawOrigin.start();
      const port = await freePort();
      const drover = await Appliance.start(
        `EdgeHealthAddress 127.0.0.1:${port}\nProxyPass / http://127.0.0.1:${origin.port}/`,
        { engine, env: { DROVER_DRAIN_DELAY: '600' } },
      );
      try {
        assert.equal((await drover.ask('/readyz', { port })).status, 200);
        drover.signal('SIGTERM');
        let readiness = await drover.ask('/readyz', { port });
        for (const end = Date.now() + 60_000; Date.now() < end && readiness.status === 200; ) {
          await sleep(10);
          readiness = await drover.ask('/readyz', { port });
        }
        assert.deepEqual([readiness.status, readiness.body], [503, 'leaving\n']);
        assert.equal((await drover.ask('/livez', { port })).status, 200);
        assert.equal((await drover.ask('/')).status, 200);
      } finally {
        await drover.stop();
        await origin.stop();
      }
    });
  });
}
