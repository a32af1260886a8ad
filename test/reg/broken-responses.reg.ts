/**
 * What members send that is no response: the client gets 502, or what had begun is cut, and never a response made of
 * parts that were guessed. Then the member is asked on a new connection, and nothing is left of the broken one.
 * Source: RFC 9112 4, 5, 6.3, 7.1, 11.1; httpd 2.4, mod_proxy_http.
 */
import assert from 'node:assert/strict';
import { Appliance } from './appliance.js';
import { type Reply, sendRaw } from './raw-client.js';
import { plainReply, RawOrigin } from './raw-origin.js';

interface Row {
  name: string;
  /** Exactly what the member sends. */
  bytes: string;
  /** What the client sees: a status and its body, or a response that is cut after so many bytes. */
  expect: '502' | 'cut' | { status: number; body: string };
  /** The member closes the connection after its bytes. */
  closes?: boolean;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const INTERIM = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';

const HEADS: Row[] = [
  { name: 'words that are no HTTP', bytes: 'garbage and more of it\r\n\r\n', expect: '502' },
  { name: 'a page without a head', bytes: '<html>hello</html>', expect: '502', closes: true },
  {
    name: 'an empty line first',
    bytes: `\r\n${OK}Content-Length: 2\r\n\r\nok`,
    expect: { status: 200, body: 'ok' },
  },
  { name: 'two empty lines first', bytes: `\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`, expect: '502' },
  { name: 'a status of letters', bytes: 'HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok', expect: '502' },
  { name: 'a status of two digits', bytes: 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok', expect: '502' },
  {
    name: 'a status of four digits',
    bytes: 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok',
    expect: '502',
  },
  { name: 'a status below 100', bytes: 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok', expect: '502' },
  { name: 'another major version', bytes: 'HTTP/9.1 200 OK\r\nContent-Length: 2\r\n\r\nok', expect: '502' },
  {
    name: 'a version without a point',
    bytes: 'HTTP/11 200 OK\r\nContent-Length: 2\r\n\r\nok',
    expect: '502',
  },
  { name: 'a head that ends within', bytes: `${OK}Content-Le`, expect: '502', closes: true },
  { name: 'a line without a colon', bytes: `${OK}Content-Length: 2\r\nbroken\r\n\r\nok`, expect: '502' },
  { name: 'a space before a colon', bytes: `${OK}Content-Length : 2\r\n\r\nok`, expect: '502' },
  { name: 'a field without a name', bytes: `${OK}: 2\r\nContent-Length: 2\r\n\r\nok`, expect: '502' },
  { name: 'a NUL in a value', bytes: `${OK}X-A: a\0b\r\nContent-Length: 2\r\n\r\nok`, expect: '502' },
  { name: 'a CR in a value', bytes: `${OK}X-A: a\rX-B: b\r\nContent-Length: 2\r\n\r\nok`, expect: '502' },
  {
    name: 'a CR in the status line',
    bytes: 'HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nok',
    expect: '502',
  },
  {
    name: 'a NUL in the status line',
    bytes: 'HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok',
    expect: '502',
  },
  { name: 'a line of 20 kB', bytes: `${OK}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, expect: '502' },
  { name: 'a head of 400 kB', bytes: `${OK}${'X-A: aaaaaaaaaaaa\r\n'.repeat(21_000)}\r\n`, expect: '502' },
  { name: 'eleven interim responses', bytes: `${INTERIM.repeat(11)}${plainReply('ok')}`, expect: '502' },
  { name: 'interim responses without end', bytes: INTERIM.repeat(5000), expect: '502' },
  {
    name: 'an upgrade that nobody asked for',
    bytes: 'HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\nxx',
    expect: '502',
  },
];

const FRAMINGS: Row[] = [
  {
    name: 'two differing lengths',
    bytes: `${OK}Content-Length: 2\r\nContent-Length: 5\r\n\r\nok`,
    expect: '502',
  },
  { name: 'a list of differing lengths', bytes: `${OK}Content-Length: 2, 5\r\n\r\nok`, expect: '502' },
  { name: 'a negative length', bytes: `${OK}Content-Length: -2\r\n\r\nok`, expect: '502' },
  { name: 'a length with a plus', bytes: `${OK}Content-Length: +2\r\n\r\nok`, expect: '502' },
  { name: 'a length of letters', bytes: `${OK}Content-Length: two\r\n\r\nok`, expect: '502' },
  { name: 'an empty length', bytes: `${OK}Content-Length:\r\n\r\nok`, expect: '502' },
  {
    name: 'a length beyond all numbers',
    bytes: `${OK}Content-Length: 99999999999999999999\r\n\r\nok`,
    expect: '502',
  },
  {
    name: 'a coding that is not known, until the member closes',
    bytes: `${OK}Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nok`,
    expect: { status: 200, body: 'ok' },
    closes: true,
  },
  {
    name: 'chunks within another coding',
    bytes: `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    expect: '502',
  },
  {
    name: 'a coding before chunked',
    bytes: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    expect: '502',
  },
  {
    name: 'chunked twice',
    bytes: `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    expect: '502',
  },
  {
    name: 'two equal lengths, which are one',
    bytes: `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
    expect: { status: 200, body: 'ok' },
  },
  {
    name: 'a length beside chunked, which is not looked at',
    bytes: `${OK}Content-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    expect: { status: 200, body: 'ok' },
  },
  {
    name: 'bytes after the body, which are nobody’s',
    bytes: `${OK}Content-Length: 2\r\n\r\nok${plainReply('poison')}`,
    expect: { status: 200, body: 'ok' },
  },
  {
    name: 'bytes after the last chunk, which are nobody’s',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${plainReply('poison')}`,
    expect: { status: 200, body: 'ok' },
  },
  {
    name: 'a body where none belongs: 204',
    bytes: `HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n${plainReply('poison')}`,
    expect: { status: 204, body: '' },
  },
  {
    name: 'a body where none belongs: 304',
    bytes: `HTTP/1.1 304 Not Modified\r\n\r\n${plainReply('poison')}`,
    expect: { status: 304, body: '' },
  },
];

const BODIES: Row[] = [
  { name: 'a body that is cut', bytes: `${OK}Content-Length: 9\r\n\r\nok`, expect: 'cut', closes: true },
  {
    name: 'a chunked body that is cut between chunks',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`,
    expect: 'cut',
    closes: true,
  },
  {
    name: 'a chunked body that is cut within a chunk',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nok`,
    expect: 'cut',
    closes: true,
  },
  {
    name: 'a chunked body that is cut before its last empty line',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n`,
    expect: 'cut',
    closes: true,
  },
  ...[
    ['a chunk size of letters', 'zz\r\nok\r\n0\r\n\r\n'],
    ['a negative chunk size', '-2\r\nok\r\n0\r\n\r\n'],
    ['a chunk size beyond all numbers', 'fffffffffffffffff\r\nok\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '2\r\nokay\r\n0\r\n\r\n'],
    ['an empty chunk size', '\r\nok\r\n0\r\n\r\n'],
  ].map(
    ([name = '', body = '']): Row => ({
      name,
      bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n${body}`,
      expect: 'cut',
    }),
  ),
];

const ASK = 'GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n';

function assertReply(reply: Reply, expect: Row['expect']): void {
  assert.doesNotMatch(reply.text, /poison|X-B: b/);
  if (expect === '502') {
    assert.equal(reply.status, 502);
    assert.equal(reply.isComplete, true);
    assert.match(reply.body, /The proxy server received an invalid\r\nresponse from an upstream server/);
  } else if (expect === 'cut') {
    assert.equal(reply.isComplete, false);
    assert.equal(reply.isClosed, true);
    assert.ok('okok'.startsWith(reply.body), reply.body);
  } else {
    assert.deepEqual({ status: reply.status, body: reply.body }, expect);
    assert.equal(reply.isComplete, true);
  }
}

for (const engine of ['uws', 'node'] as const) {
  describe(`a broken response, on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let broken: Row | undefined;
    before(async () => {
      origin = await RawOrigin.start((socket) => {
        const row = broken;
        broken = undefined;
        if (row === undefined) {
          socket.write(plainReply('good'));
          return;
        }
        socket.write(row.bytes, 'latin1');
        if (row.closes === true) socket.end();
      });
      drover = await Appliance.start(`Timeout 60\nProxyPass / http://127.0.0.1:${origin.port}/`, { engine });
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    for (const row of [...HEADS, ...FRAMINGS, ...BODIES]) {
      const outcome = typeof row.expect === 'string' ? row.expect : 'passes what is clear';
      it(`${outcome}: ${row.name}`, async () => {
        broken = row;
        assertReply(await sendRaw(drover.port, ASK), row.expect);
        for (let n = 0; n < 2; n += 1) {
          const next = await sendRaw(drover.port, ASK);
          assert.deepEqual({ status: next.status, body: next.body }, { status: 200, body: 'good' });
        }
      });
    }
  });
}
