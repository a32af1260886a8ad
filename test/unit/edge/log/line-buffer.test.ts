import { strict as assert } from 'node:assert';
import { LineBuffer, WRITE_AT } from '../../../../edge/log/line-buffer.js';

describe('a buffer of log lines', () => {
  it('gives away every line once, whole and in order, whatever their length and characters', () => {
    const given: Buffer[] = [];
    const lines = new LineBuffer((bytes) => given.push(bytes));
    const added: string[] = [];
    for (let i = 0; i < 5000; i += 1) {
      const text = i % 7 === 0 ? '\u20ac'.repeat(i % 50) : 'x'.repeat(i % 200);
      added.push(`${i} ${text}${i % 1000 === 999 ? 'y'.repeat(40_000 * (i / 999)) : ''}\n`);
    }
    for (const line of added) lines.add(line);
    lines.flush();
    assert.equal(Buffer.concat(given).toString(), added.join(''));
    assert.ok(given.every((bytes) => bytes.at(-1) === 0x0a));
    assert.ok(given.filter((bytes) => bytes.length >= WRITE_AT / 2).length > given.length / 2);
  });

  it('leaves what it has given away as it is', () => {
    const given: Buffer[] = [];
    const lines = new LineBuffer((bytes) => given.push(bytes));
    for (const line of ['a\n', 'b\n']) {
      lines.add(line);
      lines.flush();
    }
    lines.flush();
    assert.deepEqual(given.map(String), ['a\n', 'b\n']);
  });

  it('gives to another one when it is told to', () => {
    const given: Buffer[] = [];
    const lines = new LineBuffer(() => assert.fail('not to this one'));
    lines.add('a\n');
    lines.flush((bytes) => given.push(bytes));
    assert.deepEqual(given.map(String), ['a\n']);
  });
});
