/**
 * HTTP/2 in front, with Node's own client: over TLS by ALPN beside HTTP/1.1 on the same port, and in clear text. What
 * comes after the engine does not know the difference.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http2, { type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import https from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { openRaw } from './raw-client.js';
import { plainReply, RawOrigin, type RawRequest } from './raw-origin.js';
import { HTTP2_MODULES, loadModules, type TlsSite, tlsSite } from './tls-site.js';
import { EchoMember } from './websocket-peers.js';

interface Heard {
  status: number;
  headers: http2.IncomingHttpHeaders;
  trailers: http2.IncomingHttpHeaders;
  interim: http2.IncomingHttpHeaders[];
  body: Buffer;
  /** Code of the RST_STREAM, 0 for a stream that ended well. */
  code: number;
}

function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer): Promise<Heard> {
  return new Promise((resolve) => {
    const stream = session.request(headers, { endStream: body === undefined });
    const heard: Heard = {
      status: 0,
      headers: {},
      trailers: {},
      interim: [],
      body: Buffer.alloc(0),
      code: 0,
    };
    const parts: Buffer[] = [];
    stream.on('response', (found) => {
      heard.headers = found;
      heard.status = Number(found[':status']);
    });
    stream.on('headers', (found) => heard.interim.push(found));
    stream.on('trailers', (found) => {
      heard.trailers = found;
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      heard.body = Buffer.concat(parts);
      heard.code = stream.rstCode;
      resolve(heard);
    });
    if (body !== undefined) stream.end(body);
  });
}

/** The member's side of a request that waits for its test. */
let held: Socket | undefined;

/** What the member answers, by path. */
function answer(socket: Socket, { head, body }: RawRequest): void {
  const [method, path = ''] = head.line.split(' ');
  if (path.startsWith('/empty')) socket.write('HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n');
  else if (path.startsWith('/held')) held = socket;
  else if (path.startsWith('/same')) socket.write('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n');
  else if (path.startsWith('/hints')) {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n');
    setTimeout(() => socket.write(plainReply('hinted')), 400);
  } else if (path.startsWith('/large')) {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${8_000_000}\r\n\r\n`);
    const piece = Buffer.alloc(8_000_000, 'x');
    socket.write(piece);
  } else if (path.startsWith('/half')) {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    setTimeout(() => socket.destroy(), 50);
  } else if (path.startsWith('/fields')) {
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nX-UPPER: Yes\r\n\r\nok',
    );
  } else if (path.startsWith('/summed')) {
    const fields = 'X-Sum: 42\r\nConnection: close\r\nContent-Length: 9\r\n';
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n${fields}\r\n`);
  } else if (path.startsWith('/chunked')) {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
  } else if (!path.startsWith('/never')) {
    socket.write(
      method === 'HEAD'
        ? 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n'
        : plainReply(`${head.line}\n${body.length}`),
    );
  }
}

describe('HTTP/2 in front', function () {
  this.timeout(120_000);
  let site: TlsSite;
  let origin: RawOrigin;
  let echo: EchoMember;
  let drover: Appliance;
  let port: number;
  let h1Only: number;
  let plain: number;

  before(async () => {
    origin = await RawOrigin.start(answer);
    echo = await EchoMember.start();
    site = await tlsSite('reg-h2', ['a.test', 'b.test']);
    [port, h1Only, plain] = [site.port, await freePort(), await freePort()];
    const vhost = (on: number, name: string, more: string): string => `<VirtualHost *:${on}>
      ServerName ${name}
      ${more}
      ${site.words}
      ProxyPass /ws/ ws://127.0.0.1:${echo.port}/
      ProxyPass /held http://127.0.0.1:${origin.port}/held timeout=60
      ProxyPass / http://127.0.0.1:${origin.port}/
    </VirtualHost>`;
    drover = await Appliance.start(
      `${HTTP2_MODULES}
       ${loadModules('proxy_wstunnel', 'headers', 'log_config', 'rewrite')}
       ${site.listen}
       Listen 127.0.0.1:${h1Only} https
       Listen 127.0.0.1:${plain}
       KeepAliveTimeout 2
       Timeout 3
       H2EarlyHints on
       CustomLog "\${FOLDER}/access.log" "%H %{HTTP2}e %s %b %m %U %{SSL_PROTOCOL}x"
       ${vhost(port, 'a.test', 'Protocols h2 http/1.1\nHeader set X-From drover')}
       ${vhost(port, 'b.test', 'Protocols http/1.1')}
       ${vhost(h1Only, 'c.test', 'Protocols http/1.1')}
       <VirtualHost *:${plain}>
         Protocols h2c http/1.1
         ProxyPass / http://127.0.0.1:${origin.port}/
       </VirtualHost>`,
      { engine: 'node' },
    );
  });
  after(async () => {
    try {
      await drover.stop();
    } finally {
      await origin.stop();
      await echo.stop();
      site.remove();
    }
  });

  async function connected(
    options: tls.ConnectionOptions & { settings?: http2.Settings } = {},
  ): Promise<ClientHttp2Session> {
    const session = http2.connect(`https://a.test:${port}`, {
      createConnection: () =>
        tls.connect({
          host: '127.0.0.1',
          port,
          servername: 'a.test',
          ALPNProtocols: ['h2'],
          rejectUnauthorized: false,
          ...options,
        }),
      ...(options.settings === undefined ? {} : { settings: options.settings }),
    });
    session.on('error', () => undefined);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    return session;
  }
  const log = (): string => readFileSync(join(drover.folder, 'access.log'), 'utf8');

  it('chooses by ALPN, for each vhost by its own Protocols, and serves HTTP/1.1 beside', async () => {
    const chosen = (servername: string, on: number, offer: string[]): Promise<string | false | null> =>
      new Promise((resolve) => {
        const socket = tls.connect({
          host: '127.0.0.1',
          port: on,
          servername,
          ALPNProtocols: offer,
          rejectUnauthorized: false,
        });
        socket.on('error', () => resolve('refused'));
        socket.once('secureConnect', () => {
          resolve(socket.alpnProtocol);
          socket.destroy();
        });
      });
    assert.equal(await chosen('a.test', port, ['http/1.1', 'h2']), 'h2');
    assert.equal(await chosen('a.test', port, ['http/1.1']), 'http/1.1');
    assert.equal(await chosen('b.test', port, ['h2', 'http/1.1']), 'http/1.1');
    assert.equal(await chosen('a.test', port, ['spdy/1']), 'refused');
    assert.notEqual(await chosen('c.test', h1Only, ['h2', 'http/1.1']), 'h2');
    const body = await new Promise<string>((resolve, reject) => {
      https
        .get(
          {
            host: '127.0.0.1',
            port,
            servername: 'a.test',
            path: '/old',
            rejectUnauthorized: false,
            agent: false,
          },
          (res) => {
            res.on('data', (part: Buffer) => resolve(part.toString()));
          },
        )
        .on('error', reject);
    });
    assert.match(body, /^GET \/old HTTP\/1\.1/);
  });

  it('passes requests and answers, and rules hold for them', async () => {
    const session = await connected();
    const got = await ask(session, { ':path': '/x?y=1', cookie: ['a=1', 'b=2'] });
    assert.deepEqual(
      [got.status, got.headers['x-from'], got.body.toString()],
      [200, 'drover', 'GET /x?y=1 HTTP/1.1\n0'],
    );
    const request = origin.requests.at(-1);
    const fields = request?.head.fields.flat().join('|') ?? '';
    assert.match(fields, /a=1; b=2/);
    assert.match(fields, /X-Forwarded-Host\|a\.test/i);
    const body = Buffer.alloc(1_000_000, 'b');
    const posted = await ask(session, { ':method': 'POST', ':path': '/post' }, body);
    assert.equal(posted.body.toString(), 'POST /post HTTP/1.1\n1000000');
    assert.equal(origin.requests.at(-1)?.body.equals(body), true);
    const head = await ask(session, { ':method': 'HEAD', ':path': '/x' });
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, '7', 0]);
    assert.equal((await ask(session, { ':path': '/empty' })).status, 204);
    assert.equal((await ask(session, { ':path': '/same' })).status, 304);
    const fielded = await ask(session, { ':path': '/fields' });
    assert.deepEqual(fielded.headers['set-cookie'], ['a=1', 'b=2']);
    assert.deepEqual([fielded.headers['x-upper'], fielded.headers['keep-alive']], ['Yes', undefined]);
    const chunked = await ask(session, { ':path': '/chunked' });
    assert.deepEqual([chunked.body.toString(), chunked.code], ['abc', 0]);
    const summed = await ask(session, { ':path': '/summed' });
    assert.deepEqual([summed.body.toString(), summed.trailers['x-sum']], ['abc', '42']);
    assert.deepEqual(
      [summed.trailers['connection'], summed.trailers['content-length']],
      [undefined, undefined],
    );
    session.close();
    while (!/^HTTP\/2\.0 on 200 \d+ GET \/x TLSv1\.3$/m.test(log())) await sleep(20);
  });

  it('passes early hints on', async () => {
    const session = await connected();
    const got = await ask(session, { ':path': '/hints' });
    assert.deepEqual(
      [got.status, got.interim[0]?.[':status'], got.interim[0]?.['link']],
      [200, 103, '</a.css>; rel=preload'],
    );
    session.close();
  });

  it('resets a stream whose answer broke off, and serves the others', async () => {
    const session = await connected();
    const [broken, whole] = await Promise.all([
      ask(session, { ':path': '/half' }),
      ask(session, { ':path': '/x' }),
    ]);
    assert.equal(broken.code, http2.constants.NGHTTP2_INTERNAL_ERROR);
    assert.equal(whole.status, 200);
    session.close();
  });

  it('leaves the member when the client resets the stream', async () => {
    const session = await connected();
    const open = origin.open;
    const stream = session.request({ ':path': '/never' });
    stream.on('error', () => undefined);
    while (!origin.bytes.includes('GET /never')) await sleep(5);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    while (origin.open > open) await sleep(5);
    session.close();
  });

  it('holds little of an answer that the client gives no window for, and gives the client up', async () => {
    const session = await connected({ settings: { initialWindowSize: 0 } });
    const before = drover.residentBytes();
    const streams = Array.from({ length: 8 }, () => {
      const stream = session.request({ ':path': '/large' });
      stream.on('error', () => undefined);
      return stream;
    });
    await sleep(1500);
    const grown = drover.residentBytes() - before;
    assert.ok(grown < 40_000_000, `${grown} bytes more`);
    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))));
    session.destroy();
  });

  it('carries WebSockets', async () => {
    const session = await connected();
    assert.equal(session.remoteSettings.enableConnectProtocol, true);
    const stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':path': '/ws/x',
        ':scheme': 'https',
        'sec-websocket-version': '13',
      },
      { endStream: false },
    );
    const status = await new Promise((resolve) =>
      stream.once('response', (headers) => resolve(headers[':status'])),
    );
    assert.equal(status, 200);
    // A text frame of a client: `hey`, masked with zeros.
    stream.write(Buffer.from([0x81, 0x83, 0, 0, 0, 0, 0x68, 0x65, 0x79]));
    const frame = await new Promise<Buffer>((resolve) => stream.once('data', resolve));
    assert.deepEqual([...frame], [0x81, 3, 0x68, 0x65, 0x79]);
    stream.close();
    session.close();
  });

  it('understands clear text by its preface, and HTTP/1.1 beside', async () => {
    const session = http2.connect(`http://127.0.0.1:${plain}`);
    assert.equal((await ask(session, { ':path': '/clear' })).body.toString(), 'GET /clear HTTP/1.1\n0');
    session.close();
    assert.equal((await drover.ask('/clear', { port: plain })).status, 200);
  });

  it('takes `Upgrade: h2c`, with the request as stream 1', async () => {
    const { h2cUpgrade } = await import('./h2c-client.js');
    const { head, session } = await h2cUpgrade(plain, '/upgraded');
    assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(session, /GET \/upgraded HTTP\/1\.1/);
  });

  it('does not wait longer than Timeout for who asked for h2c and says nothing, nor for who has gone', async () => {
    const fields = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    const request = `GET /x HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
    const ended: string[] = [];
    const all = ['silent', 'gone'].map(async (who) => {
      const socket = await openRaw(plain);
      if (who === 'gone') socket.end(request);
      else socket.write(request);
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
      ended.push(who);
    });
    await Promise.all(all);
    assert.deepEqual(ended, ['gone', 'silent']);
  });

  it('closes a connection on which nothing happens after KeepAliveTimeout, with GOAWAY', async () => {
    const session = await connected();
    await ask(session, { ':path': '/x' });
    const code = await new Promise((resolve) => session.once('goaway', resolve));
    assert.equal(code, http2.constants.NGHTTP2_NO_ERROR);
  });

  it('ends a connection that takes back streams without end', async () => {
    const session = http2.connect(`http://127.0.0.1:${plain}`);
    session.on('error', () => undefined);
    let code = -1;
    session.once('goaway', (given) => {
      code = given;
    });
    const isClosed = new Promise((resolve) => session.once('close', resolve));
    const isOver = (): boolean => session.closed || session.destroyed;
    while (!isOver()) {
      for (let n = 0; n < 20 && !isOver(); n += 1) {
        const stream = session.request({ ':path': '/never' });
        stream.on('error', () => undefined);
        stream.close(http2.constants.NGHTTP2_CANCEL);
      }
      await sleep(1);
    }
    await isClosed;
    assert.equal(code, http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await drover.logSays('connection ended: too many streams were reset');
  });

  it('finishes what is under way when drover goes, and says which stream was the last', async () => {
    const session = await connected();
    const goaways: number[] = [];
    const first = new Promise((resolve) => session.once('goaway', resolve));
    session.on('goaway', (_code, last) => goaways.push(last));
    const under = ask(session, { ':path': '/held' });
    while (held === undefined) await sleep(5);
    process.kill(drover.pid, 'SIGUSR1');
    await first;
    while (goaways.length < 2) await sleep(5);
    held.write(plainReply('at last'));
    assert.equal((await under).body.toString(), 'at last');
    assert.deepEqual(goaways, [2 ** 31 - 1, 1]);
    session.destroy();
  });
});
