/** CacheWarm: a list of URLs is in the cache before anybody asks, a few at a time, and the log says what came of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const FRESH = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nwarm';
const MISSING = 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno';

for (const handler of ['On', 'Off'])
  for (const engine of ['uws', 'node'] as const)
    describe(`a warmed cache (CacheQuickHandler ${handler}, ${engine})`, function () {
      this.timeout(120_000);
      let origin: RawOrigin;
      let edge: Appliance;
      let folder: string;
      let most = 0;

      before(async () => {
        let underWay = 0;
        origin = await RawOrigin.start((socket, { head }) => {
          underWay += 1;
          most = Math.max(most, underWay);
          setTimeout(() => {
            underWay -= 1;
            socket.write(head.line.includes('/missing') ? MISSING : FRESH);
          }, 20);
        });
        folder = mkdtempSync(join(tmpdir(), 'drover-warm-'));
        const port = await freePort();
        const paths = Array.from({ length: 8 }, (_, n) => `/path/${n}?q=${n}`);
        const list = [
          '# a list',
          '',
          ...paths,
          `http://127.0.0.1:${port}/url`,
          '/missing',
          'no url',
          paths[0],
        ];
        writeFileSync(join(folder, 'list'), list.join('\n'));
        edge = await Appliance.start(
          [
            `Listen 127.0.0.1:${port}`,
            'CacheEnable memory /',
            `CacheQuickHandler ${handler}`,
            `CacheWarm "${folder}/list" concurrency=3`,
            `CacheWarm "${folder}/nowhere"`,
            `ProxyPass / http://127.0.0.1:${origin.port}/`,
          ].join('\n'),
          { engine, listens: false, threads: 2 },
        );
        Object.defineProperty(edge, 'port', { value: port });
      });
      after(async () => {
        await edge.stop();
        await origin.stop();
        rmSync(folder, { recursive: true, force: true });
      });

      it('has fetched what the list names, and says so', async () => {
        await edge.logSays(
          /CacheWarm .*list: 9 fetched, 1 there already, 2 failed in [\d.]+ s \(no url: no URL, \/missing: 404\)/,
        );
        await edge.logSays(/CacheWarm: can not read .*nowhere: ENOENT/);
        assert.equal(origin.requests.length, 10);
        assert.ok(most <= 3, `${most} at once`);
      });

      it('answers clients without asking the member', async () => {
        origin.reset();
        const byName = { headers: { host: `drover.test:${edge.port}` } };
        for (let n = 0; n < 8; n += 1)
          assert.equal((await edge.ask(`/path/${n}?q=${n}`, byName)).body, 'warm');
        assert.equal((await edge.ask('/url')).body, 'warm');
        assert.equal(origin.requests.length, 0);
        await edge.ask('/path/0?q=other', byName);
        assert.equal(origin.requests.length, 1);
      });
    });
