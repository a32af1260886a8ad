/**
 * Answers of members that HTTP/1.1 lets pass and Node's HTTP/2 has something against: fields that belong to a connection,
 * names that JavaScript's objects have already, statuses that nobody knows. Whoever asks in HTTP/2 gets an answer, and no
 * process ends of it.
 */
import assert from 'node:assert/strict';
import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { Appliance } from './appliance.js';
import { sendRaw } from './raw-client.js';
import { RawOrigin } from './raw-origin.js';
import { HTTP2_MODULES } from './tls-site.js';

interface Heard {
  status: number;
  headers: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders;
  body: string;
  code: number;
}

function get(session: ClientHttp2Session, path: string, method = 'GET'): Promise<Heard> {
  return new Promise((resolve) => {
    const stream = session.request({ ':method': method, ':path': path, ':authority': 'a.test' });
    const heard: Heard = { status: 0, headers: {}, trailers: {}, body: '', code: 0 };
    stream.on('response', (headers) => {
      heard.headers = headers;
      heard.status = Number(headers[':status']);
    });
    stream.on('trailers', (trailers) => {
      heard.trailers = trailers;
    });
    stream.on('data', (chunk: Buffer) => {
      heard.body += chunk.toString();
    });
    stream.on('error', () => undefined);
    stream.on('close', () => resolve({ ...heard, code: stream.rstCode }));
  });
}

const ODD = 'TE: gzip\r\nHTTP2-Settings: AAMAAABk\r\nConstructor: of things\r\n__proto__: none\r\nX-A: 1\r\n';
/** Each is something that Node's own way to send hints throws at. */
const LINKS =
  'Link: </a.css>; rel=preload, </b.css>; rel=preload\r\nLink: garbage\r\nLink: </c>; rel="a b"; as=style\r\n';
const ANSWERS: Record<string, string> = {
  '/fields': `HTTP/1.1 200 OK\r\n${ODD}Content-Length: 4\r\n\r\nfine`,
  '/chunked': `HTTP/1.1 200 OK\r\n${ODD}Transfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n${ODD}\r\n`,
  '/hints': `HTTP/1.1 103 Early Hints\r\n${ODD}\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine`,
  '/links': `HTTP/1.1 103 Early Hints\r\n${LINKS}\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine`,
  '/reset': 'HTTP/1.1 205 Reset Content\r\nContent-Length: 4\r\n\r\nfine',
  '/reset-chunked': 'HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n',
  '/s599': 'HTTP/1.1 599 Odd\r\nContent-Length: 4\r\n\r\nfine',
  '/s600': 'HTTP/1.1 600 Odd\r\nContent-Length: 4\r\n\r\nfine',
  '/s999': 'HTTP/1.1 999 Odd\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n',
};

describe('odd answers of members, asked for in HTTP/2', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let session: ClientHttp2Session;
  let edge: number | undefined;

  before(async () => {
    origin = await RawOrigin.start((socket, { head }) =>
      socket.write(ANSWERS[head.line.split(' ')[1] ?? ''] ?? 'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'),
    );
    drover = await Appliance.start(
      `${HTTP2_MODULES}\nProtocols h2c http/1.1\nH2EarlyHints on\nProxyPass / http://127.0.0.1:${origin.port}/`,
      { engine: 'node' },
    );
    ({ edge } = drover);
    session = http2.connect(`http://127.0.0.1:${drover.port}`);
    session.on('error', () => undefined);
  });
  after(async () => {
    session.destroy();
    await drover.stop();
    await origin.stop();
  });

  for (const path of ['/fields', '/chunked', '/hints']) {
    it(`come without what belongs to a connection: ${path}`, async () => {
      const { status, headers, trailers, body } = await get(session, path);
      assert.deepEqual([status, body], [200, 'fine']);
      for (const name of ['te', 'http2-settings'])
        assert.deepEqual([headers[name], trailers[name]], [undefined, undefined], name);
      if (path === '/hints') return;
      assert.deepEqual([headers['constructor'], headers['x-a']], ['of things', '1']);
      if (path === '/chunked')
        assert.deepEqual([trailers['constructor'], trailers['x-a']], ['of things', '1']);
    });
  }

  for (const path of ['/reset', '/reset-chunked']) {
    it(`have no body where the status says so: ${path}`, async () => {
      assert.deepEqual(await get(session, path).then(({ status, body }) => [status, body]), [205, '']);
    });
  }

  for (const [path, status] of [
    ['/s599', 599],
    ['/s600', 502],
    ['/s999', 502],
  ] as const) {
    it(`have a status that there is: ${path} gets ${status}`, async () => {
      const heard = await get(session, path);
      assert.deepEqual([heard.status, heard.body], [status, 'fine']);
    });
  }

  it('may have hints of many links, in HTTP/1.1 too', async () => {
    const { text } = await sendRaw(
      drover.port,
      'GET /links HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    assert.ok(text.startsWith(`HTTP/1.1 103 Early Hints\r\n${LINKS}\r\nHTTP/1.1 200 OK\r\n`), text);
    assert.match(text, /\r\n\r\nfine$/);
    assert.deepEqual(await get(session, '/links').then(({ status, body }) => [status, body]), [200, 'fine']);
  });

  it('do no harm to others', async () => {
    assert.equal((await get(session, '/none')).status, 404);
    assert.equal((await get(session, '/fields', 'HEAD')).status, 200);
    assert.equal(drover.edge, edge);
    assert.doesNotMatch(drover.log(), /fault|TypeError|RangeError|ERR_HTTP2/);
  });
});
