/**
 * The cache on disk: what memory has pushed out, and what lay there before a process was killed, is served without asking
 * the member; what was purged or invalidated never is; and a file that is not whole is as good as none.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldValue } from '../diff/harness/message.js';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

/** Rounds of the test that kills; DROVER_KILL_ROUNDS=50 for many. */
const ROUNDS = Number(process.env['DROVER_KILL_ROUNDS'] ?? 2);
const OBJECTS = 60;

/** A body that says by itself whether it is whole, right, and that of its path. */
function bodyOf(path: string, version: number): string {
  const size = 1000 + ((path.length * 7919 + Number(/\d+/.exec(path)?.[0] ?? 0) * 1543) % 60_000);
  const text = `${path} ${version} ${'x'.repeat(size)}`;
  return `${createHash('sha256').update(text).digest('hex')} ${text}`;
}

function versionIn(path: string, body: string): number {
  const [sum = '', named, version] = body.split(' ', 3);
  const text = body.slice(sum.length + 1);
  assert.equal(createHash('sha256').update(text).digest('hex'), sum, `${path}: the body is not whole`);
  assert.equal(named, path);
  return Number(version);
}

describe('the cache on disk', function () {
  this.timeout(Math.max(60_000, ROUNDS * 15_000));
  const root = mkdtempSync(join(tmpdir(), 'drover-cache-disk-'));
  let origin: RawOrigin;
  let drover: Appliance;
  let version = 1;

  before(async () => {
    origin = await RawOrigin.start((socket, { head }) => {
      const path = head.line.split(' ')[1] ?? '';
      const vary = path.startsWith('/vary') ? 'Vary: X-Kind\r\n' : '';
      const kind = path.startsWith('/vary') ? (fieldValue(head.fields, 'x-kind') ?? '') : '';
      const body = bodyOf(path + kind, version);
      socket.write(
        `HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\nCache-Tag: all, tag${path.slice(-1)}\r\n${vary}` +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
    drover = await start();
  });
  after(async () => {
    await drover.stop();
    await origin.stop();
    rmSync(root, { recursive: true, force: true });
  });

  function files(): string[] {
    return readdirSync(`${root}/files`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.name.endsWith('.object'))
      .map((entry) => join(entry.parentPath, entry.name));
  }

  async function filesAre(count: number): Promise<void> {
    const until = Date.now() + 30_000;
    while (files().length < count) {
      assert.ok(Date.now() < until, `${files().length} files of ${count}`);
      await sleep(20);
    }
  }

  function start(): Promise<Appliance> {
    return Appliance.start(
      [
        'CacheMemorySize 1M',
        `CacheRoot ${root}/files`,
        'CacheDirLevels 1',
        'CacheDirLength 1',
        'CacheEnable disk /',
        // Its port is another one each time.
        'CacheKeyBaseURL http://cache.test:80/',
        'CacheLock On',
        'CacheStatus On',
        'CachePurge 127.0.0.1',
        `ProxyPass / http://127.0.0.1:${origin.port}/`,
      ].join('\n'),
      { threads: 2 },
    );
  }

  async function killed(): Promise<void> {
    await drover.crash();
    drover = await start();
  }

  const paths = Array.from({ length: OBJECTS }, (_, i) => `/o${i}`);

  async function versions(of: readonly string[]): Promise<number[]> {
    const found: number[] = [];
    for (const path of of) found.push(versionIn(path, (await drover.ask(path)).body));
    return found;
  }

  it('brings back what memory has pushed out, and asks no member for it', async () => {
    await versions(paths);
    await filesAre(OBJECTS);
    origin.reset();
    version = 2;
    assert.deepEqual(new Set(await versions(paths)), new Set([1]));
    assert.equal(origin.requests.length, 0);
  });

  it('survives that the process is killed', async () => {
    await drover.ask('/vary', { headers: { 'X-Kind': 'a' } });
    await drover.ask('/vary', { headers: { 'X-Kind': 'b' } });
    await filesAre(OBJECTS + 3);
    await killed();
    origin.reset();
    version = 3;
    assert.deepEqual(new Set(await versions(paths)), new Set([1]));
    for (const kind of ['b', 'a']) {
      const { body } = await drover.ask('/vary', { headers: { 'X-Kind': kind } });
      assert.equal(versionIn(`/vary${kind}`, body), 2);
    }
    assert.equal(origin.requests.length, 0);
    assert.equal(versionIn('/varyc', (await drover.ask('/vary', { headers: { 'X-Kind': 'c' } })).body), 3);
  });

  it('serves nothing that was purged or changed, after a restart neither', async () => {
    version = 4;
    const purge = (path: string, headers = {}): Promise<unknown> =>
      drover.ask(path, { method: 'PURGE', headers });
    await purge('/o1');
    await purge('/o2*');
    await purge('/', { 'cache-tag': 'tag3' });
    await drover.ask('/o4', { method: 'DELETE' });
    const gone = paths.filter((path) => /^\/o(?:1|2\d?|\d?3|4)$/.test(path));
    const kept = paths.filter((path) => !gone.includes(path));
    assert.deepEqual(new Set(await versions(gone)), new Set([4]));
    version = 5;
    await killed();
    assert.deepEqual(new Set(await versions(kept)), new Set([1]));
    await purge('/o5', { 'x-purge-mode': 'soft' });
    assert.match(String((await drover.ask('/o5')).headers['cache-status']), /fwd=stale/);
  });

  it('takes a file that was cut, bent or put in another one’s place for none', async () => {
    await killed();
    version = 6;
    const some = files().slice(0, 9);
    const whole = some.map((path) => readFileSync(path));
    some.forEach((path, i) => {
      const own = whole[i] as Buffer;
      const bent = Buffer.from(own);
      bent[bent.length - 5] = 0x21;
      writeFileSync(
        path,
        [own.subarray(0, own.length >> 1), bent, whole[(i + 1) % some.length] as Buffer][i % 3] as Buffer,
      );
    });
    // Each path answers with one version or another, and every body is whole and its own.
    const found = await versions(paths);
    assert.ok(found.filter((one) => one === 6).length >= 1);
    assert.ok(found.filter((one) => one === 1).length > OBJECTS / 3);
  });

  it(`serves whole bodies when it is killed under load, ${ROUNDS} times over`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      version += 1;
      let isOver = false;
      let wrong: unknown;
      const load = Array.from({ length: 3 }, async (_, client) => {
        for (let i = client; !isOver; i += 1) {
          const path = `/load${(i * 31) % 200}`;
          const answer = await drover.ask(path).catch(() => undefined);
          if (answer?.status !== 200 || answer.body === '') await sleep(50);
          else {
            try {
              versionIn(path, answer.body);
            } catch (error) {
              wrong ??= error;
            }
          }
          if (i % 5 === 0) await drover.ask(path, { method: 'PURGE' }).catch(() => undefined);
        }
      });
      await sleep(100 + Math.random() * 600);
      await killed();
      isOver = true;
      await Promise.all(load);
      assert.equal(wrong, undefined);
      await versions(Array.from({ length: 25 }, (_, i) => `/load${i * 8}`));
    }
    assert.ok(existsSync(`${root}/files`));
    assert.ok(files().length > OBJECTS);
  });
});
