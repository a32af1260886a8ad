/**
 * Clients that are named by the PROXY protocol in front of TLS and of HTTP/2: what the log and members are told, also when
 * the header comes byte by byte, and that nothing is heard of a connection without one. In clear text httpd is the judge
 * (test/diff/cases/remoteip.diff.ts).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { Appliance } from './appliance.js';
import { openRaw, sendRaw } from './raw-client.js';
import { RawOrigin } from './raw-origin.js';
import { HTTP2_MODULES, loadModules, type TlsSite, tlsSite } from './tls-site.js';

const LINE = 'PROXY TCP4 9.8.7.6 1.2.3.4 1000 80\r\n';

describe('clients behind the PROXY protocol', function () {
  this.timeout(120_000);
  let site: TlsSite;
  let origin: RawOrigin;
  let drover: Appliance;
  let secure: number;

  before(async () => {
    origin = await RawOrigin.start();
    site = await tlsSite('proxied', ['a.test']);
    secure = site.port;
    drover = await Appliance.start(
      `${HTTP2_MODULES}
       ${loadModules('remoteip', 'log_config')}
       ${site.listen}
       RemoteIPProxyProtocol On
       Protocols h2 h2c http/1.1
       Timeout 3
       CustomLog "\${FOLDER}/access.log" "%a %{remote}p %H %U"
       ProxyPass / http://127.0.0.1:${origin.port}/
       <VirtualHost *:${secure}>
         ${site.words}
       </VirtualHost>`,
    );
  });
  after(async () => {
    try {
      await drover.stop();
    } finally {
      await origin.stop();
      site.remove();
    }
  });

  const forwarded = (): string | undefined =>
    origin.requests.at(-1)?.head.fields.find(([name]) => name.toLowerCase() === 'x-forwarded-for')?.[1];

  async function logged(line: string): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      if (readFileSync(join(drover.folder, 'access.log'), 'latin1').includes(line)) return;
      await sleep(25);
    }
    assert.fail(`not in the log: ${line}`);
  }

  it('are known when the header comes byte by byte, for all requests of the connection', async () => {
    const socket = await openRaw(drover.port);
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    for (const byte of `${LINE}GET /slow HTTP/1.1\r\nHost: a\r\n\r\n`) socket.write(byte);
    for (const end = Date.now() + 60_000; Date.now() < end && !heard.endsWith('ok'); ) await sleep(25);
    socket.write('GET /again HTTP/1.1\r\nHost: a\r\n\r\n');
    await logged('9.8.7.6 1000 HTTP/1.1 /again');
    assert.equal(forwarded(), '9.8.7.6');
    socket.destroy();
  });

  it('are known over TLS, in HTTP/1.1 and HTTP/2', async () => {
    for (const protocol of ['http/1.1', 'h2']) {
      const below = await openRaw(secure);
      // The handshake begins in the same packet as the header, and in one of its own.
      if (protocol === 'h2') below.cork();
      below.write(LINE);
      setTimeout(() => below.uncork(), 100);
      const socket = tls.connect({ socket: below, rejectUnauthorized: false, ALPNProtocols: [protocol] });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      assert.equal(socket.alpnProtocol, protocol);
      if (protocol === 'h2') await askHttp2(socket, '/h2');
      else socket.write('GET /tls HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await logged(protocol === 'h2' ? '9.8.7.6 1000 HTTP/2.0 /h2' : '9.8.7.6 1000 HTTP/1.1 /tls');
      assert.equal(forwarded(), '9.8.7.6');
      socket.destroy();
    }
  });

  it('are known in HTTP/2 in clear text', async () => {
    const socket = await openRaw(drover.port);
    socket.write(LINE);
    await askHttp2(socket, '/h2c');
    await logged('9.8.7.6 1000 HTTP/2.0 /h2c');
    socket.destroy();
  });

  it('are not heard without a header, nor waited for longer than Timeout', async () => {
    const before = origin.requests.length;
    const told = await sendRaw(drover.port, 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.deepEqual([told.text, told.isClosed], ['', true]);
    const silent = await sendRaw(drover.port, 'PROXY TCP4 9.8', { patience: 60_000, method: 'GET' });
    assert.deepEqual([silent.text, silent.isClosed], ['', true]);
    assert.equal(origin.requests.length, before);
    assert.match(drover.log(), /AH03496/);
  });
});

function askHttp2(socket: Socket, path: string): Promise<void> {
  const session = http2.connect('http://a.test', { createConnection: () => socket });
  session.on('error', () => undefined);
  return new Promise((resolve) => {
    const stream = session.request({ ':path': path });
    stream.on('error', () => undefined);
    stream.on('close', () => resolve());
    stream.resume();
  });
}
