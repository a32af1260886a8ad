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

/** What becomes of an answer that comes whole: its fields, or the code of what is wrong with it. */
function outcomeOf(text: string, lineLimit = 65_536): string[] | string {
  let outcome: string[] | string = 'nothing';
  const never = (): never => assert.fail('an answer in one piece');
  const sink: AnswerSink = {
    onInterim: never,
    onHead: ({ fields, length }) => {
      outcome = [...fields, `${length}`];
    },
    onData: never,
    onEnd: never,
    onUpgrade: never,
    onBroken: ({ code }) => {
      outcome = code;
    },
  };
  const reader = new AnswerReader(sink, lineLimit);
  reader.begin(false, '');
  reader.read(Buffer.from(text, 'latin1'), text.length);
  return outcome;
}

describe('answers with lines that were met before', () => {
  const ends = 'Content-Length: 0\r\n\r\n';

  it('are refused for a control character each time, wherever it stands', () => {
    for (let i = 0; i < 40; i += 1) {
      for (const bad of ['X-A: \x01', 'X-A: \x7f', 'X-A: a\x00', 'Connection: \x02', 'Date: \x1b'])
        assert.equal(outcomeOf(`HTTP/1.1 200 OK\r\n${bad}\r\n${ends}`), 'E_UPSTREAM_HEAD');
      assert.equal(outcomeOf(`HTTP/1.1 200 O\x01\r\n${ends}`), 'E_UPSTREAM_HEAD');
      const lines = `X-A: a\r\nX-B: ${'\t'.repeat(i % 3)}b`;
      assert.equal(outcomeOf(`HTTP/1.1 200 OK\r\n${lines}\r\nX-C: \x08\r\n${ends}`), 'E_UPSTREAM_HEAD');
      assert.equal(outcomeOf(`HTTP/1.1 200 OK\r\nX-C: \x08\r\n${lines}\r\n${ends}`), 'E_UPSTREAM_HEAD');
      assert.deepEqual(outcomeOf(`HTTP/1.1 200 OK\r\n${lines}\r\n${ends}`), ['X-A', 'a', 'X-B', 'b', '0']);
    }
  });

  it('give what they say now: other values, ends, folds and fields of the connection', () => {
    const heads: [string, string[] | string][] = [
      ['X-A: a\r\nX-B: b\r\n', ['X-A', 'a', 'X-B', 'b', '0']],
      ['X-A: a\nX-B: b\n', ['X-A', 'a', 'X-B', 'b', '0']],
      ['X-A: aa\r\nX-B: b\r\n', ['X-A', 'aa', 'X-B', 'b', '0']],
      ['X-A: a\r\n b\r\nX-B: b\r\n', ['X-A', 'a b', 'X-B', 'b', '0']],
      ['X-A: a\r\n', ['X-A', 'a', '0']],
      ['X-B: b\r\nX-A: a\r\n', ['X-B', 'b', 'X-A', 'a', '0']],
      ['X-A:a\r\nX-B: b \r\n', ['X-A', 'a', 'X-B', 'b', '0']],
      ['X-A: a\r\nConnection: x-a\r\n', ['0']],
      ['X-A: a\r\nKeep-Alive: timeout=5\r\n', ['X-A', 'a', '0']],
      ['X-A: a\r\nTransfer-Encoding: chunked\r\n', ['X-A', 'a', '-1']],
      ['X-A: a\r\nContent-Length: 1\r\n', 'E_UPSTREAM_HEAD'],
      ['X-A: a\r\nContent-Length: 0\r\n', ['X-A', 'a', '0']],
      ['X-A: a\rX-B: b\r\n', 'E_UPSTREAM_HEAD'],
      ['X-A : a\r\n', 'E_UPSTREAM_FIELD'],
    ];
    for (let i = 0; i < 40; i += 1) {
      for (let j = 0; j < heads.length; j += 1) {
        const [lines, outcome] = heads[(i * j + j + i) % heads.length] as [string, string[] | string];
        assert.deepEqual(outcomeOf(`HTTP/1.1 200 OK\r\n${lines}${ends}`), outcome, lines);
        assert.deepEqual(outcomeOf(`HTTP/1.1 200 OK\r\n${lines}${ends}`), outcome, lines);
      }
    }
  });

  it("is held to each member's own responsefieldsize", () => {
    const text = `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(300)}\r\n${ends}`;
    for (let i = 0; i < 20; i += 1) {
      assert.equal(outcomeOf(text).length, 3);
      assert.equal(outcomeOf(text, 200), 'E_UPSTREAM_HEAD');
    }
  });
});

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
