/**
 * What a cache hands to the process that comes after it: the objects that are asked for most, as one file, and word of
 * what was invalidated since. Ages are right by themselves, because an object says when it came.
 *
 *   drover-snapshot 1\n  then for each object: lengths of key, meta and body and its requests lately, 4 x UInt32LE,
 *   key, meta (JSON), body; at the end four zeros, by which a file that was cut is known
 *
 * Invalidations count up an epoch for each hash (layout.ts). Whoever compares epochs with those at the moment of the
 * snapshot knows which keys may have been invalidated: all with a hash of which one was. The successor drops those, and
 * all it has after a purge by prefix or tag. Some go that could have stayed; none stays that had to go.
 * Threads: control, of either process.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { StoredMeta } from '../stored.js';
import { B, type Directory, KIND, S } from './directory.js';
import { type Bytes, type CacheMemory, EPOCHS, H, regionsOf, SLOT_WORDS } from './layout.js';
import type { MemoryStore } from './store.js';
import { load } from './words.js';

const MARK = Buffer.from('drover-snapshot 1\n', 'latin1');
const RECORD_BYTES = 16;
/** Slots looked at in one go, with the lock held. */
const STEP = 512;
const SOFT = 1;
/** Of its memory a successor fills this part: with other settings it may have less than its predecessor. */
const LOADED_PART = 0.75;

interface Listed {
  slot: number;
  generation: number;
  bytes: Bytes;
  asked: number;
  lastUsed: number;
}

/**
 * Writes the objects that are asked for most into a file that is there.
 * most     bytes of the file
 * returns  how many
 * errors   what writing says
 */
export function writeSnapshot(store: MemoryStore, file: string, most: Bytes): number {
  const { directory } = store;
  const listed = list(directory).sort((a, b) => b.asked - a.asked || b.lastUsed - a.lastUsed);
  const pieces: Uint8Array[] = [MARK];
  let total = MARK.length + RECORD_BYTES;
  let count = 0;
  for (const { slot, generation, bytes, asked } of listed) {
    if (total + bytes > most) continue;
    if (!directory.pin(slot, generation)) continue;
    pieces.push(copyOf(directory, slot, asked, store.memory.segment));
    directory.unpin(slot);
    total += bytes;
    count += 1;
  }
  pieces.push(Buffer.alloc(RECORD_BYTES));
  writeFileSync(file, Buffer.concat(pieces), { flag: 'r+' });
  return count;
}

function list(directory: Directory): Listed[] {
  const { slots, heap, sketch } = directory;
  const listed: Listed[] = [];
  directory.lock();
  const { high } = directory;
  for (let slot = 0; slot < high; slot += 1) {
    if (slot % STEP === STEP - 1) {
      directory.unlock();
      directory.lock();
    }
    const at = slot * SLOT_WORDS;
    const kind = slots[at + S.kind];
    const block = (slots[at + S.block] as number) - 1;
    if ((kind !== KIND.object && kind !== KIND.vary) || block < 0 || slots[at + S.flags] === SOFT) continue;
    const [a, b] = [slots[at + S.a] as number, slots[at + S.b] as number];
    const texts = heap.word(block, B.keyLength) + heap.word(block, B.metaLength);
    listed.push({
      slot,
      generation: load(slots, at + S.generation),
      bytes: RECORD_BYTES + texts + heap.word(block, B.bodyLength),
      asked: sketch.countOf(a, b),
      lastUsed: slots[at + S.lastUsed] as number,
    });
  }
  directory.unlock();
  return listed;
}

/** The record of an object that is pinned. */
function copyOf({ slots, heap }: Directory, slot: number, asked: number, segment: Bytes): Buffer {
  const block = (slots[slot * SLOT_WORDS + S.block] as number) - 1;
  const texts = heap.word(block, B.keyLength) + heap.word(block, B.metaLength);
  const length = heap.word(block, B.bodyLength);
  const count = heap.word(block, B.segments);
  const record = Buffer.allocUnsafe(RECORD_BYTES + texts + length);
  const numbers = [heap.word(block, B.keyLength), heap.word(block, B.metaLength), length, asked];
  for (const [i, number] of numbers.entries()) record.writeUInt32LE(number, i * 4);
  const start = (B.first + count) * 4;
  record.set(heap.view(block, start, count === 0 ? texts + length : texts), RECORD_BYTES);
  for (let i = 0; i < count; i += 1) {
    const at = i * segment;
    const part = heap.view(heap.word(block, B.first + i), 0, Math.min(segment, length - at));
    record.set(part, RECORD_BYTES + texts + at);
  }
  return record;
}

/**
 * Takes a snapshot's objects in.
 * returns  how many; 0 for a file that is not whole, or another version's
 * errors   what reading says
 */
export function readSnapshot(store: MemoryStore, file: string, now: number): number {
  const bytes = readFileSync(file);
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return 0;
  const last = bytes.length - RECORD_BYTES;
  if (last < MARK.length || bytes.subarray(last).some((byte) => byte !== 0)) return 0;
  const most = store.memory.bytes * LOADED_PART;
  let count = 0;
  for (let at = MARK.length; at < last && at < most; ) {
    const keyEnd = at + RECORD_BYTES + bytes.readUInt32LE(at);
    const metaEnd = keyEnd + bytes.readUInt32LE(at + 4);
    const end = metaEnd + bytes.readUInt32LE(at + 8);
    if (end > last) break;
    const key = bytes.toString('latin1', at + RECORD_BYTES, keyEnd);
    const meta = JSON.parse(bytes.toString('latin1', keyEnd, metaEnd)) as StoredMeta;
    if (take(store, key, meta, bytes.subarray(metaEnd, end), bytes.readUInt32LE(at + 12), now)) count += 1;
    at = end;
  }
  return count;
}

function take(
  store: MemoryStore,
  key: string,
  meta: StoredMeta,
  body: Uint8Array,
  asked: number,
  now: number,
): boolean {
  const writer = store.write(key, meta, body.length, body.length, store.momentOf(key), now, {
    isForced: true,
  });
  writer?.write(body);
  if (writer?.commit() !== true) return false;
  const { directory } = store;
  const entry = store.find(key, now);
  if (entry === undefined) return false;
  for (let times = 1; times < asked; times += 1) directory.sketch.add(entry.a, entry.b);
  store.release(entry);
  return true;
}

/** Which objects may have been invalidated: all of those hashes, or all there are. Plain data. */
export interface Invalidated {
  hashes: number[];
  isAll: boolean;
}

/** What is invalidated from the moment on at which this is made. */
export class InvalidationWatch {
  readonly #epochs: Int32Array;
  readonly #header: Int32Array;
  readonly #seen: Int32Array;
  #bulk: number;

  constructor(memory: CacheMemory) {
    const { epochs, header } = regionsOf(memory);
    this.#epochs = epochs;
    this.#header = header;
    this.#seen = epochs.slice();
    this.#bulk = header[H.bulkEpoch] as number;
  }

  /** What dropInvalidated is about to do here is no news: it comes from where it would be told to. */
  expect({ hashes, isAll }: Invalidated): void {
    for (const hash of hashes) this.#seen[hash] = ((this.#seen[hash] as number) + 1) | 0;
    if (isAll) this.#bulk = (this.#bulk + 1) | 0;
  }

  /** What has been since this was asked last; undefined for nothing. */
  news(): Invalidated | undefined {
    const bulk = this.#header[H.bulkEpoch] as number;
    const isAll = bulk !== this.#bulk;
    this.#bulk = bulk;
    const hashes: number[] = [];
    for (let i = 0; i < EPOCHS; i += 1) {
      const epoch = this.#epochs[i] as number;
      if (epoch === this.#seen[i]) continue;
      this.#seen[i] = epoch;
      hashes.push(i);
    }
    return isAll || hashes.length > 0 ? { hashes, isAll } : undefined;
  }
}

/** Takes out what may have been invalidated elsewhere; what is being fetched now under those hashes is not stored. */
export function dropInvalidated(store: MemoryStore, { hashes, isAll }: Invalidated): void {
  const { directory, memory } = store;
  const { epochs, header } = regionsOf(memory);
  const { slots } = directory;
  const gone = new Set(hashes);
  directory.lock();
  if (isAll) header[H.bulkEpoch] = ((header[H.bulkEpoch] as number) + 1) | 0;
  for (const hash of hashes) epochs[hash] = ((epochs[hash] as number) + 1) | 0;
  const { high } = directory;
  for (let slot = 0; slot < high; slot += 1) {
    if (slot % STEP === STEP - 1) {
      directory.unlock();
      directory.lock();
    }
    const at = slot * SLOT_WORDS;
    const [a, b] = [slots[at + S.a] as number, slots[at + S.b] as number];
    if (slots[at + S.block] === 0 || !(isAll || gone.has(a & (EPOCHS - 1)))) continue;
    if (directory.find(a, b) === slot) directory.kill(slot);
  }
  directory.unlock();
}
