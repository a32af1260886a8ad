/** Heads of frames, found in runs of bytes that are cut anywhere. */
import assert from 'node:assert/strict';
import { FrameWalk } from '../../../../../edge/engine/h2/h2-frame-walk.js';
import { frame, PREFACE, uint32 } from '../../../../reg/h2-frames.js';

const FRAMES = [
  frame('SETTINGS', 0, 0, Buffer.alloc(12)),
  frame('HEADERS', 5, 1, Buffer.from('field block')),
  frame('DATA', 1, 0x8000_0001),
  frame('GOAWAY', 0, 0, Buffer.concat([uint32(5), uint32(11), Buffer.from('debug')])),
  frame('GOAWAY', 0, 0, Buffer.alloc(3)),
  frame('DATA', 0, 3, Buffer.alloc(70_000)),
  frame(0xfe, 0xff, 77, [1]),
];
const EXPECTED = ['4 0 0 0', '1 5 1 0', '0 1 1 0', '7 0 0 11', '7 0 0 0', '0 0 3 0', '254 255 77 0'];

function walked(pieces: Iterable<Uint8Array>, skip: number): string[] {
  const found: string[] = [];
  const walk = new FrameWalk(skip, (...frameHead) => found.push(frameHead.join(' ')));
  for (const piece of pieces) walk.walk(piece);
  return found;
}

describe('a walk over frames', () => {
  const bytes = Buffer.concat([PREFACE, ...FRAMES]);

  it('finds every head, behind what comes first', () => {
    assert.deepEqual(walked([bytes], PREFACE.length), EXPECTED);
    assert.deepEqual(walked([bytes.subarray(PREFACE.length)], 0), EXPECTED);
  });

  it('finds them however the bytes are cut', () => {
    for (const size of [1, 2, 3, 7, 10, 17, 1000, 65_536]) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      assert.deepEqual(walked(pieces, PREFACE.length), EXPECTED, `pieces of ${size}`);
    }
  });
});
