/**
 * What HTTP/2 has beside a head and a body, from a client in HTTP/2 to members of both protocols and back: trailers of
 * requests and of answers, early hints. What may not stand in a trailer goes no further.
 */
import assert from 'node:assert/strict';
import http2, {
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

interface Heard {
  body: string;
  trailers: IncomingHttpHeaders;
  interim: IncomingHttpHeaders[];
}

/** Asks with a body of unknown length, in two pieces, and trailers behind it. */
function ask(session: ClientHttp2Session, path: string, body: string, trailers: object): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const headers = { ':method': 'POST', ':path': path, te: 'trailers', 'x-own': 'head' };
    const stream = session.request(headers, { waitForTrailers: true });
    const heard: Heard = { body: '', trailers: {}, interim: [] };
    stream.setEncoding('latin1');
    stream.on('headers', (found) => heard.interim.push(found));
    stream.on('trailers', (found) => {
      heard.trailers = found;
    });
    stream.on('data', (text: string) => {
      heard.body += text;
    });
    stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
    stream.on('error', reject);
    stream.on('close', () => resolve(heard));
    const half = Math.floor(body.length / 2);
    stream.write(body.slice(0, half));
    setTimeout(() => stream.end(body.slice(half)), 20);
  });
}

describe('beside heads and bodies, in HTTP/2', function () {
  this.timeout(120_000);
  let http1: RawOrigin;
  const h2c = http2.createServer();
  const sessions = new Set<ServerHttp2Session>();
  let drover: Appliance;
  let session: ClientHttp2Session;

  before(async () => {
    http1 = await RawOrigin.start((socket, { body }) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n');
      const text = String(body.length);
      const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
      socket.write(`${head}${text.length.toString(16)}\r\n${text}\r\n0\r\nX-Sum: 42\r\n\r\n`);
    });
    h2c.on('session', (one) => {
      sessions.add(one);
      one.on('close', () => sessions.delete(one));
    });
    h2c.on('stream', (stream) => {
      let bytes = 0;
      let came: IncomingHttpHeaders = {};
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      stream.on('trailers', (found) => {
        came = found;
      });
      stream.on('end', () => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () =>
          stream.sendTrailers({ 'x-sum': '42', 'x-came': JSON.stringify(came) }),
        );
        stream.end(String(bytes));
      });
    });
    await new Promise<void>((resolve) => h2c.listen(0, '127.0.0.1', resolve));
    drover = await Appliance.start(
      `LoadModule http2_module modules/mod_http2.so
       LoadModule proxy_module modules/mod_proxy.so
       LoadModule proxy_http_module modules/mod_proxy_http.so
       LoadModule proxy_http2_module modules/mod_proxy_http2.so
       LoadModule headers_module modules/mod_headers.so
       Protocols h2c http/1.1
       H2EarlyHints on
       RequestHeader set X-Ruled edge
       ProxyPass /one/ http://127.0.0.1:${http1.port}/
       ProxyPass /two/ h2c://127.0.0.1:${(h2c.address() as AddressInfo).port}/`,
      { engine: 'node' },
    );
    session = http2.connect(`http://127.0.0.1:${drover.port}`);
  });
  after(async () => {
    session.destroy();
    try {
      await drover.stop();
    } finally {
      for (const one of sessions) one.destroy();
      await http1.stop();
      await new Promise((resolve) => h2c.close(resolve));
    }
  });

  /** What an http1 member saw behind the last chunk, in lines. */
  const behind = (): string[] =>
    (http1.bytes.split('\r\n0\r\n')[1] ?? '').split('\r\n').filter((line) => line !== '');
  const FORBIDDEN = {
    authorization: 'Basic eA==',
    'x-forwarded-for': '10.0.0.1',
    'x-own': 'behind',
    'x-ruled': 'client',
  };

  it('passes trailers of requests and answers, to and from both', async () => {
    for (const size of [10, 100_000]) {
      const trailers = { 'x-sum': 'abc', 'x-list': ['1', '2'] };
      http1.reset();
      const one = await ask(session, '/one/x', 'y'.repeat(size), trailers);
      assert.deepEqual([one.body, one.trailers['x-sum']], [String(size), '42']);
      assert.deepEqual(behind(), ['x-sum: abc', 'x-list: 1', 'x-list: 2']);
      const two = await ask(session, '/two/x', 'y'.repeat(size), trailers);
      assert.deepEqual([two.body, two.trailers['x-sum']], [String(size), '42']);
      const came = JSON.parse(String(two.trailers['x-came'])) as Record<string, string>;
      assert.deepEqual([came['x-sum'], came['x-list']], ['abc', '1, 2']);
    }
  });

  it('keeps back what may not stand in a trailer, and what rules or the head have said', async () => {
    http1.reset();
    await ask(session, '/one/x', 'a body', { ...FORBIDDEN, 'x-last': 'kept' });
    assert.deepEqual(behind(), ['x-last: kept']);
    const two = await ask(session, '/two/x', 'a body', FORBIDDEN);
    assert.equal(two.trailers['x-came'], '{}');
  });

  it('sends none where there are none', async () => {
    http1.reset();
    const one = await ask(session, '/one/x', 'a body', {});
    assert.deepEqual([one.body, behind()], ['6', []]);
    assert.equal((await ask(session, '/two/x', 'a body', {})).trailers['x-came'], '{}');
  });

  it('passes early hints of both', async () => {
    for (const path of ['/one/x', '/two/x']) {
      const { interim } = await ask(session, path, 'a body', {});
      assert.deepEqual(
        interim.map((head) => [head[':status'], head['link']]),
        [[103, '</a.css>; rel=preload']],
      );
    }
  });
});
