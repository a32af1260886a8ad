import { strict as assert } from 'node:assert';
import {
  HeadError,
  parseHead,
  type ResponseHead,
  UNKNOWN_LENGTH,
} from '../../../../workers/upstream/response-head.js';

/** The text is not the first in its buffer. */
function parseText(text: string): ResponseHead | undefined {
  const bytes = Buffer.from(`---${text}`, 'latin1');
  return parseHead(bytes, 3, bytes.length, 8192, 64);
}

function parse(text: string): ResponseHead {
  const head = parseText(text);
  assert.equal(head?.size, text.length);
  return head;
}

describe('response head', () => {
  it('gives the end-to-end fields in order and keeps back those of the connection', () => {
    const head = parse(
      'HTTP/1.1 200 Fine\r\nX-A: 1\r\nConnection: X-Zap, keep-alive\r\nX-Zap: 1\r\nKeep-Alive: timeout=7\r\nTE: x\r\nUpgrade: h2c\r\nTrailer: X\r\nProxy-Authenticate: Basic\r\nx-a:  2 \r\nContent-Length: 5\r\n\r\n',
    );
    assert.deepEqual(head.fields, ['X-A', '1', 'x-a', '2']);
    assert.equal(head.status, 200);
    assert.equal(head.reason, 'Fine');
    assert.equal(head.length, 5);
    assert.equal(head.idleSeconds, 7);
    assert.equal(head.isReusable, true);
  });

  it('reads each status line for itself, also one that begins like the one before', () => {
    for (const [line, status, reason] of [
      ['HTTP/1.1 200 OK', 200, 'OK'],
      ['HTTP/1.1 200 OKAY', 200, 'OKAY'],
      ['HTTP/1.1 200 OK', 200, 'OK'],
      ['HTTP/1.1 200 O', 200, 'O'],
      ['HTTP/1.1 201 OK', 201, 'OK'],
    ] as const) {
      const head = parse(`${line}\r\ncontent-length: 1\r\n\r\n`);
      assert.deepEqual([head.status, head.reason, head.length], [status, reason, 1]);
    }
  });

  it('takes bare line feeds, as httpd does', () => {
    const text = 'HTTP/1.1 204 No Content\nA: b\n\n';
    assert.deepEqual(parse(text).fields, ['A', 'b']);
  });

  it('does not reuse after HTTP/1.0, close, or both framings', () => {
    assert.equal(parse('HTTP/1.0 200 OK\r\n\r\n').isReusable, false);
    assert.equal(parse('HTTP/1.1 200 OK\r\nConnection: Keep-Alive, close\r\n\r\n').isReusable, false);
    const both = parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n');
    assert.equal(both.isReusable, false);
    assert.equal(both.isChunked, true);
    assert.equal(both.length, UNKNOWN_LENGTH);
  });

  it('reads to the end of the connection where a coding is not known', () => {
    const head = parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: identity\r\n\r\n');
    assert.deepEqual(
      [head.length, head.isChunked, head.isReusable, head.fields],
      [UNKNOWN_LENGTH, false, false, []],
    );
  });

  it('joins a folded line with a space', () => {
    assert.deepEqual(parse('HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n').fields, ['A', 'b c']);
  });

  it('adds a fold to no field but the one before it', () => {
    const text =
      'HTTP/1.1 200 OK\r\nA: b\r\nConnection: close,\r\n\tx-b\r\nX-B: c\r\nKeep-Alive: x\r\n y\r\n\r\n';
    const head = parse(text);
    assert.deepEqual(head.fields, ['A', 'b']);
    assert.equal(head.isReusable, false);
  });

  it('takes equal Content-Lengths and refuses different ones', () => {
    assert.equal(parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3, 3\r\n\r\n').length, 3);
  });

  it('waits for the empty line, and leaves what follows it', () => {
    const text = 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n';
    for (let i = 0; i < text.length; i += 1) assert.equal(parseText(text.slice(0, i)), undefined);
    assert.equal(parseText(`${text}body\r\n\r\n`)?.size, text.length);
    assert.equal(parseText('HTTP/1.1 200 OK\nA: b\n\nbody\r\n\r\n')?.size, 23 - 1);
  });

  const broken = [
    'GARBAGE\r\n\r\n',
    'HTTP/2.0 200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\n: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: b\rX: y\r\n\r\n',
    'HTTP/1.1 200 OK\r\n folded first\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n , gzip\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
    `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(9000)}\r\n\r\n`,
  ];
  for (const text of broken) {
    it(`refuses ${JSON.stringify(text.slice(0, 70))}`, () => assert.throws(() => parse(text), HeadError));
  }
});
