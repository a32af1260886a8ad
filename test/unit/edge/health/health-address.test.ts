import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { healthListener } from '../../../../edge/health/health-address.js';
import type { Readiness } from '../../../../edge/health/readiness.js';

describe('the health address', () => {
  let port: number;
  let server: Server;
  let readiness: Readiness;

  beforeEach(async () => {
    readiness = { isLive: true, isReady: true, reasons: [] };
    server = createServer(healthListener(() => readiness));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function statusOf(path: string, method = 'GET'): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  }

  it('answers 200 on all three paths while all is well', async () => {
    for (const path of ['/', '/livez', '/readyz', '/readyz?verbose']) {
      assert.deepEqual(await statusOf(path), { status: 200, text: 'ok\n' });
    }
  });

  it('answers 503 with the reasons where traffic should go elsewhere, and stays live', async () => {
    readiness = { isLive: true, isReady: false, reasons: ['balancer://a has no usable member', 'draining'] };
    const expected = { status: 503, text: 'balancer://a has no usable member\ndraining\n' };
    assert.deepEqual(await statusOf('/readyz'), expected);
    assert.deepEqual(await statusOf('/'), expected);
    assert.equal((await statusOf('/livez')).status, 200);
  });

  it('answers 503 on liveness when a worker is silent', async () => {
    readiness = { isLive: false, isReady: false, reasons: ['worker 1 does not answer'] };
    assert.deepEqual(await statusOf('/livez'), { status: 503, text: 'worker 1 does not answer\n' });
  });

  it('answers a client of HTTP/1.0', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.end('GET /readyz HTTP/1.0\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.[01] 200 OK\r\n/);
    assert.match(text, /\r\n\r\nok\n$/);
  });

  it('knows no other path and no other method', async () => {
    assert.equal((await statusOf('/metrics')).status, 404);
    assert.equal((await statusOf('/readyz', 'POST')).status, 405);
  });
});
