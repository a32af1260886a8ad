/** drover before a real Tomcat by AJP: what a servlet sees, bodies of 10 MB, sessions, secrets, and a restart under load. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Appliance } from '../reg/appliance.js';
import { isTomcatInstalled, Tomcat } from './tomcat.js';

describe('members in a Tomcat, by AJP', function () {
  this.timeout(180_000);
  let tomcat: Tomcat;
  let drover: Appliance;

  before(async function () {
    if (!isTomcatInstalled()) {
      if (process.env['CI'] === 'true')
        throw new Error('tomcat10 is not installed, and CI must not pass without it');
      console.log('    skipped: tomcat10 is not installed');
      this.skip();
    }
    tomcat = await Tomcat.start();
    const [one, two] = tomcat.ports.map((port) => `ajp://127.0.0.1:${port}`);
    const secret = `secret=${tomcat.secret}`;
    drover = await Appliance.start(
      `SetEnv AJP_colour blue
       ProxyPass /alone/ ${one}/ ${secret}
       ProxyPass /pinged/ ${two}/ ${secret} ping=5
       <Proxy balancer://wrong>
         BalancerMember ${one} secret=another
       </Proxy>
       <Proxy balancer://none>
         BalancerMember ${one}
       </Proxy>
       <Proxy balancer://app>
         BalancerMember ${one} ${secret} route=one ping=5 retry=0
         BalancerMember ${two} ${secret} route=two ping=5 retry=0
         ProxySet stickysession=JSESSIONID|jsessionid
       </Proxy>
       ProxyPass /wrong/ balancer://wrong/
       ProxyPass /none/ balancer://none/
       ProxyPass / balancer://app/`,
      { engine: 'node' },
    );
  });

  after(async () => {
    try {
      await (drover as Appliance | undefined)?.stop();
    } finally {
      await (tomcat as Tomcat | undefined)?.stop();
    }
  });

  const sent = (answer: Answer, name: string): unknown => answer.headers[name];

  it('see the request as it is', async () => {
    const headers = { host: 'shop.test:8080' };
    const answer = await drover.ask('/alone/echo.jsp?a=1&b=%20', { headers });
    assert.equal(answer.status, 200);
    assert.equal(sent(answer, 'x-line'), 'GET /echo.jsp a=1&b=%20');
    assert.equal(sent(answer, 'x-client'), '127.0.0.1');
    assert.equal(sent(answer, 'x-server'), 'shop.test:8080');
    assert.equal(sent(answer, 'x-colour'), 'blue');
    const posted = await drover.ask('/alone/echo.jsp', { method: 'POST', body: 'abc' });
    assert.deepEqual([sent(posted, 'x-line'), posted.body], ['POST /echo.jsp null', 'abc']);
    // A JSP has no PATCH: Tomcat knows the method by its name all the same.
    assert.equal((await drover.ask('/alone/echo.jsp', { method: 'PATCH', body: 'abc' })).status, 405);
  });

  it('get a body of 10 MB and give it back, whatever its framing, with a ping or without', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024, 'a body of ten megabytes ');
    for (const place of ['alone', 'pinged']) {
      for (const framing of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
        const answer = await drover.ask(`/${place}/echo.jsp`, {
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream', ...framing },
          body,
        });
        assert.equal(answer.status, 200);
        assert.equal(answer.body === body.toString('latin1'), true, 'the body came back changed');
      }
    }
    const down = await drover.ask(`/alone/bytes.jsp?n=${10 * 1024 * 1024}`);
    assert.equal(down.body.length, 10 * 1024 * 1024);
  });

  it('answer on kept connections: empty bodies, HEAD, statuses, and bodies that nobody read', async () => {
    for (let n = 0; n < 20; n += 1) {
      const head = await drover.ask('/pinged/bytes.jsp?n=100', { method: 'HEAD' });
      assert.deepEqual([head.status, head.body], [200, '']);
      assert.equal((await drover.ask('/pinged/status.jsp?s=204')).status, 204);
      assert.equal((await drover.ask('/pinged/status.jsp?s=304')).status, 304);
      const unread = await drover.ask('/pinged/status.jsp?s=409', {
        method: 'POST',
        body: 'x'.repeat(30_000),
      });
      assert.equal(unread.status, 409);
      assert.equal((await drover.ask('/pinged/missing')).status, 404);
      assert.equal((await drover.ask('/pinged/echo.jsp', { method: 'POST', body: `${n}` })).body, `${n}`);
    }
  });

  it('keep their sessions', async () => {
    const first = await drover.ask('/visits.jsp');
    const cookie = String(sent(first, 'set-cookie')).replace(/;.*/, '');
    const [route = ''] = first.body.split(' ');
    assert.match(cookie, new RegExp(`^JSESSIONID=\\w+\\.${route}$`));
    for (let n = 2; n < 8; n += 1)
      assert.equal((await drover.ask('/visits.jsp', { headers: { cookie } })).body, `${route} ${n}`);
    const id = cookie.replace('JSESSIONID=', '');
    assert.equal((await drover.ask(`/visits.jsp;jsessionid=${id}`)).body, `${route} 8`);
    const routes = new Set<string>();
    // Requests of a session count in byrequests too, so that the other member has some before it.
    for (let n = 0; n < 20; n += 1) routes.add((await drover.ask('/visits.jsp')).body.replace(/ .*/, ''));
    assert.deepEqual([...routes].sort(), ['one', 'two']);
  });

  it('refuse a wrong secret, and none', async () => {
    assert.equal((await drover.ask('/wrong/echo.jsp')).status, 403);
    assert.equal((await drover.ask('/none/echo.jsp')).status, 403);
  });

  it('come and go under load, and nothing is left behind', async () => {
    let isOver = false;
    const statuses = new Map<number, number>();
    const ask = async (): Promise<void> => {
      while (!isOver) {
        // 0: cut within its body, which is all that can be done when the container dies there.
        const status = await drover.ask('/echo.jsp', { method: 'POST', body: 'x'.repeat(20_000) }).then(
          (answer) => answer.status,
          () => 0,
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 6 }, ask);
    while ((statuses.get(200) ?? 0) < 50) await sleep(10);
    await tomcat.kill();
    while ((statuses.get(503) ?? 0) < 5) await sleep(10);
    await tomcat.run();
    const before = statuses.get(200) ?? 0;
    while ((statuses.get(200) ?? 0) < before + 50) await sleep(10);
    isOver = true;
    await Promise.all(clients);
    assert.deepEqual(
      [...statuses.keys()].filter((status) => ![0, 200, 500, 502, 503].includes(status)),
      [],
    );
    for (let n = 0; n < 10; n += 1) assert.equal((await drover.ask('/echo.jsp')).status, 200);
  });
});
