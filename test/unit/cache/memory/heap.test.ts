import assert from 'node:assert/strict';
import { Heap, NONE } from '../../../../cache/memory/heap.js';
import { GRANULE, H, makeCacheMemory, regionsOf } from '../../../../cache/memory/layout.js';

/** A row of numbers that looks random and is always the same. */
function numbers(seed: number): () => number {
  let x = seed;
  return () => {
    x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
    return x / 0x7fffffff;
  };
}

describe('the allocator of cache memory', () => {
  const memory = makeCacheMemory(4 << 20, 1);
  const regions = regionsOf(memory);
  const heap = new Heap(memory, regions);
  heap.format();

  it('gives blocks that do not overlap, and takes them back in any order', () => {
    const random = numbers(1);
    const held: { block: number; bytes: number; mark: number }[] = [];
    for (let i = 0; i < 20_000; i += 1) {
      if (held.length > 0 && random() < 0.5) {
        const [gone] = held.splice(Math.floor(random() * held.length), 1);
        assert.ok(gone !== undefined);
        const view = heap.view(gone.block, 0, gone.bytes);
        assert.equal(view[0], gone.mark);
        assert.equal(view[gone.bytes - 1], gone.mark);
        heap.give(gone.block);
        continue;
      }
      const bytes = 1 + Math.floor(random() ** 4 * 60_000);
      const block = heap.take(bytes);
      if (block === NONE) continue;
      const mark = i & 0xff;
      const view = heap.view(block, 0, bytes);
      view[0] = mark;
      view[bytes - 1] = mark;
      held.push({ block, bytes, mark });
    }
    for (const { block } of held) heap.give(block);
    assert.equal(regions.header[H.granulesUsed], 0);
  });

  it('has its memory in one piece again when all is given back', () => {
    const block = heap.take(memory.bytes - GRANULE);
    assert.notEqual(block, NONE);
    assert.equal(heap.take(1), NONE);
    heap.give(block);
  });

  it('refuses what is larger than it', () => {
    assert.equal(heap.take(memory.bytes + 1), NONE);
  });
});
