/** One health check against real sockets: the bytes that are sent, and what is made of every kind of answer. */
import assert from 'node:assert/strict';
import http2, { type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { selfSigned } from '../../../../tls/self-signed.js';
import type { HealthCheckSettings, MemberSettings } from '../../../../workers/member.js';
import { type ProbeResult, probe } from '../../../../workers/upstream/probe.js';
import { Resolver } from '../../../../workers/upstream/resolve.js';
import { member } from '../fixture.js';

interface Member {
  server: Server;
  port: number;
  heard: string;
}

describe('a probe', function () {
  this.timeout(30_000);
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** A member that answers whatever it is asked with these bytes, and closes if told to. */
  async function answering(reply: (socket: Socket) => void): Promise<Member> {
    const heard: Member = { server: createServer(), port: 0, heard: '' };
    heard.server.on('connection', (socket: Socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes: Buffer) => {
        heard.heard += bytes.toString('latin1');
        reply(socket);
      });
    });
    heard.port = await listen(heard.server);
    return heard;
  }

  function ask(
    port: number,
    method: HealthCheckSettings['method'],
    more: Partial<MemberSettings> = {},
    uri = '/healthz',
    timeout = 5000,
  ): Promise<ProbeResult> {
    const health = { method, interval: 1000, passes: 1, fails: 1, uri, expression: '' };
    return new Promise((resolve) => {
      probe(member(0, { port, ...more }), health, new Resolver(), timeout, resolve);
    });
  }

  const ok = (socket: Socket): void => {
    socket.end('HTTP/1.1 204 Fine\r\nX-Load: 3\r\n\r\n');
  };

  it('sends what httpd sends: method, path behind the member’s own, version, Host', async () => {
    const rows: [HealthCheckSettings['method'], string, string, string][] = [
      ['GET', '', '/healthz', 'GET /healthz HTTP/1.0'],
      ['GET11', '', '/h?a=1', 'GET /h?a=1 HTTP/1.1'],
      ['HEAD', '/base', '/h', 'HEAD /base//h HTTP/1.0'],
      ['HEAD11', '/base', '', 'HEAD /base HTTP/1.1'],
      ['GET', '', '', 'GET / HTTP/1.0'],
      ['OPTIONS', '/base', '/h', 'OPTIONS * HTTP/1.0'],
      ['OPTIONS11', '', '/h', 'OPTIONS * HTTP/1.1'],
    ];
    for (const [method, path, uri, line] of rows) {
      const origin = await answering(ok);
      const result = await ask(origin.port, method, { path }, uri);
      assert.equal(origin.heard, `${line}\r\nHost: 127.0.0.1:${origin.port}\r\n\r\n`);
      assert.deepEqual([result.reason, result.head?.status], ['passed', 204]);
      assert.deepEqual(result.head?.fields, ['X-Load', '3']);
    }
  });

  it('reads the body of GET, whether it is counted, chunked or ends with the connection', async () => {
    for (const reply of [
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nal\r\n3\r\nive\r\n0\r\n\r\n',
      'HTTP/1.0 200 OK\r\n\r\nalive',
    ]) {
      const origin = await answering((socket) => socket.end(reply));
      assert.deepEqual(await ask(origin.port, 'GET').then(({ reason, body }) => [reason, body]), [
        'passed',
        'alive',
      ]);
    }
  });

  it('passes by TCP as soon as it is connected', async () => {
    const origin = await answering(() => undefined);
    assert.equal((await ask(origin.port, 'TCP')).reason, 'passed');
    assert.equal(origin.heard, '');
  });

  it('sends an AJP ping and wants its pong', async () => {
    for (const [reply, reason] of [
      ['AB\0\x01\x09', 'passed'],
      ['HTTP/1.1 400 Bad Request', 'not an answer'],
    ] as const) {
      const origin = await answering((socket) => socket.write(reply, 'latin1'));
      assert.equal((await ask(origin.port, 'CPING', { scheme: 'ajp' })).reason, reason);
      assert.equal(origin.heard, '\x124\0\x01\n');
    }
  });

  it('tells a refused connection with the system’s words', async () => {
    const origin = await answering(ok);
    const { port } = origin;
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    const { reason, osError, address } = await ask(port, 'TCP');
    assert.deepEqual([reason, osError?.number, address], ['connection refused', 111, '127.0.0.1']);
  });

  it('tells silence, an early end, and what is not HTTP', async () => {
    const silent = await answering(() => undefined);
    assert.equal((await ask(silent.port, 'GET', {}, '/', 100)).reason, 'no answer in time');
    const short = await answering((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'));
    assert.equal((await ask(short.port, 'GET')).reason, 'connection closed');
    const other = await answering((socket) => socket.write('SSH-2.0-x\r\n'));
    assert.equal((await ask(other.port, 'GET')).reason, 'not an answer');
  });

  it('tells a name that has no address', async () => {
    const { reason } = await ask(1, 'TCP', { host: 'no-such-member.invalid' });
    assert.equal(reason, 'name not found');
  });

  it('speaks TLS to https members', async () => {
    const { certificate, key } = await selfSigned({ names: ['member.test'], days: 2, now: Date.now() });
    const secure = createTlsServer({ cert: certificate, key }, (socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nsafe'));
    });
    secure.on('tlsClientError', () => undefined);
    const port = await listen(secure);
    assert.equal((await ask(port, 'GET', { scheme: 'https' })).body, 'safe');
    assert.equal((await ask(port, 'TCP', { scheme: 'https' })).reason, 'passed');
    const plain = await answering((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    assert.equal((await ask(plain.port, 'GET', { scheme: 'https' })).reason, 'tls handshake');
  });

  it('asks h2c and h2 members in HTTP/2', async () => {
    const { certificate, key } = await selfSigned({ names: ['a.test'], days: 2, now: Date.now() });
    const seen: IncomingHttpHeaders[] = [];
    for (const scheme of ['h2c', 'h2'] as const) {
      const server =
        scheme === 'h2' ? http2.createSecureServer({ cert: certificate, key }) : http2.createServer();
      server.on('stream', (stream, headers) => {
        seen.push(headers);
        stream.on('error', () => undefined);
        stream.respond({ ':status': 207, 'x-load': '3' });
        stream.end(headers[':method'] === 'HEAD' ? undefined : 'ready');
      });
      const port = await listen(server);
      const got = await ask(port, 'GET', { scheme, path: '/base' });
      assert.deepEqual([got.reason, got.head?.status, got.body], ['passed', 207, 'ready']);
      assert.deepEqual(got.head?.fields.slice(0, 2), ['x-load', '3']);
      assert.equal((await ask(port, 'HEAD11', { scheme })).reason, 'passed');
      assert.equal((await ask(port, 'OPTIONS', { scheme })).head?.status, 207);
      const [first, , third] = seen.splice(0);
      assert.deepEqual(
        [first?.[':method'], first?.[':path'], first?.[':authority'], first?.[':scheme']],
        ['GET', '/base//healthz', `127.0.0.1:${port}`, scheme === 'h2' ? 'https' : 'http'],
      );
      assert.deepEqual([third?.[':method'], third?.[':path']], ['OPTIONS', '*']);
    }
    const plain = await answering(ok);
    assert.equal((await ask(plain.port, 'GET', { scheme: 'h2c' })).reason, 'not an answer');
  });
});
