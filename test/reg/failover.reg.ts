/**
 * Members that cannot be connected to: another one is asked while nothing has been sent, with the request's body, and the
 * dead one rests for as long as retry says. What came back when nobody was left is httpd's page.
 * Source: httpd 2.4, mod_proxy_balancer; retry, maxattempts, forcerecovery, nofailover, lbset, status.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

describe('a member that is dead', function () {
  this.timeout(120_000);
  let first: RawOrigin;
  let second: RawOrigin;
  let dead: string;
  let drover: Appliance | undefined;

  before(async () => {
    first = await RawOrigin.start((socket) => socket.write(plainReply('first')));
    second = await RawOrigin.start((socket) => socket.write(plainReply('second')));
  });
  beforeEach(async () => {
    first.reset();
    second.reset();
    dead = `http://127.0.0.1:${await freePort()}`;
  });
  afterEach(async () => {
    await drover?.stop();
    drover = undefined;
  });
  after(() => Promise.all([first.stop(), second.stop()]));

  const url = (origin: RawOrigin): string => `http://127.0.0.1:${origin.port}`;
  /** A balancer over these BalancerMember words. */
  async function start(members: string[], parameters = ''): Promise<Appliance> {
    const lines = members.map((member) => `BalancerMember ${member}`);
    const set = parameters === '' ? '' : `ProxySet ${parameters}`;
    drover = await Appliance.start(
      `<Proxy balancer://b>\n${lines.join('\n')}\n${set}\n</Proxy>\nProxyPass / balancer://b/`,
    );
    return drover;
  }
  async function bodies(edge: Appliance, count: number): Promise<string[]> {
    const seen: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const { status, body } = await edge.ask();
      seen.push(status === 200 ? body : String(status));
    }
    return seen;
  }

  it('is passed over, and its requests are answered by the others', async () => {
    const edge = await start([dead, url(first), url(second)]);
    assert.deepEqual(await bodies(edge, 5), ['first', 'second', 'first', 'second', 'first']);
    assert.equal(edge.log().match(/AH00957/g)?.length, 1);
    assert.match(
      edge.log(),
      /AH00959: ap_proxy_connect_backend disabling worker for \(127\.0\.0\.1:\d+\) for 60s/,
    );
  });

  for (const coding of ['length', 'chunked'] as const) {
    it(`hands a body of 200 kB over to another member whole: ${coding}`, async () => {
      const edge = await start([dead, url(first)]);
      const body = Buffer.alloc(200_000, 'drover').toString('latin1');
      const headers = coding === 'length' ? {} : { 'Transfer-Encoding': 'chunked' };
      const answer = await edge.ask('/upload', { method: 'POST', headers, body });
      assert.equal(answer.body, 'first');
      assert.equal(first.requests.length, 1);
      assert.equal(first.requests[0]?.body.toString('latin1'), body);
    });
  }

  it('is tried again when retry is over, and at no time before', async () => {
    const port = await freePort();
    const edge = await start([`http://127.0.0.1:${port} retry=5`, url(first)]);
    await bodies(edge, 1);
    const since = Date.now();
    assert.deepEqual(await bodies(edge, 3), ['first', 'first', 'first']);
    assert.equal(edge.log().match(/AH00957/g)?.length, 1);
    await sleep(5100 - (Date.now() - since));
    await bodies(edge, 4);
    assert.equal(edge.log().match(/AH00957/g)?.length, 2);
  });

  it('comes back without a word when it lives again', async () => {
    const port = await freePort();
    const edge = await start([`http://127.0.0.1:${port} retry=1`, url(first)]);
    assert.deepEqual(await bodies(edge, 2), ['first', 'first']);
    const again = await RawOrigin.start((socket) => socket.write(plainReply('back')), port);
    await sleep(1100);
    const seen = await bodies(edge, 4);
    await again.stop();
    assert.deepEqual(seen.filter((body) => body === 'back').length, 2);
  });

  it('is the only one: 503 with the page, tried by every request', async () => {
    const edge = await start([dead]);
    for (let n = 0; n < 3; n += 1) {
      const { status, body, headers } = await edge.ask();
      assert.equal(status, 503);
      assert.equal(headers['connection'], 'close');
      assert.match(
        body,
        /The server is temporarily unable to service your\nrequest due to maintenance downtime/,
      );
    }
    assert.equal(edge.log().match(/AH00957/g)?.length, 3);
  });

  it('is left alone while it rests with forcerecovery=Off, and the balancer says why', async () => {
    const edge = await start([dead], 'forcerecovery=Off');
    for (let n = 0; n < 3; n += 1) assert.equal((await edge.ask()).status, 503);
    assert.equal(edge.log().match(/AH00957/g)?.length, 1);
    assert.equal(edge.log().match(/AH01170: balancer:\/\/b: All workers are in error state/g)?.length, 2);
  });

  it('counts against maxattempts', async () => {
    const others = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
    const edge = await start([dead, ...others, `${url(first)} lbset=1`], 'maxattempts=1');
    assert.deepEqual(await bodies(edge, 3), ['503', 'first', 'first']);
  });

  it('is not left for another one with status=+I', async () => {
    const edge = await start([`${dead} status=+I`, url(first)]);
    assert.deepEqual(await bodies(edge, 4), ['503', 'first', '503', 'first']);
  });

  it('gives its place to a hot standby', async () => {
    const edge = await start([dead, `${url(second)} status=+H`]);
    assert.deepEqual(await bodies(edge, 3), ['second', 'second', 'second']);
  });

  it('keeps its sessions waiting with nofailover, and nobody else', async () => {
    const members = [`${dead} route=a`, `${url(first)} route=b`];
    const edge = await start(members, 'stickysession=S nofailover=On forcerecovery=Off');
    assert.equal((await edge.ask('/', { headers: { Cookie: 'S=1.a' } })).status, 503);
    assert.equal((await edge.ask('/', { headers: { Cookie: 'S=1.a' } })).status, 503);
    assert.equal((await edge.ask('/', { headers: { Cookie: 'S=1.b' } })).body, 'first');
    assert.equal((await edge.ask()).body, 'first');
    assert.match(edge.log(), /AH01167: balancer:\/\/b: All workers are in error state for route \(a\)/);
  });

  it('hands its sessions to the member of its redirect route', async () => {
    const members = [`${dead} route=a redirect=c`, `${url(first)} route=b`, `${url(second)} route=c`];
    const edge = await start(members, 'stickysession=S');
    await edge.ask('/', { headers: { Cookie: 'S=1.a' } });
    for (let n = 0; n < 3; n += 1)
      assert.equal((await edge.ask('/', { headers: { Cookie: 'S=1.a' } })).body, 'second');
  });

  it('lets a request wait for the balancer timeout, and serves it when a member comes back', async () => {
    const port = await freePort();
    const member = `http://127.0.0.1:${port} retry=1`;
    const edge = await start(
      [member, `${url(first)} status=+D`],
      'timeout=5 maxattempts=0 forcerecovery=Off',
    );
    assert.equal((await edge.ask()).status, 503);
    const origin = await RawOrigin.start((socket) => socket.write(plainReply('back')), port);
    const answer = await edge.ask();
    await origin.stop();
    assert.equal(answer.body, 'back');
    assert.equal(edge.log().match(/AH00957/g)?.length, 1);
  });

  it('is answered for with 503 when it stands alone, without a balancer', async () => {
    drover = await Appliance.start(`ProxyPass / ${dead}/`);
    assert.equal((await drover.ask()).status, 503);
    assert.match(drover.log(), /AH00957/);
    assert.doesNotMatch(drover.log(), /AH00959/);
  });
});
