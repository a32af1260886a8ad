import assert from 'node:assert/strict';
import { readCounters } from '../../../../cache/counters.js';
import { type CacheMemory, makeCacheMemory } from '../../../../cache/memory/layout.js';
import { MemoryStore } from '../../../../cache/memory/store.js';
import type { StoredMeta } from '../../../../cache/stored.js';

const NOW = Date.UTC(2026, 0, 1);

function meta(fields: string[] = []): StoredMeta {
  return {
    status: 200,
    reason: 'OK',
    fields,
    date: NOW,
    requestTime: NOW,
    responseTime: NOW,
    initialAge: 0,
    lifetime: 60_000,
    basis: 'explicit',
    mustRevalidate: false,
    noCache: false,
    staleWhileRevalidate: -1,
    staleIfError: -1,
    etag: '',
    lastModified: -1,
  };
}

function put(store: MemoryStore, key: string, body: Uint8Array, now = NOW, fields: string[] = []): boolean {
  const writer = store.write(key, meta(fields), body.length, 1e9, store.momentOf(key), now);
  writer?.write(body);
  return writer?.commit() === true;
}

function read(store: MemoryStore, key: string, now = NOW): string | undefined {
  const entry = store.find(key, now);
  if (entry === undefined) return undefined;
  const text = Buffer.concat(entry.segments).toString('latin1');
  store.release(entry);
  return text;
}

describe('the memory store', () => {
  let memory: CacheMemory;
  let one: MemoryStore;
  let two: MemoryStore;
  beforeEach(() => {
    memory = makeCacheMemory(2 << 20, 2);
    one = new MemoryStore(memory, 0);
    two = new MemoryStore(memory, 1);
  });

  it('serves every thread what one of them stored, fields and all', () => {
    assert.ok(put(one, 'a', Buffer.from('body'), NOW, ['X-é', 'ü']));
    assert.equal(read(two, 'a'), 'body');
    const entry = two.find('a', NOW);
    assert.deepEqual(entry?.meta.fields, ['X-é', 'ü']);
  });

  it('keeps a body of several segments whole, written in any pieces', () => {
    const body = Buffer.from(Array.from({ length: memory.segment * 2 + 17 }, (_, i) => i % 251));
    const writer = one.write('long', meta(), body.length, 1e9, one.momentOf('long'), NOW);
    for (let at = 0; at < body.length; at += 10_007) writer?.write(body.subarray(at, at + 10_007));
    assert.equal(writer?.commit(), true);
    assert.ok((two.find('long', NOW)?.segments.length ?? 0) > 1);
    assert.equal(read(two, 'long'), body.toString('latin1'));
  });

  it('keeps a body whose length only its end tells', () => {
    const writer = one.write('open', meta(), -1, 100, one.momentOf('open'), NOW);
    writer?.write(Buffer.from('some '));
    writer?.write(Buffer.from('more'));
    assert.equal(writer?.commit(), true);
    assert.equal(read(two, 'open'), 'some more');
  });

  it('never serves what did not come to its end, was too long, or was given up', () => {
    const short = one.write('short', meta(), 10, 100, one.momentOf('short'), NOW);
    short?.write(Buffer.from('abc'));
    assert.equal(short?.commit(), false);
    const long = one.write('long', meta(), -1, 4, one.momentOf('long'), NOW);
    assert.equal(long?.write(Buffer.from('abcde')), false);
    assert.equal(long.commit(), false);
    const left = one.write('left', meta(), 3, 100, one.momentOf('left'), NOW);
    left?.write(Buffer.from('abc'));
    left?.abort();
    for (const key of ['short', 'long', 'left']) assert.equal(read(two, key), undefined);
    assert.equal(readCounters(memory).bytesUsed, 0);
  });

  it('serves no thread what one of them invalidated, nor stores what was being fetched', () => {
    put(one, 'a', Buffer.from('old'));
    assert.equal(read(two, 'a'), 'old');
    const moment = two.momentOf('a');
    assert.equal(one.invalidate('a'), true);
    assert.equal(read(two, 'a'), undefined);
    const late = two.write('a', meta(), 3, 100, moment, NOW);
    late?.write(Buffer.from('old'));
    assert.equal(late?.commit(), false);
    assert.equal(read(one, 'a'), undefined);
  });

  it('keeps the bytes of what is being sent until the sender gives them back', () => {
    put(one, 'a', Buffer.alloc(1000, 'a'));
    const entry = two.find('a', NOW);
    assert.ok(entry?.body !== undefined);
    one.invalidate('a');
    for (let i = 0; i < 3000; i += 1) put(one, `other${i}`, Buffer.alloc(1000, 'b'));
    assert.equal(Buffer.from(entry.body).toString(), 'a'.repeat(1000));
    const used = readCounters(memory).bytesUsed;
    two.release(entry);
    assert.ok(readCounters(memory).bytesUsed < used);
  });

  it('makes no room of what was taken out and is still being sent', () => {
    const keys = Array.from({ length: 40 }, (_, i) => `sent${i}`);
    for (const key of keys) put(one, key, Buffer.from(key.repeat(200)));
    const entries = keys.map((key) => two.find(key, NOW));
    for (const key of keys) one.invalidate(key);
    for (let i = 0; i < 6000; i += 1) {
      const writer = one.write(`other${i}`, meta(), 1000, 1e9, one.momentOf(`other${i}`), NOW + i, {
        isForced: true,
      });
      writer?.write(Buffer.alloc(1000, 'b'));
      assert.equal(writer?.commit(), true);
    }
    assert.ok(readCounters(memory).evictions > 3000);
    for (const [i, key] of keys.entries()) {
      const entry = entries[i];
      assert.ok(entry?.body !== undefined);
      assert.equal(Buffer.from(entry.body).toString(), key.repeat(200));
      two.release(entry);
    }
    assert.ok(readCounters(memory).bytesUsed <= memory.bytes);
  });

  it('makes room by sending away what was used longest ago', () => {
    for (let i = 0; i < 4000; i += 1) put(one, `k${i}`, Buffer.alloc(2000, 'x'), NOW + i * 1000);
    const counts = readCounters(memory);
    assert.ok(counts.bytesUsed <= counts.bytesTotal);
    assert.ok(counts.evictions > 2000);
    let recent = 0;
    for (let i = 3900; i < 4000; i += 1) if (read(one, `k${i}`, NOW + 4e6) !== undefined) recent += 1;
    assert.ok(recent >= 90, `${recent} of the last 100 are there`);
  });

  it('lets a scan of large bodies not push out small ones that are in use', () => {
    for (let i = 0; i < 100; i += 1) put(one, `small${i}`, Buffer.alloc(2000, 's'));
    for (let round = 0; round < 5; round += 1) for (let i = 0; i < 100; i += 1) read(two, `small${i}`);
    for (let i = 0; i < 200; i += 1) {
      const key = `large${i}`;
      read(one, key, NOW + i * 1000);
      put(one, key, Buffer.alloc(100_000, 'l'), NOW + i * 1000);
    }
    let left = 0;
    for (let i = 0; i < 100; i += 1) if (read(two, `small${i}`) !== undefined) left += 1;
    assert.ok(left >= 95, `${left} of 100 small ones are left`);
  });

  it('lets one fetch, and tells the others to wait', () => {
    assert.equal(one.lead('a', NOW, 5), 'lead');
    assert.equal(two.lead('a', NOW, 5), 'wait');
    assert.equal(two.lead('a', NOW + 7000, 5), 'lead');
    put(two, 'a', Buffer.from('x'));
    assert.equal(two.takeWaited(), true);
    assert.equal(one.lead('a', NOW, 5), 'again');
    assert.equal(one.lead('b', NOW, 5), 'lead');
    one.unlead('b', NOW, 10);
    assert.equal(two.lead('b', NOW + 5000, 5), 'pass');
    assert.equal(two.lead('b', NOW + 11_000, 5), 'lead');
  });

  it('purges by what a test picks, softly on demand', () => {
    for (const key of ['/a/1', '/a/2', '/b/1']) put(one, key, Buffer.from(key));
    assert.equal(
      two.purge((key) => key.startsWith('/a/'), true),
      2,
    );
    const soft = one.find('/a/1', NOW);
    assert.equal(soft?.isSoft, true);
    assert.equal(
      two.purge((key) => key.startsWith('/a/'), false),
      2,
    );
    assert.equal(read(one, '/a/2'), undefined);
    assert.equal(read(one, '/b/1'), '/b/1');
  });
});
