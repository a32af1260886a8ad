import { strict as assert } from 'node:assert';
import { ChunkedDecoder } from '../../../../workers/upstream/chunked.js';

function decode(text: string, step: number): { body: string; decoder: ChunkedDecoder; used: number } {
  const input = Buffer.from(text, 'latin1');
  const decoder = new ChunkedDecoder();
  let body = '';
  let at = 0;
  while (at < input.length && !decoder.isDone && !decoder.isBad) {
    const end = Math.min(at + step, input.length);
    at = decoder.push(input, at, end, (piece) => {
      body += piece.toString('latin1');
    });
  }
  return { body, decoder, used: at };
}

describe('ChunkedDecoder', () => {
  const whole = '5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n';
  for (const step of [1, 2, 3, 7, 1000]) {
    it(`gives the data whatever the input is cut into (${step} bytes)`, () => {
      const { body, decoder, used } = decode(whole, step);
      assert.equal(body, 'hello world');
      assert.equal(decoder.isDone, true);
      assert.equal(used, whole.length);
    });
  }

  it('stops after the last chunk and leaves what follows', () => {
    const { used, decoder } = decode('1\r\na\r\n0\r\n\r\nHTTP/1.1', 1000);
    assert.equal(decoder.isDone, true);
    assert.equal(used, 11);
  });

  for (const text of [
    'x\r\n',
    '\r\n',
    '1\r\nab\r\n',
    '1\r\na\r\r\n',
    '1 \rx',
    'fffffffffffff\r\n',
    '-1\r\n',
    `1;${'e'.repeat(9000)}`,
  ]) {
    it(`calls ${JSON.stringify(text.slice(0, 20))} broken`, () =>
      assert.equal(decode(text, 1000).decoder.isBad, true));
  }
});
