/** Files of the cache on disk: what is read back, what is taken for none, and what a sweep leaves. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pack, pathOf, unpack } from '../../../../cache/disk/object-file.js';
import { PurgeList } from '../../../../cache/disk/purge-list.js';
import type { DiskStore } from '../../../../cache/disk/store.js';
import { sweep } from '../../../../cache/disk/sweep.js';
import { makeCacheMemory } from '../../../../cache/memory/layout.js';
import { MemoryStore } from '../../../../cache/memory/store.js';

const META = (requestTime: number, tags: string[] = []): string => JSON.stringify({ requestTime, tags });

describe('an object’s file', () => {
  const file = pack('http://a:80/x?', META(1), [Buffer.from('hello '), Buffer.from('world')]);

  it('gives back what was packed', () => {
    const found = unpack(file, 'http://a:80/x?');
    assert.equal(found?.meta, META(1));
    assert.equal(Buffer.from(found.body).toString(), 'hello world');
  });

  it('is none when any byte is another one, at any length but its own, and for another key', () => {
    for (let at = 0; at < file.length; at += 1) {
      const bent = Buffer.from(file);
      bent[at] = (bent[at] as number) ^ 1;
      assert.equal(unpack(bent, 'http://a:80/x?'), undefined, `byte ${at}`);
      assert.equal(unpack(file.subarray(0, at), 'http://a:80/x?'), undefined, `length ${at}`);
    }
    assert.equal(unpack(Buffer.concat([file, file]), 'http://a:80/x?'), undefined);
    assert.equal(unpack(file, 'http://a:80/y?'), undefined);
  });
});

describe('a sweep', () => {
  const root = mkdtempSync(join(tmpdir(), 'drover-sweep-'));
  const place = { root, levels: 2, length: 1, most: 0 };
  after(() => rmSync(root, { recursive: true, force: true }));
  const now = Date.now();
  const locked = (act: () => void): void => act();

  function put(key: string, tags: string[], usedAt: number): string {
    const path = pathOf(place, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, pack(key, META(now - 200_000, tags), [Buffer.alloc(1000)]));
    utimesSync(path, usedAt / 1000, usedAt / 1000);
    return path;
  }

  it('takes out leftovers and what was purged, then what was used longest ago, and nothing else', async () => {
    const paths = Array.from({ length: 10 }, (_, i) => put(`k${i}`, [`t${i}`], now - 100_000 + i * 1000));
    const leftover = join(root, '.writing-1-0-1');
    writeFileSync(leftover, 'half');
    utimesSync(leftover, now / 1000 - 600, now / 1000 - 600);
    writeFileSync(join(root, 'foreign.data'), 'x');
    const list = new PurgeList(root);
    list.add({ tags: ['t9'] }, false, now - 100_000);
    const size = readFileSync(paths[0] as string).length;
    const swept = await sweep(root, size * 5, now, locked);
    assert.equal(swept.bytes, size * 4);
    const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\./.test(name));
    assert.deepEqual(
      new Set(left.map((name) => join(root, name))),
      new Set([...paths.slice(5, 9), join(root, 'foreign.data')]),
    );
    list.refresh();
    assert.equal(list.last, 0);
  });

  it('keeps a purge that came lately, since what it means may have been on its way', async () => {
    const list = new PurgeList(root);
    list.add({ prefix: 'k' }, false, now);
    await sweep(root, 1e9, now, locked);
    list.refresh();
    assert.equal(list.judge('k1', META(now - 1)), 'gone');
    assert.equal(list.judge('k1', META(now + 1)), 'good');
    assert.equal(list.judge('z1', META(now - 1)), 'good');
  });

  it('forgets a soft purge only together with what it meant', async () => {
    const list = new PurgeList(root);
    list.refresh();
    list.empty();
    put('soft1', [], now);
    list.add({ prefix: 'soft' }, true, now - 30_000);
    await sweep(root, 1e9, now, locked);
    list.refresh();
    assert.equal(list.judge('soft1', META(now - 200_000)), 'soft');
    assert.ok(existsSync(pathOf(place, 'soft1')), 'it may still be sent as stale');
    await sweep(root, 1e9, now + 60_000, locked);
    list.refresh();
    assert.equal(list.last, 0);
    assert.ok(!existsSync(pathOf(place, 'soft1')), 'without the list it would be good again');
  });
});

describe('the list of purges', () => {
  it('keeps what comes after a line that was cut', () => {
    const root = mkdtempSync(join(tmpdir(), 'drover-purges-'));
    const list = new PurgeList(root);
    list.add({ prefix: 'a' }, false, 100);
    const whole = readFileSync(list.path, 'utf8');
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(list.path, whole.slice(0, length));
      new PurgeList(root).add({ prefix: 'b' }, false, 100);
      const fresh = new PurgeList(root);
      fresh.refresh();
      assert.equal(fresh.judge('b1', META(1)), 'gone', `cut at ${length}`);
    }
    rmSync(root, { recursive: true });
  });
});

describe('a store on disk', () => {
  it('puts nothing in its place any more once another generation may write there', async () => {
    const root = mkdtempSync(join(tmpdir(), 'drover-store-'));
    const memory = makeCacheMemory(1 << 20, 1, [{ root, levels: 2, length: 1, most: 1e9 }]);
    const disk = new MemoryStore(memory, 0).disks[0] as DiskStore;
    const isThere = (key: string): boolean => existsSync(pathOf(disk.place, key));
    disk.keep('before', META(1), [Buffer.from('x')], () => true)();
    while (!isThere('before')) await sleep(2);
    disk.keep('under way', META(1), [Buffer.from('x')], () => true)();
    disk.close();
    for (let n = 0; n < 50 && !isThere('under way'); n += 1) await sleep(2);
    assert.equal(isThere('under way'), false);
    rmSync(root, { recursive: true });
  });
});
