/**
 * Clients of HTTP/1.0, on the node engine and at EdgeHealthAddress: a response they can read, closed at its end unless they
 * asked to keep the connection; and what the health address says of members that are gone.
 */
import assert from 'node:assert/strict';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { sendRaw } from './raw-client.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';

describe('an HTTP/1.0 client', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let health: number;
  before(async () => {
    origin = await RawOrigin.start((socket, { head }) =>
      socket.write(head.line.includes('/chunked') ? CHUNKED : plainReply('ok')),
    );
    health = await freePort();
    drover = await Appliance.start(
      `EdgeHealthAddress 127.0.0.1:${health}
<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${origin.port}
</Proxy>
<Proxy balancer://gone>
  BalancerMember http://127.0.0.1:${await freePort()}
</Proxy>
SetEnvIf X-Old yes force-no-vary
Header merge Vary X-Old
ProxyPass /gone/ balancer://gone/
ProxyPass / balancer://b/`,
      { engine: 'node' },
    );
  });
  beforeEach(() => origin.reset());
  after(async () => {
    await drover.stop();
    await origin.stop();
  });

  it('is answered and the connection closed, without a Host', async () => {
    const reply = await sendRaw(drover.port, 'GET /x HTTP/1.0\r\n\r\n', { closes: true });
    assert.match(reply.text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(reply.body, 'ok');
    assert.equal(reply.isClosed, true);
    assert.match(origin.bytes, /^GET \/x HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
  });

  it('gets a chunked answer unchunked, ended by the close', async () => {
    const reply = await sendRaw(drover.port, 'GET /chunked HTTP/1.0\r\nHost: a.test\r\n\r\n', {
      closes: true,
    });
    assert.doesNotMatch(reply.text, /Transfer-Encoding/i);
    assert.ok(reply.text.endsWith('\r\n\r\nok'), reply.text);
    assert.equal(reply.isClosed, true);
  });

  it('keeps its connection when it asks to', async () => {
    const ask = 'GET /x HTTP/1.0\r\nHost: a.test\r\nConnection: Keep-Alive\r\n\r\n';
    const reply = await sendRaw(drover.port, ask);
    assert.match(reply.text, /^Connection: Keep-Alive\r$/im);
    assert.equal(reply.isClosed, false);
  });

  it('is taken for one by force-no-vary: no Vary, and the connection is closed', async () => {
    const usual = await sendRaw(drover.port, 'GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.match(usual.text, /^Vary: X-Old\r$/im);
    assert.equal(usual.isClosed, false);
    const forced = await sendRaw(drover.port, 'GET /x HTTP/1.1\r\nHost: a.test\r\nX-Old: yes\r\n\r\n', {
      closes: true,
    });
    assert.doesNotMatch(forced.text, /^Vary:/im);
    assert.equal(forced.body, 'ok');
    assert.equal(forced.isClosed, true);
  });

  it('gets a body with the length it announced to the member', async () => {
    await sendRaw(drover.port, 'POST /x HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello');
    assert.equal(origin.requests[0]?.body.toString(), 'hello');
  });

  it('is told at the health address that all is well, and then why it is not', async () => {
    const ask = 'GET /readyz HTTP/1.0\r\n\r\n';
    const before = await sendRaw(health, ask, { closes: true });
    assert.equal(before.status, 200);
    assert.equal(before.isClosed, true);
    assert.equal((await drover.ask('/gone/x')).status, 503);
    const after = await sendRaw(health, ask);
    assert.equal(after.status, 503);
    assert.match(after.body, /balancer:\/\/gone has no usable member: http:\/\/127\.0\.0\.1:\d+ E/);
    assert.equal((await sendRaw(health, 'GET /livez HTTP/1.0\r\n\r\n')).status, 200);
  });

  it('is told at the health address what it has not got', async () => {
    assert.equal((await sendRaw(health, 'GET /other HTTP/1.0\r\n\r\n')).status, 404);
    assert.equal((await sendRaw(health, 'POST /readyz HTTP/1.0\r\nContent-Length: 0\r\n\r\n')).status, 405);
  });
});

describe('an HTTP/1.0 client of the default engine', function () {
  this.timeout(120_000);

  it('is told that the version is not supported', async () => {
    const drover = await Appliance.start('Redirect 302 / http://a.test/');
    const reply = await sendRaw(drover.port, 'GET /x HTTP/1.0\r\nHost: a.test\r\n\r\n', { closes: true });
    await drover.stop();
    assert.equal(reply.status, 505);
    assert.equal(reply.isClosed, true);
  });
});
