import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { EdgeError } from '../../../edge/errors.js';
import { HealthServer } from '../../../edge/health-address.js';
import type { ProcessLog } from '../../../edge/process-log.js';
import type { Readiness } from '../../../edge/readiness.js';

const SILENT: ProcessLog = { log: () => {}, close: () => {} };

describe('the health address', () => {
  let port: number;
  let server: HealthServer;
  let readiness: Readiness;

  beforeEach(async () => {
    port = await freePort();
    readiness = { isLive: true, isReady: true, reasons: [] };
    server = new HealthServer(
      [{ address: '127.0.0.1', port, protocol: 'http', at: 'a:1' }],
      () => readiness,
      SILENT,
    );
  });
  afterEach(() => server.close());

  async function statusOf(path: string, method = 'GET'): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  }

  it('answers 200 on all three paths while all is well', async () => {
    await server.listen(false);
    for (const path of ['/', '/livez', '/readyz', '/readyz?verbose']) {
      assert.deepEqual(await statusOf(path), { status: 200, text: 'ok\n' });
    }
  });

  it('answers 503 with the reasons where traffic should go elsewhere, and stays live', async () => {
    readiness = { isLive: true, isReady: false, reasons: ['balancer://a has no usable member', 'draining'] };
    await server.listen(false);
    const expected = { status: 503, text: 'balancer://a has no usable member\ndraining\n' };
    assert.deepEqual(await statusOf('/readyz'), expected);
    assert.deepEqual(await statusOf('/'), expected);
    assert.equal((await statusOf('/livez')).status, 200);
  });

  it('answers a client of HTTP/1.0', async () => {
    await server.listen(false);
    const socket = connect(port, '127.0.0.1');
    socket.end('GET /readyz HTTP/1.0\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.[01] 200 OK\r\n/);
    assert.match(text, /\r\n\r\nok\n$/);
  });

  it('knows no other path and no other method', async () => {
    await server.listen(false);
    assert.equal((await statusOf('/metrics')).status, 404);
    assert.equal((await statusOf('/readyz', 'POST')).status, 405);
  });

  it('refuses to start on an address that is taken', async () => {
    const other = await occupy(port);
    await assert.rejects(
      server.listen(false),
      (error) =>
        error instanceof EdgeError && error.code === 'E_BIND' && error.message.includes(String(port)),
    );
    other.close();
  });

  it('takes over an address as soon as the older generation leaves it', async () => {
    const other = await occupy(port);
    await server.listen(true);
    other.close();
    await once(other, 'close');
    for (;;) {
      try {
        assert.equal((await statusOf('/livez')).status, 200);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  });
});

async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

async function freePort(): Promise<number> {
  const server = await occupy(0);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
