/**
 * What a new generation begins with, so that clients do not feel a reload: connections to members as `min=` says, and the
 * hot part of the cache. What was purged does not come back with it.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from './appliance.js';
import { KeptConnections } from './kept-connections.js';
import { RawOrigin } from './raw-origin.js';

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5);
}

/** What has connected by now is taken in: a round of the event loop looks for it. */
async function turn(): Promise<void> {
  for (let rounds = 0; rounds < 2; rounds += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('min= of a member', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  before(async () => {
    origin = await RawOrigin.start();
    drover = await Appliance.start(
      `<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${origin.port} min=5
</Proxy>
ProxyPass / balancer://b/`,
      { threads: 2 },
    );
  });
  after(async () => {
    await drover.stop();
    await origin.stop();
  });

  it('is connected over all threads before the first request, which uses one of them', async () => {
    await turn();
    assert.equal(origin.connections, 5);
    assert.equal((await drover.ask()).status, 200);
    assert.equal(origin.connections, 5);
  });

  it('is connected again by a new generation, before it serves', async () => {
    const before = origin.connections;
    await drover.reload();
    await turn();
    assert.equal(origin.connections, before + 5);
    assert.equal((await drover.ask()).status, 200);
    assert.equal(origin.connections, before + 5);
  });

  it('costs no request when the member closes such a connection at the moment that it is used', async () => {
    await drover.reload();
    let closed = 0;
    origin.onHead = (socket) => {
      if (closed > 0) return;
      closed += 1;
      socket.destroy();
    };
    const { status } = await drover.ask('/', { method: 'GET' });
    assert.deepEqual({ status, closed }, { status: 200, closed: 1 });
    assert.equal(drover.log().includes('AH01102'), false);
  });

  it('is connected by TLS, too, as the server says members are spoken to', async () => {
    const { certificate, key } = await selfSigned({ names: ['127.0.0.1'], days: 2, now: Date.now() });
    const member = createServer({ cert: certificate, key }, (_request, response) => response.end('secure'));
    let connections = 0;
    member.on('secureConnection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => member.listen(0, '127.0.0.1', resolve));
    const { port } = member.address() as AddressInfo;
    const other = await Appliance.start(`SSLProxyEngine On
SSLProxyVerify none
SSLProxyCheckPeerName off
SSLProxyCheckPeerExpire off
ProxyPass / https://127.0.0.1:${port}/ min=3`);
    await until(() => connections === 3);
    assert.equal((await other.ask()).body, 'secure');
    assert.equal(connections, 3, 'the request has used one of them');
    await other.stop();
    member.closeAllConnections();
    await new Promise((resolve) => member.close(resolve));
  });

  it('does not hold up a start when the member is not there', async () => {
    const port = await freePort();
    const other = await Appliance.start(`ProxyPass / http://127.0.0.1:${port}/ min=3`);
    assert.equal((await other.ask()).status, 503);
    await other.stop();
  });
});

describe('the cache over a reload', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  before(async () => {
    origin = await RawOrigin.start((socket, { head }) => {
      const body = `of ${head.line}`;
      const tag = head.line.includes('/tagged') ? 'Cache-Tag: t\r\n' : '';
      socket.write(
        `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nAge: 100\r\nVary: Accept\r\n${tag}Content-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
    drover = await Appliance.start(
      `KeepAliveTimeout 60
CacheMemorySize 16M
CacheEnable memory /
CacheStatus On
CachePurge 127.0.0.1
ProxyPass / http://127.0.0.1:${origin.port}/`,
      { threads: 2 },
    );
  });
  after(async () => {
    await drover.stop();
    await origin.stop();
  });

  async function statusOf(path: string): Promise<string> {
    const { headers } = await drover.ask(path, { headers: { Accept: 'text/html' } });
    return String(headers['cache-status']);
  }

  it('has what is asked for, as old as it is', async () => {
    const since = Date.now();
    const first = await drover.ask('/page', { headers: { Accept: 'text/html' } });
    assert.match(String(first.headers['cache-status']), /fwd=/);
    await sleep(1100);
    await drover.reload();
    const asked = origin.requests.length;
    const again = await drover.ask('/page', { headers: { Accept: 'text/html' } });
    assert.match(String(again.headers['cache-status']), /hit/);
    assert.equal(again.body, first.body);
    const age = Number(again.headers['age']);
    const passed = (Date.now() - since) / 1000;
    assert.ok(age >= 101 && age <= 102 + passed, `Age: ${age}`);
    assert.equal(origin.requests.length, asked);
    const other = await drover.ask('/page', { headers: { Accept: 'text/plain' } });
    assert.match(String(other.headers['cache-status']), /fwd=/, 'another variant is not served');
  });

  it('does not get back what was purged before', async () => {
    await statusOf('/purged');
    assert.match(await statusOf('/purged'), /hit/);
    assert.equal((await drover.ask('/purged', { method: 'PURGE' })).status, 200);
    await drover.reload();
    assert.match(await statusOf('/purged'), /fwd=/);
  });

  it('does not get back what is purged while one generation follows the other', async () => {
    const paths = Array.from({ length: 400 }, (_, i) => `/during/${i}`);
    for (const path of paths) await statusOf(path);
    const times = drover.log().split('AH00489').length;
    const reloading = drover.reload();
    const purged: string[] = [];
    for (const path of paths) {
      if (drover.log().split('AH00489').length > times) break;
      const { status } = await drover.ask(path, { method: 'PURGE' });
      if (status === 200) purged.push(path);
      await sleep(2);
    }
    await reloading;
    assert.ok(purged.length > 10, `${purged.length} purged`);
    const left = (path: string): Promise<boolean> => statusOf(path).then((text) => text.includes('hit'));
    // The last of them were answered by the old one while the new one served already: word of them is on its way.
    for (const path of purged) {
      let isLeft = await left(path);
      for (let tries = 0; tries < 600 && isLeft; tries += 1) {
        await sleep(5);
        isLeft = await left(path);
      }
      assert.equal(isLeft, false, path);
    }
  });

  it('is not served any more on a connection that the old one has kept, once it is purged', async () => {
    await statusOf('/kept');
    const accept = 'Accept: text/html\r\n';
    const kept = await KeptConnections.open(drover.port, '/kept', accept);
    try {
      await drover.reload();
      assert.equal((await drover.ask('/kept', { method: 'PURGE' })).status, 200);
      await kept.hear(drover.port, '/kept', /Cache-Status: .*fwd=/i, accept);
    } finally {
      kept.close();
    }
  });

  it('leaves no file behind', async () => {
    await until(() => !readdirSync(drover.folder).some((name) => name.includes('.cache.')));
    assert.deepEqual(
      readdirSync(drover.folder).filter((name) => name.includes('cache')),
      [],
    );
  });
});
