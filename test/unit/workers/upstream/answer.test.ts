import { strict as assert } from 'node:assert';
import { AnswerReader, type AnswerSink } from '../../../../workers/upstream/answer.js';

interface Heard {
  status: number;
  value: string;
  body: string;
  isLast: boolean;
}

/** Reads each of the pieces as an answer's bytes, the way a connection does: all in one buffer. */
function readerOf(heard: Heard[]): (text: string) => void {
  const never = (): never => assert.fail('an answer in one piece, and a good one');
  const sink: AnswerSink = {
    onInterim: never,
    onHead: ({ status, fields }, body, isLast) =>
      heard.push({ status, value: fields[1] ?? '', body: body?.toString('latin1') ?? '', isLast }),
    onData: never,
    onEnd: never,
    onUpgrade: never,
    onBroken: never,
  };
  const reader = new AnswerReader(sink, 65_536);
  const buffer = Buffer.alloc(262_144);
  return (text) => {
    reader.begin(false, '');
    reader.read(buffer, buffer.write(text, 'latin1'));
  };
}

describe('answers of one connection', () => {
  it('are read whatever the lengths of the heads before', () => {
    const heard: Heard[] = [];
    const read = readerOf(heard);
    const lengths = [1, 900, 1, 1, 2000, 20_000, 60_000, 30, 30, 30, 30, 5000, 1, 1100];
    for (const [i, length] of lengths.entries()) {
      const body = 'b'.repeat(3000 + i);
      read(`HTTP/1.1 200 OK\r\nX: ${'v'.repeat(length)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    }
    assert.deepEqual(
      heard.map(({ value, body }) => [value.length, body.length]),
      lengths.map((length, i) => [length, 3000 + i]),
    );
    assert.ok(heard.every(({ status, isLast }) => status === 200 && isLast));
  });
});
