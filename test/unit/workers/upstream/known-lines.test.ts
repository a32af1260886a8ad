import { strict as assert } from 'node:assert';
import { KnownLines } from '../../../../workers/upstream/known-lines.js';

/** Where a line begins in its buffer: at any distance from a multiple of four. */
const OFFSETS = [0, 1, 2, 3, 4, 5];

function linesWith(text: string): KnownLines<string> {
  const lines = new KnownLines<string>();
  const bytes = Buffer.from(text, 'latin1');
  lines.learn(bytes, 0, bytes.length, 0, text);
  return lines;
}

describe('known lines', () => {
  it('are found wherever they stand in a buffer', () => {
    for (const text of ['abc\n', 'abcd\n', 'abcde\n', 'A: bcd\r\n', 'Content-Type: text/\xe4\r\n']) {
      const lines = linesWith(text);
      for (const offset of OFFSETS) {
        const bytes = Buffer.from(`${'-'.repeat(offset)}${text}more`, 'latin1');
        assert.equal(lines.find(bytes, offset, bytes.length, 0)?.meaning, text);
        assert.equal(lines.find(bytes, offset, offset + text.length, 0)?.length, text.length);
        assert.equal(lines.find(bytes, offset, offset + text.length - 1, 0), undefined);
        assert.equal(lines.find(bytes, offset, bytes.length, 1), undefined);
      }
    }
  });

  it('are not found when a single byte is another one', () => {
    for (const text of ['abc\n', 'abcd\n', 'abcde\n', 'abcdef\n', 'A: bcdefg\r\n']) {
      const lines = linesWith(text);
      for (let i = 0; i < text.length; i += 1) {
        for (const other of ['\0', 'z', '\xff']) {
          const bytes = Buffer.from(text.slice(0, i) + other + text.slice(i + 1), 'latin1');
          assert.equal(lines.find(bytes, 0, bytes.length, 0), undefined);
        }
      }
    }
  });

  it('are forgotten for others, one miss of sixteen', () => {
    const lines = linesWith('A: b\r\n');
    const asked = Array.from({ length: 33 }, () => lines.mayLearn(3));
    assert.deepEqual(
      asked.flatMap((isLearnt, i) => (isLearnt ? [i] : [])),
      [0, 16, 32],
    );
  });

  it('are few and short', () => {
    const lines = new KnownLines<string>();
    assert.equal(lines.mayLearn(32), false);
    const long = Buffer.from(`A: ${'b'.repeat(600)}\r\n`);
    lines.learn(long, 0, long.length, 0, 'long');
    assert.equal(lines.find(long, 0, long.length, 0), undefined);
    const short = Buffer.from('a:\n');
    lines.learn(short, 0, short.length, 0, 'short');
    assert.equal(lines.find(short, 0, short.length, 0), undefined);
  });
});
