/** drover before a real Tomcat by AJP: what a servlet sees, bodies of 10 MB, sessions, secrets, and a restart under load. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { type Answer, Appliance } from '../reg/appliance.js';
import { isTomcatInstalled, Tomcat } from './tomcat.js';

describe('members in a Tomcat, by AJP', function () {
  this.timeout(400_000);
  let tomcat: Tomcat;
  let drover: Appliance;
  let wide: number;
  let secure: number;
  let hasEnded = false;
  const folder = mkdtempSync(join(tmpdir(), 'drover-ajp-'));

  before(async function () {
    if (!isTomcatInstalled()) {
      if (process.env['CI'] === 'true')
        throw new Error('tomcat10 is not installed, and CI must not pass without it');
      console.log('    skipped: tomcat10 is not installed');
      this.skip();
    }
    tomcat = await Tomcat.start();
    [wide, secure] = [await freePort(), await freePort()];
    const made = await selfSigned({ names: ['a.test'], days: 2, now: Date.now() });
    writeFileSync(join(folder, 'a.crt'), made.certificate);
    writeFileSync(join(folder, 'a.key'), made.key);
    const [one, two] = tomcat.ports.map((port) => `ajp://127.0.0.1:${port}`);
    const secret = `secret=${tomcat.secret}`;
    drover = await Appliance.start(
      `LimitRequestFieldSize 40000
       SetEnv AJP_colour blue
       ProxyPass /wide/ ajp://127.0.0.1:${tomcat.wide}/ ${secret} iobuffersize=65536
       <Proxy balancer://watched>
         BalancerMember ${two} ${secret} ping=5 hcmethod=CPING hcinterval=1
       </Proxy>
       ProxyPass /watched/ balancer://watched/
       Listen 127.0.0.1:${wide}
       <VirtualHost *:${wide}>
         ProxyPassInherit Off
         ProxyIOBufferSize 65536
         ProxyPass / ajp://127.0.0.1:${tomcat.wide}/ ${secret} flushpackets=on
       </VirtualHost>
       Listen 127.0.0.1:${secure} https
       <VirtualHost *:${secure}>
         SSLEngine on
         SSLCertificateFile ${folder}/a.crt
         SSLCertificateKeyFile ${folder}/a.key
         ProxyPass / ${one}/ ${secret}
       </VirtualHost>
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
    hasEnded = true;
    try {
      await (drover as Appliance | undefined)?.stop();
    } finally {
      await (tomcat as Tomcat | undefined)?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  /** Waits until it is so; not beyond the end of the suite, which comes when the test's time is over. */
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!hasEnded && !(await isSo())) await sleep(20);
  }

  const sent = (answer: Answer, name: string): unknown => answer.headers[name];

  it('see the request as it is', async () => {
    const headers = { host: 'shop.test:8080' };
    const answer = await drover.ask('/alone/echo.jsp?a=1&b=%20', { headers });
    assert.equal(answer.status, 200);
    assert.equal(sent(answer, 'x-line'), 'GET /echo.jsp a=1&b=%20');
    assert.equal(sent(answer, 'x-client'), '127.0.0.1');
    assert.equal(sent(answer, 'x-server'), 'shop.test:8080');
    assert.equal(sent(answer, 'x-colour'), 'blue');
    assert.equal(sent(answer, 'x-remote-port'), 'true');
    assert.match(String(sent(answer, 'x-tls')), /^false http null/);
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

  it('hear of TLS with the client', async () => {
    const found = await new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: secure,
        path: '/echo.jsp',
        rejectUnauthorized: false,
        agent: false,
      };
      https
        .get(options, (response) => {
          response.resume();
          response.on('end', () => resolve(response.headers['x-tls']));
        })
        .on('error', reject);
    });
    assert.match(String(found), /^true https TLS_AES_\d+_\S+ (?:128|256) TLSv1\.3$/);
  });

  it('take requests that are longer than a usual packet where packets may be longer', async () => {
    const headers = { 'x-long': 'z'.repeat(30_000) };
    assert.equal((await drover.ask('/alone/echo.jsp', { headers })).status, 400);
    const own = await drover.ask('/wide/echo.jsp', { headers });
    assert.deepEqual([own.status, sent(own, 'x-long')], [200, '30000']);
    const servers = await drover.ask('/echo.jsp', { headers, port: wide });
    assert.deepEqual([servers.status, sent(servers, 'x-long')], [200, '30000']);
    const body = Buffer.alloc(300_000, 'wide');
    const posted = await drover.ask('/wide/echo.jsp', { method: 'POST', body });
    assert.equal(posted.body === body.toString('latin1'), true, 'the body came back changed');
  });

  it('have what they send passed on at once', async () => {
    for (const port of [drover.port, wide]) {
      const path = port === wide ? '/pieces.jsp' : '/alone/pieces.jsp';
      const heard = await new Promise<string>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
          let text = '';
          response.setEncoding('latin1');
          response.on('data', (chunk: string) => {
            // It waits for this, and would wait in vain were its first piece held back.
            if (text === '') void drover.ask(`${path}?go=on`, { port });
            text += chunk;
          });
          response.on('end', () => resolve(text));
        }).on('error', reject);
      });
      assert.equal(heard, 'firstsecond');
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
      while (!isOver && !hasEnded) {
        // 0: cut within its body, which is all that can be done when the container dies there.
        const status = await drover.ask('/echo.jsp', { method: 'POST', body: 'x'.repeat(20_000) }).then(
          (answer) => answer.status,
          () => 0,
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 6 }, ask);
    await until(() => (statuses.get(200) ?? 0) >= 50);
    await tomcat.kill();
    await until(async () => (await drover.ask('/watched/echo.jsp')).status === 503);
    await until(() => (statuses.get(503) ?? 0) >= 5);
    await tomcat.run();
    const before = statuses.get(200) ?? 0;
    await until(() => (statuses.get(200) ?? 0) >= before + 50);
    isOver = true;
    await Promise.all(clients);
    assert.deepEqual(
      [...statuses.keys()].filter((status) => ![0, 200, 500, 502, 503].includes(status)),
      [],
    );
    for (let n = 0; n < 10; n += 1) assert.equal((await drover.ask('/echo.jsp')).status, 200);
    await until(async () => (await drover.ask('/watched/echo.jsp')).status === 200);
  });
});
