/**
 * Members that are spoken to in HTTP/2, as HTTP/1.1 clients see them: what the member gets, what becomes of streams and
 * connections that it ends, that connections are shared, and that a slow client is waited for with bounded memory.
 */
import assert from 'node:assert/strict';
import http2, { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const LARGE = 40_000_000;

class H2Member {
  readonly sessions = new Set<ServerHttp2Session>();
  readonly seen: IncomingHttpHeaders[] = [];
  /** Codes of streams that were reset. */
  readonly resets: number[] = [];
  /** Bytes of the large answer that were handed to Node. */
  written = 0;
  opened = 0;
  /** Streams that came on a connection after its GOAWAY. */
  late = 0;
  readonly #left = new Set<unknown>();
  readonly #server = http2.createServer();

  static async start(): Promise<H2Member> {
    const self = new H2Member();
    self.#server.on('session', (session) => {
      self.opened += 1;
      self.sessions.add(session);
      session.on('error', () => undefined);
      session.on('close', () => self.sessions.delete(session));
    });
    self.#server.on('stream', (stream, headers) => self.#answer(stream, headers));
    await new Promise<void>((resolve) => self.#server.listen(0, '127.0.0.1', resolve));
    return self;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const path = headers[':path'] ?? '';
    this.seen.push(headers);
    if (this.#left.has(stream.session)) this.late += 1;
    stream.on('error', () => undefined);
    stream.on('close', () => {
      if (stream.rstCode !== 0) this.resets.push(stream.rstCode);
    });
    const visits = this.seen.filter((other) => other[':path'] === path).length;
    if (path === '/refused' && visits < 2) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    else if (path === '/reset') stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    else if (path === '/half') {
      stream.respond({ ':status': 200 });
      stream.write('half');
      // Node would end it first as if it were whole.
      stream._final = (done) => done();
      setTimeout(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR), 50);
    } else if (path === '/goaway') {
      stream.session?.goaway(0, stream.id ?? 0);
      this.#left.add(stream.session);
      setTimeout(() => stream.respond({ ':status': 200 }), 100);
      setTimeout(() => stream.end('finished'), 150);
    } else if (path === '/drop' && visits < 2) stream.session?.destroy();
    else if (path === '/never') return;
    else if (path === '/hints') {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
      setTimeout(() => stream.respond({ ':status': 200 }, { endStream: true }), 50);
    } else if (path === '/trailers') {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
      stream.end('body');
    } else if (path === '/empty') stream.respond({ ':status': 204 }, { endStream: true });
    else if (path === '/large') this.#sendLarge(stream);
    else if (path === '/slow') setTimeout(() => this.#tell(stream, headers), 300);
    else this.#tell(stream, headers);
  }

  #tell(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stream.on('end', () => {
      if (stream.destroyed) return;
      stream.respond({ ':status': 200, 'set-cookie': ['a=1', 'b=2'], connection: undefined });
      if (headers[':method'] === 'HEAD') stream.end();
      else stream.end(`${headers[':method'] ?? ''} ${headers[':path'] ?? ''} ${bytes}`);
    });
  }

  #sendLarge(stream: ServerHttp2Stream): void {
    stream.respond({ ':status': 200, 'content-length': LARGE });
    const piece = Buffer.alloc(100_000, 'x');
    let left = LARGE;
    const go = (): void => {
      while (left > 0 && !stream.destroyed) {
        left -= piece.length;
        this.written += piece.length;
        if (!stream.write(piece)) {
          stream.once('drain', go);
          return;
        }
      }
      if (left === 0) stream.end();
    };
    go();
  }
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (await isTrue()) return;
    await sleep(50);
  }
  assert.fail(`never: ${what}`);
}

for (const engine of ['uws', 'node'] as const) {
  describe(`an h2c member of the ${engine} engine`, function () {
    this.timeout(120_000);
    let member: H2Member;
    let http1: RawOrigin;
    let drover: Appliance;

    before(async () => {
      member = await H2Member.start();
      http1 = await RawOrigin.start();
      drover = await Appliance.start(
        `SSLProxyEngine off
          <Location /server-status>
           SetHandler server-status
         </Location>
         ProxyPass /server-status !
         ProxyPass /http1/ h2c://127.0.0.1:${http1.port}/
         ProxyPass /tls/ h2://127.0.0.1:${http1.port}/
         <Proxy balancer://many>
           BalancerMember h2c://127.0.0.1:${member.port}
         </Proxy>
         ProxyPass /many/ balancer://many/
         ProxyPass /ping/ h2c://127.0.0.1:${member.port}/ping/ ping=30
         ProxyPass /never h2c://127.0.0.1:${member.port}/never timeout=2
        ProxyPass / h2c://127.0.0.1:${member.port}/`,
        { engine },
      );
    });
    after(async () => {
      try {
        await drover.stop();
      } finally {
        await member.stop();
        await http1.stop();
      }
    });

    it('gets requests as HTTP/2 says them', async () => {
      const { status, body, headers } = await drover.ask('/a?b=c', {
        headers: { 'X-One': '1', TE: 'trailers' },
      });
      assert.deepEqual([status, body], [200, 'GET /a?b=c 0']);
      assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
      const seen = member.seen.at(-1) ?? {};
      assert.equal(seen[':authority'], `127.0.0.1:${member.port}`);
      assert.equal(seen[':scheme'], 'http');
      assert.equal(seen['x-one'], '1');
      assert.equal(seen['te'], 'trailers');
      assert.equal(seen['x-forwarded-for'], '127.0.0.1');
      assert.equal(seen['connection'], undefined);
    });

    it('are asked by PING for many requests at once', async () => {
      const all = Array.from({ length: 40 }, (_, i) => drover.ask(`/ping/${i}`));
      assert.deepEqual(
        (await Promise.all(all)).map(({ status, body }) => `${status} ${body}`),
        all.map((_, i) => `200 GET /ping/${i} 0`),
      );
    });

    it('gets fields with any name that there may be', async () => {
      const headers = { Constructor: 'of things', 'X-One': '1' };
      assert.equal((await drover.ask('/named', { headers })).status, 200);
      assert.equal(member.seen.at(-1)?.['constructor'], 'of things');
    });

    it('takes bodies, small and large, and answers HEAD and 204', async () => {
      assert.equal((await drover.ask('/s', { method: 'POST', body: 'abc' })).body, 'POST /s 3');
      const large = Buffer.alloc(3_000_000, 'y');
      assert.equal((await drover.ask('/l', { method: 'PUT', body: large })).body, 'PUT /l 3000000');
      assert.equal((await drover.ask('/ping/p', { method: 'POST', body: 'abcd' })).body, 'POST /ping/p 4');
      assert.equal((await drover.ask('/h', { method: 'HEAD' })).status, 200);
      assert.equal((await drover.ask('/empty')).status, 204);
    });

    it('shares a connection between requests', async () => {
      const before = member.opened;
      const answers = await Promise.all(Array.from({ length: 20 }, () => drover.ask('/slow')));
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal(member.opened, before);
    });

    it('is asked once more for what it refused, whatever the method', async () => {
      assert.equal((await drover.ask('/refused', { method: 'POST', body: 'x' })).body, 'POST /refused 1');
    });

    it('is asked once more when it dropped the connection', async () => {
      assert.equal((await drover.ask('/drop')).body, 'GET /drop 0');
    });

    it('finishes what it has after GOAWAY, and sends no more requests there', async () => {
      assert.equal((await drover.ask('/goaway')).body, 'finished');
      assert.equal((await drover.ask('/next')).status, 200);
      assert.equal(member.late, 0);
    });

    it('gives 502 for a stream that is reset, and cuts what had begun', async () => {
      assert.equal((await drover.ask('/reset')).status, 502);
      await assert.rejects(drover.ask('/half'));
    });

    it('gives 502 when it is silent for too long, and is told so', async () => {
      const before = member.resets.length;
      assert.equal((await drover.ask('/never')).status, 502);
      await until('the stream is reset', () => member.resets.length > before);
      assert.equal(member.resets.at(-1), http2.constants.NGHTTP2_CANCEL);
    });

    it('must speak HTTP/2, and is sent nothing in clear that was meant for TLS', async () => {
      assert.ok((await drover.ask('/http1/x')).status >= 500);
      const before = http1.bytes;
      assert.equal((await drover.ask('/tls/x')).status, 500);
      assert.equal(http1.bytes, before);
    });

    it('waits for a slow client, whose going it is told of', async () => {
      const socket = connect(drover.port, '127.0.0.1');
      socket.pause();
      socket.on('error', () => undefined);
      const resets = member.resets.length;
      member.written = 0;
      socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
      await until('the answer has begun', () => member.written > 0);
      let before = -1;
      await until('the answer stands still', async () => {
        const stands = member.written === before;
        before = member.written;
        await sleep(150);
        return stands;
      });
      assert.ok(member.written < LARGE / 2, `${member.written} bytes were taken`);
      assert.equal((await drover.ask('/beside')).status, 200);
      socket.destroy();
      await until('the stream is reset', () => member.resets.length > resets);
    });

    it('leaves nobody busy', async () => {
      await until('no request under way but this one', async () =>
        /BusyWorkers: 1\b/.test((await drover.ask('/server-status?auto')).body),
      );
    });
  });
}
