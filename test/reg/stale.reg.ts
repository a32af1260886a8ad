/**
 * A kept connection that the member closes just as the next request is written on it. Whether it was closed before or
 * after the member read the request cannot be known, so only what may be done twice is done again, once, on a new
 * connection. Source: RFC 9110 9.2.2, RFC 9112 9.3.1.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

describe('a kept connection that is closed as a request is written', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  /** Characters of the error log before the test. */
  let logged: number;
  /** How the second request of a connection is met. */
  let onSecond: 'end' | 'reset' | 'half';

  before(async () => {
    origin = await RawOrigin.start();
    drover = await Appliance.start(`<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${origin.port}
</Proxy>
ProxyPass / balancer://b/`);
  });
  beforeEach(async () => {
    origin.drop();
    while (origin.open > 0) await sleep(5);
    origin.reset();
    origin.connections = 0;
    onSecond = 'end';
    origin.onRequest = (socket, { index }) => {
      if (index === 0) socket.write(plainReply('served'));
      else if (onSecond === 'end') socket.end();
      else if (onSecond === 'reset') socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\nConte');
    };
    logged = drover.log().length;
    assert.equal((await drover.ask('/first')).body, 'served');
  });
  after(async () => {
    await drover.stop();
    await origin.stop();
  });
  const lines = (): string[] => origin.requests.map(({ head }) => head.line.replace(' HTTP/1.1', ''));

  for (const how of ['end', 'reset'] as const) {
    it(`is not noticed by a GET: ${how}`, async () => {
      onSecond = how;
      assert.equal((await drover.ask('/second')).body, 'served');
      assert.deepEqual(lines(), ['GET /first', 'GET /second', 'GET /second']);
      assert.equal(origin.connections, 2);
      assert.doesNotMatch(drover.log().slice(logged), /proxy/);
    });

    it(`fails a POST, which is not sent twice: ${how}`, async () => {
      onSecond = how;
      const { status } = await drover.ask('/second', { method: 'POST', body: 'once' });
      assert.equal(status, 502);
      assert.deepEqual(lines(), ['GET /first', 'POST /second']);
    });
  }

  it('is not noticed by a PUT, whose body is sent again', async () => {
    const { body } = await drover.ask('/second', { method: 'PUT', body: 'twice' });
    assert.equal(body, 'served');
    assert.deepEqual(lines(), ['GET /first', 'PUT /second', 'PUT /second']);
    assert.equal(origin.requests[2]?.body.toString(), 'twice');
  });

  it('fails a GET of which half an answer had come', async () => {
    onSecond = 'half';
    assert.equal((await drover.ask('/second')).status, 502);
    assert.deepEqual(lines(), ['GET /first', 'GET /second']);
  });

  it('fails a GET on a connection that was new: the member means it', async () => {
    origin.onRequest = (socket) => socket.end();
    origin.drop();
    while (origin.open > 0) await sleep(5);
    origin.reset();
    assert.equal((await drover.ask('/new')).status, 502);
    assert.deepEqual(lines(), ['GET /new']);
  });

  it('is tried again once and no more', async () => {
    origin.onRequest = (socket) => socket.end();
    assert.equal((await drover.ask('/second')).status, 502);
    assert.deepEqual(lines(), ['GET /first', 'GET /second', 'GET /second']);
  });

  it('leaves the member in use', async () => {
    await drover.ask('/second', { method: 'POST', body: 'once' });
    assert.equal((await drover.ask('/third')).body, 'served');
  });
});
