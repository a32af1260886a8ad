/** The reading of messages that both ends of the comparison rest on. */
import assert from 'node:assert/strict';
import { BodyDecoder, fieldValue, framingOf, takeHead } from './message.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('takeHead', () => {
  it('keeps order, case and repetitions of fields, and what follows', () => {
    const taken = takeHead(bytes('GET /x HTTP/1.1\r\nHost: a\r\nX-B:  1 \r\nx-b: 2\r\n\r\nrest'));
    assert.deepEqual(taken?.head, {
      line: 'GET /x HTTP/1.1',
      fields: [
        ['Host', 'a'],
        ['X-B', '1'],
        ['x-b', '2'],
      ],
    });
    assert.equal(taken.rest.toString(), 'rest');
  });

  it('waits for the empty line', () => {
    assert.equal(takeHead(bytes('HTTP/1.1 200 OK\r\nA: b\r\n')), undefined);
  });
});

describe('fieldValue', () => {
  it('joins the values of a name whatever its case', () => {
    assert.equal(
      fieldValue(
        [
          ['A', '1'],
          ['b', '2'],
          ['a', '3'],
        ],
        'a',
      ),
      '1, 3',
    );
    assert.equal(fieldValue([['A', '1']], 'b'), undefined);
  });
});

describe('BodyDecoder', () => {
  it('takes a body of known length and leaves the next message', () => {
    const decoder = new BodyDecoder(framingOf([['Content-Length', '5']], 'none'));
    assert.equal(decoder.feed(bytes('hel')).length, 0);
    assert.equal(decoder.isDone, false);
    assert.equal(decoder.feed(bytes('loGET')).toString(), 'GET');
    assert.equal(decoder.body.toString(), 'hello');
    assert.ok(decoder.isDone);
  });

  it('takes chunks however they are cut, with extensions and trailers', () => {
    const decoder = new BodyDecoder(framingOf([['Transfer-Encoding', 'chunked']], 'none'));
    const text = '5;a=b\r\nhello\r\nA\r\n 0123456\r\n\r\n0\r\nX-T: 1\r\n\r\nnext';
    let rest = '';
    for (const letter of text) rest += decoder.feed(bytes(letter)).toString();
    assert.equal(decoder.body.toString(), 'hello 0123456\r\n');
    assert.equal(rest, 'next');
  });

  it('is done at once without a body, and only at the end of the connection when nothing frames it', () => {
    assert.ok(new BodyDecoder(framingOf([], 'none')).isDone);
    const decoder = new BodyDecoder(framingOf([], 'close'));
    decoder.feed(bytes('all of it'));
    assert.equal(decoder.isDone, false);
    assert.equal(decoder.body.toString(), 'all of it');
  });
});
