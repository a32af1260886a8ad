/**
 * What is under way for the cache when the process is reloaded, its client leaves, or the member changes its mind: a sliced answer
 * ends whole or is cut, never mixed; a warming list stops; and what is purged stays purged. On both engines.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const SLICE = 65_536;
const TOTAL = 4 * SLICE;
const bodyOf = (letter: string): string => letter.repeat(TOTAL);

for (const engine of ['uws', 'node'] as const)
  describe(`the cache's own requests on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let folder: string;
    /** Slices from this one on wait until they are let go. */
    let holdsFrom = Number.POSITIVE_INFINITY;
    let letter = 'a';
    let held: (() => void)[] = [];
    let onHeld: () => void = () => undefined;
    let warmed = 0;

    before(async () => {
      origin = await RawOrigin.start((socket, { head }) => {
        const field = (name: string): string =>
          head.fields.find(([one]) => one.toLowerCase() === name)?.[1] ?? '';
        if (head.line.includes('/warm')) {
          warmed += 1;
          held.push(() =>
            socket.write('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nwarm'),
          );
          onHeld();
          return;
        }
        const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(field('range')) ?? [];
        const answer = (): void => {
          const more = `ETag: "${letter}"\r\nCache-Control: max-age=60\r\n`;
          const isOther = field('if-range') !== '' && field('if-range') !== `"${letter}"`;
          if (from === '' || isOther) {
            socket.write(`HTTP/1.1 200 OK\r\n${more}Content-Length: ${TOTAL}\r\n\r\n${bodyOf(letter)}`);
            return;
          }
          const part = bodyOf(letter).slice(Number(from), Number(to) + 1);
          const range = `Content-Range: bytes ${from}-${Number(from) + part.length - 1}/${TOTAL}\r\n`;
          socket.write(`HTTP/1.1 206 Part\r\n${more}${range}Content-Length: ${part.length}\r\n\r\n${part}`);
        };
        if (Number(from) < holdsFrom * SLICE) answer();
        else {
          held.push(answer);
          onHeld();
        }
      });
      folder = mkdtempSync(join(tmpdir(), 'drover-reload-'));
      writeFileSync(join(folder, 'list'), '');
      drover = await Appliance.start(
        [
          '<Location /metrics>\nSetHandler edge-metrics\n</Location>',
          'CacheMemorySize 16M',
          'CacheEnable memory /app',
          'CacheSlice 64K',
          'CachePurge 127.0.0.1',
          `CacheWarm "${folder}/list" concurrency=1`,
          `ProxyPass /app http://127.0.0.1:${origin.port}/app`,
        ].join('\n'),
        { engine },
      );
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(() => {
      holdsFrom = Number.POSITIVE_INFINITY;
      held = [];
      letter = 'a';
      origin.reset();
    });

    const isHeld = (): Promise<void> =>
      new Promise((resolve) => {
        onHeld = resolve;
      });
    function letGo(): void {
      holdsFrom = Number.POSITIVE_INFINITY;
      for (const one of held.splice(0)) one();
    }
    const used = async (): Promise<number> => {
      const { body } = await drover.ask('/metrics');
      return Number(/^drover_cache_used_bytes (\d+)$/m.exec(body)?.[1]);
    };

    it('a sliced answer ends whole across a reload', async () => {
      holdsFrom = 2;
      const waits = isHeld();
      const answer = drover.ask('/app/reloaded');
      await waits;
      await drover.reload();
      letGo();
      assert.equal((await answer).body, bodyOf('a'));
      assert.equal(
        (await drover.ask('/app/reloaded', { headers: { range: 'bytes=0-9' } })).body,
        'aaaaaaaaaa',
      );
    });

    it('a client that leaves a sliced answer holds nothing, and the next one has it', async () => {
      holdsFrom = 2;
      const waits = isHeld();
      const client: Socket = connect(drover.port, '127.0.0.1');
      client.write(`GET /app/left HTTP/1.1\r\nHost: 127.0.0.1:${drover.port}\r\n\r\n`);
      await waits;
      const other = drover.ask('/app/left');
      await sleep(50);
      client.destroy();
      await sleep(50);
      letGo();
      assert.equal((await other).body, bodyOf('a'));
    });

    it('a purge while a slice is on its way: what comes is not kept', async () => {
      holdsFrom = 2;
      const waits = isHeld();
      const answer = drover.ask('/app/purged').catch(() => undefined);
      await waits;
      assert.equal((await drover.ask('/app/purged', { method: 'PURGE' })).status, 200);
      letter = 'b';
      letGo();
      const got = await answer;
      assert.ok(got === undefined || got.body === bodyOf('a'), 'mixed');
      assert.equal((await drover.ask('/app/purged')).body, bodyOf('b'));
    });

    it('an object that changes between slices is cut for all who wait for it, and then had anew', async () => {
      holdsFrom = 2;
      const waits = isHeld();
      const answers = Promise.allSettled([1, 2, 3].map(() => drover.ask('/app/changed')));
      await waits;
      letter = 'b';
      letGo();
      for (const one of await answers) assert.equal(one.status, 'rejected');
      assert.equal((await drover.ask('/app/changed')).body, bodyOf('b'));
    });

    it('a warming list stops where a reload finds it, and the new process begins it anew', async () => {
      writeFileSync(join(folder, 'list'), '/app/warm/1\n/app/warm/2\n/app/warm/3\n');
      const first = isHeld();
      await drover.reload();
      await first;
      assert.equal(warmed, 1);
      const second = isHeld();
      await drover.reload();
      await second;
      onHeld = letGo;
      letGo();
      await drover.logSays(
        /CacheWarm .*list: (?:3 fetched, 0|2 fetched, 1|1 fetched, 2|0 fetched, 3) there already, 0 failed in [\d.]+ s$/m,
      );
      assert.ok((await used()) > 0);
      const before = warmed;
      assert.equal(
        (await drover.ask('/app/warm/1', { headers: { host: `drover.test:${drover.port}` } })).body,
        'warm',
      );
      assert.equal(warmed, before, 'asked for by the list');
    });
  });
