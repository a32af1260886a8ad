import { strict as assert } from 'node:assert';
import { hasControls } from '../../../../workers/upstream/controls.js';

describe('hasControls', () => {
  it('finds each control but tab and line ends, at any place and alignment', () => {
    for (let code = 0; code < 256; code += 1) {
      const isAllowed = code > 0x1f ? code !== 0x7f : [9, 10, 13].includes(code);
      for (let offset = 0; offset < 4; offset += 1) {
        for (let at = 0; at < 11; at += 1) {
          const bytes = Buffer.from(new ArrayBuffer(32), offset, 20).fill('aé\r\n\t ~');
          bytes[3 + at] = code;
          assert.equal(hasControls(bytes, 3, 14), !isAllowed, `byte ${code} at ${at}, offset ${offset}`);
        }
      }
    }
  });

  it('does not look outside the stretch', () => {
    const bytes = Buffer.from('\0ab\0');
    assert.equal(hasControls(bytes, 1, 3), false);
  });
});
