/**
 * Cache memory under threads that store, send, purge and fetch at random, in so little of it that objects push each other
 * out all the time: no byte of a body that is being sent changes, and in the end nothing is lost of blocks, slots or pins.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { readCounters } from '../../../../cache/counters.js';
import { S } from '../../../../cache/memory/directory.js';
import { H, makeCacheMemory, regionsOf, SLOT_WORDS } from '../../../../cache/memory/layout.js';
import { MemoryStore } from '../../../../cache/memory/store.js';

const THREADS = 3;
const STEPS = 15_000;
const SEED = Number(process.env['DROVER_SEED'] ?? 20_261_121);

describe('cache memory under threads', function () {
  this.timeout(60_000);

  it('keeps what is being sent, and loses nothing', async () => {
    const memory = makeCacheMemory(1 << 20, THREADS);
    const store = new MemoryStore(memory, 0);
    const { header, slots, buckets } = regionsOf(memory);
    const workers = Array.from({ length: THREADS }, (_, thread) => {
      const task = { memory, thread, steps: STEPS, seed: SEED + thread };
      return new Worker(join(import.meta.dirname, 'threads-worker.js'), { workerData: task });
    });
    const said = await Promise.all(workers.map((worker) => once(worker, 'message')));
    const faults = said.flatMap(([faults]) => faults as string[]);
    assert.deepEqual(faults, [], `seed ${SEED}`);
    const { stores, evictions } = readCounters(memory);
    assert.ok(stores > 1000 && evictions > 1000, `${stores} stores, ${evictions} evictions`);

    const seen = new Set<number>();
    let high = 0;
    const walk = (first: number, pins: number): void => {
      for (let slot = first - 1; slot >= 0; slot = (slots[slot * SLOT_WORDS + S.next] as number) - 1) {
        assert.ok(!seen.has(slot), `slot ${slot} is in two lists`);
        seen.add(slot);
        assert.equal(slots[slot * SLOT_WORDS + S.pins], pins, `pins of slot ${slot}`);
        high = Math.max(high, slot + 1);
      }
    };
    for (const first of buckets) walk(first, 1);
    walk(header[H.freeSlot] as number, 0);
    assert.deepEqual([seen.size, high], [header[H.highSlot], header[H.highSlot]]);
    store.purge(() => true, false);
    assert.equal(header[H.objects], 0);
    assert.equal(header[H.granulesUsed], 0);
    const whole = store.write(
      'whole',
      JSON.parse('{}'),
      memory.bytes - 65_536,
      1e9,
      store.momentOf('whole'),
      0,
    );
    assert.ok(whole !== undefined, 'free blocks have become one again');
    whole.abort();
  });
});
