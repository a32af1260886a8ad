import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCacheMemory } from '../../../../cache/memory/layout.js';
import {
  dropInvalidated,
  type Invalidated,
  InvalidationWatch,
  readSnapshot,
  writeSnapshot,
} from '../../../../cache/memory/snapshot.js';
import { MemoryStore } from '../../../../cache/memory/store.js';
import type { StoredMeta } from '../../../../cache/stored.js';

const NOW = Date.UTC(2026, 0, 1);
const META: StoredMeta = {
  status: 200,
  reason: 'OK',
  fields: ['X-é', 'ü'],
  date: NOW,
  requestTime: NOW,
  responseTime: NOW - 5000,
  initialAge: 7000,
  lifetime: 60_000,
  basis: 'explicit',
  mustRevalidate: false,
  noCache: false,
  staleWhileRevalidate: -1,
  staleIfError: -1,
  etag: '"e"',
  lastModified: -1,
};

function put(store: MemoryStore, key: string, body: Uint8Array, meta = META): void {
  const writer = store.write(key, meta, body.length, 1e9, store.momentOf(key), NOW);
  writer?.write(body);
  assert.equal(writer?.commit(), true);
}

function read(store: MemoryStore, key: string): string | undefined {
  const entry = store.find(key, NOW);
  if (entry === undefined) return undefined;
  const text = Buffer.concat(entry.segments).toString('latin1');
  store.release(entry);
  return text;
}

function heard(watch: InvalidationWatch): Invalidated {
  const news = watch.news();
  assert.ok(news !== undefined);
  return news;
}

describe('a snapshot of the memory store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-snapshot-'));
  const file = join(folder, 'snapshot');
  let old: MemoryStore;
  let next: MemoryStore;
  beforeEach(() => {
    writeFileSync(file, '');
    old = new MemoryStore(makeCacheMemory(8 << 20, 2), 0);
    next = new MemoryStore(makeCacheMemory(8 << 20, 3), 1);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('brings objects, what is known of them, and lists of varying fields', () => {
    put(old, 'a', Buffer.from('body'));
    put(old, 'list', Buffer.alloc(0), { ...META, vary: ['accept'], sequence: 3 });
    assert.equal(writeSnapshot(old, file, 1e9), 2);
    assert.equal(readSnapshot(next, file, NOW), 2);
    assert.equal(read(next, 'a'), 'body');
    assert.deepEqual(next.find('a', NOW)?.meta, META);
    assert.deepEqual(next.find('list', NOW)?.meta.vary, ['accept']);
  });

  it('brings a body of several segments whole, to memory of other segments, too', () => {
    const body = Buffer.from(Array.from({ length: 300_017 }, (_, i) => i % 251));
    const smaller = new MemoryStore(makeCacheMemory(1 << 20, 1), 0);
    put(old, 'long', body);
    writeSnapshot(old, file, 1e9);
    assert.equal(readSnapshot(smaller, file, NOW), 1);
    assert.ok((smaller.find('long', NOW)?.segments.length ?? 0) > 4);
    assert.equal(read(smaller, 'long'), body.toString('latin1'));
  });

  it('has those that were asked for most when there is no room for all', () => {
    for (const key of ['a', 'b', 'c', 'd']) put(old, key, Buffer.alloc(1000, key));
    for (let times = 0; times < 5; times += 1) read(old, 'c');
    assert.equal(writeSnapshot(old, file, 1800), 1);
    readSnapshot(next, file, NOW);
    assert.equal(read(next, 'c')?.length, 1000);
    assert.equal(read(next, 'a'), undefined);
  });

  it('has nothing that was purged, softly or not', () => {
    for (const key of ['a', 'b', 'c']) put(old, key, Buffer.from(key));
    old.invalidate('a');
    old.invalidate('b', true);
    assert.equal(writeSnapshot(old, file, 1e9), 1);
    readSnapshot(next, file, NOW);
    assert.deepEqual([read(next, 'a'), read(next, 'b'), read(next, 'c')], [undefined, undefined, 'c']);
  });

  it('is not taken in when it was cut, or is something else', () => {
    put(old, 'a', Buffer.from('body'));
    writeSnapshot(old, file, 1e9);
    const whole = readFileSync(file);
    for (const bad of [whole.subarray(0, -1), whole.subarray(0, 40), Buffer.alloc(0), Buffer.from('other')]) {
      writeFileSync(file, bad);
      assert.equal(readSnapshot(next, file, NOW), 0);
    }
  });

  it('is followed by what is invalidated after it', () => {
    for (const key of ['a', 'b', 'c']) put(old, key, Buffer.from(key));
    const watch = new InvalidationWatch(old.memory);
    writeSnapshot(old, file, 1e9);
    readSnapshot(next, file, NOW);
    assert.equal(watch.news(), undefined);
    old.invalidate('b');
    const news = heard(watch);
    assert.equal(news.isAll, false);
    assert.equal(news.hashes.length, 1);
    assert.equal(watch.news(), undefined);
    const late = next.write('b', META, 1, 1, next.momentOf('b'), NOW);
    late?.write(Buffer.from('x'));
    dropInvalidated(next, news);
    assert.equal(late?.commit(), false, 'what was being fetched is not stored');
    assert.deepEqual([read(next, 'a'), read(next, 'b'), read(next, 'c')], ['a', undefined, 'c']);
  });

  it('is not told back to where it came from, while all else is', () => {
    for (const key of ['a', 'b']) put(old, key, Buffer.from(key));
    const [there, back] = [new InvalidationWatch(old.memory), new InvalidationWatch(next.memory)];
    old.invalidate('a');
    old.purge((key) => key === 'none', false);
    const news = heard(there);
    next.invalidate('c');
    back.expect(news);
    dropInvalidated(next, news);
    const answer = heard(back);
    assert.deepEqual([answer.hashes.length, answer.isAll], [1, false]);
    assert.notDeepEqual(answer.hashes, news.hashes);
    assert.equal(back.news(), undefined);
  });

  it('is given up as a whole after a purge by a prefix or tag', () => {
    for (const key of ['a', 'b']) put(old, key, Buffer.from(key));
    const watch = new InvalidationWatch(old.memory);
    writeSnapshot(old, file, 1e9);
    readSnapshot(next, file, NOW);
    old.purge((key) => key === 'a', false);
    const news = heard(watch);
    assert.deepEqual(news, { hashes: [], isAll: true });
    dropInvalidated(next, news);
    assert.deepEqual([read(next, 'a'), read(next, 'b')], [undefined, undefined]);
  });
});
