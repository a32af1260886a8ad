/**
 * Requests that two servers could read in two ways (RFC 9112 11.2). Whatever a client sends, on either engine: it is refused and nothing
 * reaches the member, or exactly one request reaches it, framed by one field, with the body that was meant. Nothing after
 * it, nothing inside it. The member's connections are reused, so that whatever were left on one would be seen.
 * Source: RFC 9112 2.2, 3, 5.1, 5.2, 6.1, 6.3, 7.1, 11.2.
 */
import assert from 'node:assert/strict';
import { Appliance } from './appliance.js';
import { type Reply, sendRaw } from './raw-client.js';
import { RawOrigin } from './raw-origin.js';

/** What is hidden in the rows' bodies and fields; it must never stand at the start of a line that the member gets. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a.test\r\nX-Hidden: 1\r\n\r\n';
const CHUNKS = '3\r\nabc\r\n0\r\n\r\n';

interface Row {
  name: string;
  bytes: string;
  /** Body that the member must have got; undefined: the request is refused. */
  body: string | undefined;
  /** Where an engine reads it otherwise, as unambiguously. */
  on?: Partial<Record<'uws' | 'node', string | undefined>>;
}

function post(name: string, lines: string[], sent: string, body?: string): Row {
  return { name, bytes: ['POST /x HTTP/1.1', 'Host: a.test', ...lines, '', sent].join('\r\n'), body };
}

function get(name: string, lines: string[], body?: string): Row {
  return { name, bytes: ['GET /x HTTP/1.1', 'Host: a.test', ...lines, '', ''].join('\r\n'), body };
}

function raw(name: string, bytes: string, body?: string): Row {
  return { name, bytes, body };
}

const LENGTHS: Row[] = [
  post('two differing lengths', ['Content-Length: 3', 'Content-Length: 50'], `abc${HIDDEN}`),
  post(
    'two differing lengths, the longer first',
    ['Content-Length: 50', 'Content-Length: 3'],
    `abc${HIDDEN}`,
  ),
  post('two equal lengths', ['Content-Length: 3', 'Content-Length: 3'], 'abc'),
  post('a list of lengths', ['Content-Length: 3, 3'], 'abc'),
  post('a list of differing lengths', ['Content-Length: 3, 50'], `abc${HIDDEN}`),
  post('a length with a plus', ['Content-Length: +3'], `abc${HIDDEN}`),
  post('a negative length', ['Content-Length: -3'], `abc${HIDDEN}`),
  post('a hexadecimal length', ['Content-Length: 0x3'], `abc${HIDDEN}`),
  post('a length with an exponent', ['Content-Length: 3e0'], `abc${HIDDEN}`),
  post('a length with a point', ['Content-Length: 3.0'], `abc${HIDDEN}`),
  post('a length with an underscore', ['Content-Length: 3_0'], `abc${HIDDEN}`),
  post('a length with a blank inside', ['Content-Length: 3 3'], `abc${HIDDEN}`),
  post('an empty length', ['Content-Length:'], HIDDEN),
  post('a length of words', ['Content-Length: three'], `abc${HIDDEN}`),
  post('a length beyond all numbers', ['Content-Length: 99999999999999999999999'], `abc${HIDDEN}`),
  post('a length that wraps 64 bits', ['Content-Length: 18446744073709551619'], `abc${HIDDEN}`),
  post('a length with leading zeros', ['Content-Length: 0003'], 'abc', 'abc'),
  post('a length by another case', ['content-LENGTH: 3'], 'abc', 'abc'),
  raw(
    'a GET whose body looks like a request',
    `GET /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    HIDDEN,
  ),
];

const CODINGS: Row[] = [
  post('length and chunked', ['Content-Length: 6', 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`),
  post('chunked and length', ['Transfer-Encoding: chunked', 'Content-Length: 6'], `0\r\n\r\n${HIDDEN}`),
  post('length 0 and chunked', ['Content-Length: 0', 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`),
  post('a coding that is not known', ['Transfer-Encoding: gzip'], CHUNKS),
  post('a coding before chunked', ['Transfer-Encoding: gzip, chunked'], CHUNKS),
  post('a coding after chunked', ['Transfer-Encoding: chunked, gzip'], CHUNKS),
  post('chunked twice in a list', ['Transfer-Encoding: chunked, chunked'], CHUNKS),
  post('chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], CHUNKS),
  post('chunked and identity', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], CHUNKS),
  post('identity', ['Transfer-Encoding: identity'], CHUNKS),
  post('identity with a length', ['Transfer-Encoding: identity', 'Content-Length: 3'], `abc${HIDDEN}`),
  post('an empty coding', ['Transfer-Encoding:'], CHUNKS),
  post('an empty coding with a length', ['Transfer-Encoding:', 'Content-Length: 3'], `abc${HIDDEN}`),
  post('chunked in quotes', ['Transfer-Encoding: "chunked"'], CHUNKS),
  post('chunked with a tail', ['Transfer-Encoding: chunkedx'], CHUNKS),
  post('chunked after a vertical tab', ['Transfer-Encoding: \x0bchunked'], CHUNKS),
  post('chunked with a parameter', ['Transfer-Encoding: chunked;q=1'], CHUNKS),
  post('chunked by another case', ['Transfer-Encoding: CHUNKED'], CHUNKS, 'abc'),
  post('a coding with a space before the colon', ['Transfer-Encoding : chunked'], CHUNKS),
  post('a coding in a folded line', ['Transfer-Encoding:', ' chunked'], CHUNKS),
  {
    ...post(
      'a field of a similar name',
      ['Content-Length: 5', 'Transfer_Encoding: chunked'],
      'abcde',
      'abcde',
    ),
    on: { uws: undefined },
  },
  raw(
    'chunked in HTTP/1.0',
    `POST /x HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}${HIDDEN}`,
  ),
  raw(
    'chunked and a length in HTTP/1.0',
    `POST /x HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n${CHUNKS}`,
  ),
];

function chunked(name: string, sent: string, body?: string): Row {
  return post(name, ['Transfer-Encoding: chunked'], sent, body);
}

const CHUNKED: Row[] = [
  chunked('a chunk size that is no number', `zz\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('an empty chunk size', `\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a negative chunk size', `-3\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size with a plus', `+3\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size with 0x', `0x3\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size with an underscore', `0_3\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size after a blank', ` 3\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size before a NUL', `3\0\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size that wraps 64 bits', `10000000000000003\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size that wraps 32 bits', `100000003\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk size that ends in an LF alone', `3\nabc\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk longer than its size', `3\r\nabcdef\r\n0\r\n\r\n${HIDDEN}`),
  chunked('a chunk without its line end', `3\r\nabc0\r\n\r\n${HIDDEN}`),
  chunked('a chunk that ends in an LF alone', `3\r\nabc\n0\r\n\r\n${HIDDEN}`),
];

const LINES: Row[] = [
  raw('two Host fields', 'GET /x HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n'),
  raw('no Host field', 'GET /x HTTP/1.1\r\nX-A: 1\r\n\r\n'),
  raw('a Host with a blank', 'GET /x HTTP/1.1\r\nHost: a b\r\n\r\n'),
  raw('a Host with a path', 'GET /x HTTP/1.1\r\nHost: a.test/b\r\n\r\n'),
  raw('a Host with a user', 'GET /x HTTP/1.1\r\nHost: u@a.test\r\n\r\n'),
  raw('a method that is no token', 'G@T /x HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  { ...raw('two blanks in the request line', 'GET  /x HTTP/1.1\r\nHost: a.test\r\n\r\n'), on: { node: '' } },
  raw('a tab in the request line', 'GET\t/x HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  raw('a target with a blank', 'GET /x y HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  raw('a version that is none', 'GET /x HTTP/1.11\r\nHost: a.test\r\n\r\n'),
  { ...raw('HTTP/2.0 in plain text', 'GET /x HTTP/2.0\r\nHost: a.test\r\n\r\n'), on: { node: '' } },
  { ...raw('no version', 'GET /x\r\nHost: a.test\r\n\r\n'), on: { node: '' } },
  raw('a target that leaves the root', 'GET /../x HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  raw('an encoded line end in the target', 'GET /x%0d%0aX-Hidden:%201 HTTP/1.1\r\nHost: a.test\r\n\r\n', ''),
  raw('a NUL in the target', 'GET /x\0y HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  {
    ...raw('a target of raw UTF-8', 'GET /\xc4\x8d\xc4\x8aX-Hidden HTTP/1.1\r\nHost: a.test\r\n\r\n'),
    on: { uws: '' },
  },
];

const FIELDS: Row[] = [
  get('a NUL in a value', ['X-A: a\0b']),
  get('a control in a value', ['X-A: a\x01b']),
  get('a CR in a value', ['X-A: a\rX-Hidden: 1']),
  get('a DEL in a value', ['X-A: a\x7fb']),
  get('an LF alone between fields', ['X-A: a\nContent-Length: 5\nX-B: b']),
  get('a field without a colon', ['broken']),
  // uWebSockets.js ends the head there: what stands behind it is nowhere to be seen, by us or the member.
  { ...get('a field without a name', [': value', 'X-Hidden: 1']), on: { uws: '' } },
  get('a space before the colon', ['X-A : a']),
  get('a space before the name', [' X-A: a']),
  get('a folded line', ['X-A: a', ' X-Hidden: 1']),
  get('a name that is no token', ['X(A): a']),
  // What is cut to a byte a character must not become a line end: U+010D U+010A end in 0D 0A.
  get('characters whose last byte is a line end', ['X-A: a\xc4\x8d\xc4\x8aX-Hidden: 1'], ''),
  get('such characters in a Cookie', ['Cookie: a=\xc4\x8d\xc4\x8aX-Hidden: 1'], ''),
  get('such characters of three bytes', ['X-A: a\xe2\x80\x8d\xe2\x80\x8aX-Hidden: 1'], ''),
  raw('such characters in Host', 'GET /x HTTP/1.1\r\nHost: a\xc4\x8d\xc4\x8aX-Hidden: 1\r\n\r\n'),
  get('bytes above ASCII that are no UTF-8', ['X-A: \xe9'], ''),
  get('Connection that names the framing', ['Connection: close, Host'], ''),
];

const MESSAGES: Row[] = [
  post('less than was announced', ['Content-Length: 100'], 'abc'),
  raw('a request after a bare LF head', 'GET /x HTTP/1.1\nHost: a.test\n\n'),
  post('an Upgrade with a body', ['Upgrade: h2c', 'Connection: Upgrade', 'Content-Length: 3'], 'abc', 'abc'),
];

const ROWS = [...LENGTHS, ...CODINGS, ...CHUNKED, ...LINES, ...FIELDS, ...MESSAGES];

/** Asserts that nothing reached the member, and that the client was not told that all was well. */
function assertRefused(origin: RawOrigin, reply: Reply): void {
  assert.equal(origin.bytes, '');
  assert.ok(reply.status === 0 || reply.status >= 400, `status ${reply.status}`);
  assert.ok(statusLines(reply.text) <= 1, reply.text);
}

/** Asserts that the member got one request with that body, framed by one field, and not a byte more. */
function assertOne(origin: RawOrigin, reply: Reply, body: string): void {
  const [request] = origin.requests;
  assert.ok(request !== undefined, `nothing reached the member, status ${reply.status}`);
  assert.equal(origin.requests.length, 1);
  assert.equal(request.body.toString('latin1'), body);
  assert.match(request.head.line, /^(?:GET|POST) \/[!-~]* HTTP\/1\.1$/);
  const names = request.head.fields.map(([name]) => name.toLowerCase());
  const count = (wanted: string): number => names.filter((name) => name === wanted).length;
  assert.equal(count('host'), 1);
  assert.equal(count('x-hidden'), 0);
  assert.ok(count('content-length') + count('transfer-encoding') <= 1, names.join());
  assert.equal(origin.bytes.indexOf('\r\n\r\n') + 4 + body.length, origin.bytes.length);
  assert.ok(statusLines(reply.text) <= 1, reply.text);
}

function statusLines(text: string): number {
  return text.match(/HTTP\/1\.1 [2-5]\d\d/g)?.length ?? 0;
}

for (const engine of ['uws', 'node'] as const) {
  describe(`an ambiguous request on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    before(async () => {
      origin = await RawOrigin.start();
      const text = `ProxyPreserveHost On\nProxyPass / http://127.0.0.1:${origin.port}/`;
      drover = await Appliance.start(text, { engine });
    });
    beforeEach(() => origin.reset());
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    for (const row of ROWS) {
      const body = row.on !== undefined && engine in row.on ? row.on[engine] : row.body;
      it(`${body === undefined ? 'is refused' : 'is passed on once'}: ${row.name}`, async () => {
        // Much of what is refused is answered by silence.
        const reply = await sendRaw(drover.port, row.bytes, body === undefined ? { patience: 150 } : {});
        if (body === undefined) assertRefused(origin, reply);
        else assertOne(origin, reply, body);
      });
    }

    it('closes the connection where a body may have ended too early', async () => {
      const head = 'POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n';
      const reply = await sendRaw(drover.port, `${head}\r\n\r\n`, { closes: true });
      assert.equal(reply.isClosed, true);
    });

    it('closes the connection behind the answer to HEAD too', async () => {
      for (const lines of [
        'Content-Length: 0\r\nContent-Length: 50',
        'Transfer-Encoding: gzip',
        'Host: b.test',
      ]) {
        const head = `HEAD /x HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n\r\n`;
        const reply = await sendRaw(drover.port, head, { closes: true, patience: 5000 });
        assert.equal(reply.isClosed, true, lines);
        assert.match(reply.text, /^HTTP\/1\.1 400 Bad Request\r\n(?:[^\r\n]+\r\n)*\r\n$/);
        assert.match(reply.text, /^Connection: close\r$/im);
      }
      assert.equal(origin.bytes, '');
    });

    it('is not answered in the place of a request before it', async () => {
      const before = 'GET /before HTTP/1.1\r\nHost: a.test\r\n\r\n';
      const bad = 'GET /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc';
      const reply = await sendRaw(drover.port, before + bad, { closes: true });
      assert.equal(reply.isClosed, true);
      assert.ok(reply.status === 0 || reply.status === 200, reply.text);
      // The first may still be on its way to the member; what is asked after it is not before it there.
      await sendRaw(drover.port, 'GET /after HTTP/1.1\r\nHost: a.test\r\n\r\n');
    });

    it('is followed by good ones as if nothing had been', async () => {
      const reply = await sendRaw(drover.port, 'GET /good HTTP/1.1\r\nHost: a.test\r\n\r\n');
      assert.equal(reply.status, 200);
      assertOne(origin, reply, '');
    });
  });
}

it('a request whose end nobody knows gets a page of drover’s own, and its connection ends there', async () => {
  const origin = await RawOrigin.start();
  const text = `ErrorDocument 400 /sorry\nProxyPass / http://127.0.0.1:${origin.port}/`;
  const drover = await Appliance.start(text, { engine: 'uws' });
  try {
    const head = 'POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nContent-Length: 50\r\n\r\nabc';
    const reply = await sendRaw(drover.port, head, { closes: true });
    assert.equal(reply.status, 400);
    assert.equal(reply.isClosed, true);
    assert.equal(origin.bytes, '');
  } finally {
    await drover.stop();
    await origin.stop();
  }
});
