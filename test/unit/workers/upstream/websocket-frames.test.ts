/** Messages of one frame, made and found, against the `ws` package, which reads and makes all of them. */
import assert from 'node:assert/strict';
import * as ws from 'ws';
import { type Found, findMessage, messageFrame } from '../../../../workers/upstream/websocket-frames.js';

interface Parts {
  Receiver: new (options: object) => NodeJS.WritableStream;
  Sender: { frame(data: Buffer, options: object): Buffer[] };
}
const { Receiver, Sender } = ws as unknown as Parts;
const SIZES = [0, 1, 3, 4, 5, 124, 125, 126, 127, 1000, 65535, 65536, 200_001];

describe('messages of one frame', () => {
  it('are read by ws as they were meant, whatever their size and place in memory', () => {
    for (const size of SIZES) {
      const memory = Buffer.alloc(size + 3, 7).map((_, i) => i & 0xff);
      for (const offset of [0, 1, 3]) {
        const data = memory.subarray(offset, offset + size);
        const receiver = new Receiver({ isServer: true, skipUTF8Validation: true });
        const heard: [Buffer, boolean][] = [];
        receiver.on('message', (message: Buffer, isBinary: boolean) => heard.push([message, isBinary]));
        receiver.write(messageFrame(data, size % 2 === 0));
        assert.equal(heard.length, 1);
        assert.deepEqual(heard[0], [Buffer.from(data), size % 2 === 0]);
      }
    }
  });

  it('have another mask each', () => {
    const masks = new Set(
      Array.from({ length: 5000 }, () => messageFrame(Buffer.alloc(1), true).readUInt32BE(2)),
    );
    assert.ok(masks.size > 4990, `${masks.size} masks`);
  });

  it('are found where ws has made them, one behind the other', () => {
    const found: Found = { start: 0, end: 0, isBinary: false };
    for (const size of SIZES.filter((one) => one < 65536)) {
      const made = { fin: true, rsv1: false, mask: false, readOnly: false };
      const data = Buffer.alloc(size, 'd');
      const bytes = Buffer.concat([
        ...Sender.frame(data, { ...made, opcode: 1 }),
        ...Sender.frame(data, { ...made, opcode: 2 }),
      ]);
      assert.equal(findMessage(bytes, 0, size, found), true);
      assert.deepEqual([found.end - found.start, found.isBinary], [size, false]);
      assert.equal(findMessage(bytes, found.end, size, found), true);
      assert.deepEqual([bytes.subarray(found.start, found.end), found.isBinary], [data, true]);
      assert.equal(findMessage(bytes, found.end, size, found), false);
      for (let cut = 0; cut < Math.min(bytes.length / 2, 140); cut += 1)
        assert.equal(findMessage(bytes.subarray(0, cut), 0, size, found), false, `${cut} bytes of ${size}`);
      if (size > 0) assert.equal(findMessage(bytes, 0, size - 1, found), false, 'above the limit');
    }
  });

  it('are not what is anything else', () => {
    const found: Found = { start: 0, end: 0, isBinary: false };
    for (const first of [0x00, 0x01, 0x02, 0x80, 0x83, 0x88, 0x89, 0x8a, 0x91, 0xa1, 0xc1, 0xc2])
      assert.equal(findMessage(Buffer.from([first, 1, 0x61]), 0, 100, found), false);
    assert.equal(findMessage(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]), 0, 100, found), false, 'masked');
  });
});
