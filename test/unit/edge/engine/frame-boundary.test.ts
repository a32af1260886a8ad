/** Frames of a WebSocket in a stream of bytes, however it is cut. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { closeFrame, FrameBoundary } from '../../../../edge/engine/frame-boundary.js';

function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head =
    length < 126
      ? [0x82, mask | length]
      : length < 65536
        ? [0x82, mask | 126, length >> 8, length & 0xff]
        : [0x82, mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(isMasked ? 4 : 0, 0xff), Buffer.alloc(length, 0x88)]);
}

describe('FrameBoundary', () => {
  it('is between two frames exactly where one ends, whatever the cuts', () => {
    const lengths = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 65535, 65536, 70000)), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(lengths, fc.boolean(), fc.integer({ min: 1, max: 5000 }), (sizes, isMasked, cut) => {
        const frames = sizes.map((size) => frame(size, isMasked));
        const bytes = Buffer.concat(frames);
        const ends = new Set([0]);
        let end = 0;
        for (const one of frames) {
          end += one.length;
          ends.add(end);
        }
        const boundary = new FrameBoundary();
        for (let at = 0; at < bytes.length; at += cut) {
          const piece = bytes.subarray(at, at + cut);
          const wasBetween = boundary.isBetween;
          const first = boundary.push(piece);
          const next = [...ends]
            .filter((each) => each >= at && each <= at + piece.length)
            .sort((a, b) => a - b)[0];
          assert.equal(first, wasBetween ? 0 : next === undefined ? piece.length : next - at);
          assert.equal(boundary.isBetween, ends.has(at + piece.length));
        }
      }),
    );
  });

  it('makes Close frames for either side', () => {
    assert.deepEqual([...closeFrame(1001, undefined)], [0x88, 2, 3, 0xe9]);
    assert.deepEqual([...closeFrame(1001, Uint8Array.of(1, 2, 3, 4))], [0x88, 0x82, 1, 2, 3, 4, 2, 0xeb]);
  });
});
