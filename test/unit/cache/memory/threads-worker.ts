/** One thread of threads.test.ts. What it finds wrong it says at its end, in words. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Entry } from '../../../../cache/memory/entry.js';
import type { CacheMemory } from '../../../../cache/memory/layout.js';
import { MemoryStore } from '../../../../cache/memory/store.js';
import type { Writer } from '../../../../cache/memory/writer.js';
import type { StoredMeta } from '../../../../cache/stored.js';

const { memory, thread, steps, seed } = workerData as {
  memory: CacheMemory;
  thread: number;
  steps: number;
  seed: number;
};
const KEYS = 200;
const store = new MemoryStore(memory, thread);
const faults: string[] = [];
const sending: { entry: Entry; isLocked: boolean }[] = [];
const storing: { key: string; writer: Writer; body: Buffer; at: number; leads: boolean }[] = [];

let state = seed | 1;
function random(below: number): number {
  state = xorshift(state);
  return (state >>> 0) % below;
}

function xorshift(from: number): number {
  let x = from;
  x ^= x << 13;
  x ^= x >>> 17;
  return x ^ (x << 5);
}

/** A body that says by every byte which it is. */
function bodyOf(start: number, length: number): Buffer {
  const body = Buffer.allocUnsafe(length);
  let x = start | 1;
  for (let i = 0; i < length; i += 1) {
    x = xorshift(x);
    body[i] = x;
  }
  return body;
}

function check({ key, meta, segments }: Entry, when: string): void {
  const [its = '', start = '', length = ''] = meta.etag.split(' ');
  if (its !== key) faults.push(`${when}: ${its} for ${key}`);
  if (!Buffer.concat(segments).equals(bodyOf(Number(start), Number(length))))
    faults.push(`${when}: wrong bytes of ${key}`);
}

function begin(key: string, leads: boolean): void {
  const length = random(10) > 0 ? random(8000) : random(150_000);
  const start = random(0x7fffffff);
  const meta = { etag: `${key} ${start} ${length}`, fields: [], tags: [] } as unknown as StoredMeta;
  const announced = random(3) > 0 ? length : -1;
  const how = { isForced: random(3) === 0 };
  const writer = store.write(key, meta, announced, 1e9, store.momentOf(key), Date.now(), how);
  if (writer !== undefined) storing.push({ key, writer, body: bodyOf(start, length), at: 0, leads });
  else if (leads) store.unlead(key, Date.now(), random(2));
}

function goOn(): void {
  const at = random(storing.length + 1);
  const one = storing[at];
  if (one === undefined) return;
  const end = random(2) === 0 ? one.body.length : Math.min(one.body.length, one.at + random(40_000));
  one.writer.write(one.body.subarray(one.at, end));
  one.at = end;
  if (end < one.body.length) return;
  storing.splice(at, 1);
  if (random(10) === 0) one.writer.abort();
  else one.writer.commit();
  if (one.leads) store.unlead(one.key, Date.now(), random(2));
}

function find(key: string): void {
  const entry = store.find(key, Date.now());
  if (entry === undefined) return;
  if (random(4) === 0) check(entry, 'found');
  if (random(2) === 0) store.release(entry);
  else sending.push({ entry, isLocked: random(8) === 0 && store.tryLock(entry, Date.now(), 5, true) });
}

function endSending(one: { entry: Entry; isLocked: boolean } | undefined): void {
  if (one === undefined) return;
  check(one.entry, 'sent');
  if (one.isLocked) store.unlockEntry(one.entry);
  store.release(one.entry);
}

for (let step = 0; step < steps; step += 1) {
  const key = `k${random(2) === 0 ? random(KEYS) : random(12)}`;
  const act = random(100);
  if (act < 30) find(key);
  else if (act < 50) begin(key, false);
  else if (act < 75) goOn();
  else if (act < 82) store.invalidate(key, random(3) === 0);
  else if (act < 90) {
    if (store.lead(key, Date.now(), 3) === 'lead') begin(key, true);
  } else if (act < 99 || random(20) > 0) endSending(sending.splice(random(sending.length), 1)[0]);
  else store.purge((its) => its.endsWith('7'), random(2) === 0);
  if (storing.length > 10) goOn();
  if (sending.length > 30) endSending(sending.shift());
}
for (const one of sending) endSending(one);
for (const one of storing) {
  one.writer.abort();
  if (one.leads) store.unlead(one.key, Date.now(), 0);
}
parentPort?.postMessage(faults);
