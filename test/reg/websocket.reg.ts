/** WebSockets through both engines, with real clients and members: what either side says reaches the other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { Caller, EchoMember } from './websocket-peers.js';

for (const engine of ['uws', 'node'] as const) {
  describe(`a WebSocket through the ${engine} engine`, function () {
    this.timeout(120_000);
    let member: EchoMember;
    let drover: Appliance;
    /** An address that waits two seconds at most. */
    let hasty: number;
    before(async () => {
      member = await EchoMember.start();
      const at = `127.0.0.1:${member.port}`;
      hasty = await freePort();
      drover = await Appliance.start(
        `Listen 127.0.0.1:${hasty}
        Timeout 60
         GracefulShutdownTimeout 1
         CustomLog "\${FOLDER}/access.log" "%s %B %O %U"
         <Proxy balancer://many>
           BalancerMember ws://${at} route=one
           ProxySet stickysession=SID
         </Proxy>
         RewriteEngine On
         RewriteCond %{HTTP:Upgrade} =websocket [NC]
         RewriteRule ^/idiom/(.*) ws://localhost:${member.port}/$1 [P,L]
         ProxyPass /ws/ ws://${at}/ws/
         ProxyPass /many/ balancer://many/
         ProxyPass /http/ http://${at}/up/ upgrade=websocket
         ProxyPass /plain/ http://${at}/plain/
         ProxyPass /idiom/ http://${at}/idiom/
         <Location /server-status>
           SetHandler server-status
         </Location>
         <Location /marked>
           ProxyPass ws://${at}/marked/
         </Location>
        <VirtualHost *:${hasty}>
          Timeout 2
          ProxyPass /ws/ ws://${at}/ws/
        </VirtualHost>`,
        { engine },
      );
    });
    after(async () => {
      try {
        await drover.stop();
      } finally {
        await member.stop();
      }
    });
    const call = (path: string, protocols: string[] = []): Caller =>
      new Caller(`ws://127.0.0.1:${drover.port}${path}`, protocols);
    const log = (): string => readFileSync(join(drover.folder, 'access.log'), 'utf8');

    it('passes text and binary messages as they came, large ones and empty ones too', async () => {
      const caller = await call('/ws/x').opened();
      const text = await caller.say('gr\u00fc\u00dfe \u{1f600}');
      assert.deepEqual([text.isBinary, text.data.toString()], [false, 'gr\u00fc\u00dfe \u{1f600}']);
      const bytes = Buffer.alloc(16 * 1024 * 1024, 'abc');
      const large = await caller.say(bytes);
      assert.deepEqual([large.isBinary, large.data.equals(bytes)], [true, true]);
      assert.equal((await caller.say('')).data.length, 0);
      caller.socket.close(4001, 'thanks');
      assert.deepEqual(await caller.ended, { code: 4001, reason: 'thanks' });
    });

    it('lets the member choose the subprotocol', async () => {
      const caller = await call('/ws/x', ['first', 'second']).opened();
      assert.equal(caller.socket.protocol, 'second');
      caller.socket.terminate();
    });

    it('passes the member’s Close, its pings, and its going without a word', async () => {
      const caller = await call('/ws/x').opened();
      assert.equal((await caller.say('ping hello')).data.toString(), 'pong hello');
      caller.socket.ping('me');
      caller.socket.send('close 3005 why');
      assert.deepEqual(await caller.ended, { code: 3005, reason: 'why' });
      assert.deepEqual(caller.pongs, ['me']);
      const lost = await call('/ws/x').opened();
      lost.socket.send('die');
      assert.equal((await lost.ended).code, 1006);
    });

    it('tells the member how the client ended', async () => {
      for (const [code, reason] of [
        [1000, 'done'],
        [4999, ''],
      ] as const) {
        member.endings.length = 0;
        const caller = await call('/ws/x').opened();
        caller.socket.close(code, reason);
        assert.deepEqual(await caller.ended, { code, reason });
        while (member.endings.length === 0) await sleep(5);
        assert.deepEqual(member.endings, [{ code, reason }]);
      }
    });

    it('goes to a balancer’s members, to http members with upgrade=, and where [P] says', async () => {
      for (const path of ['/many/x', '/http/x', '/idiom/x', '/marked/x']) {
        const caller = await call(path).opened();
        assert.equal((await caller.say('there?')).data.toString(), 'there?');
        caller.socket.terminate();
      }
    });

    it('stays plain HTTP where the member may not be asked, and where the client does not ask', async () => {
      await assert.rejects(call('/plain/x').opened(), /response: 200/);
      await assert.rejects(call('/nowhere').opened(), /response: 404/);
      const answer = await drover.ask('/ws/x');
      assert.deepEqual([answer.status, answer.body], [200, 'plain']);
    });

    it('passes on what the member answers instead of 101', async () => {
      member.refusal = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: no\r\n\r\nno';
      await assert.rejects(call('/ws/x').opened(), /response: 403/);
      member.refusal = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n';
      await assert.rejects(call('/ws/x').opened(), /response: 502/);
      member.refusal = undefined;
    });

    it('is cut when nothing moves for the time-out', async () => {
      const since = Date.now();
      const caller = await new Caller(`ws://127.0.0.1:${hasty}/ws/idle`).opened();
      assert.equal((await caller.ended).code, 1006);
      assert.ok(Date.now() - since >= 1900);
    });

    it('is logged when it ends, with the bytes that went to the client', async () => {
      const caller = await call('/ws/logged').opened();
      await caller.say('12345');
      assert.doesNotMatch(log(), /logged/);
      caller.socket.close();
      while (!/^101 0 \d+ \/ws\/logged$/m.test(log())) await sleep(20);
      assert.ok(Number(/^101 0 (\d+) \/ws\/logged$/m.exec(log())?.[1]) >= 5);
    });

    it('counts as one connection from its beginning to its end', async () => {
      const open = async (): Promise<number> =>
        Number(/^EdgeConnectionsOpen: (\d+)$/m.exec((await drover.ask('/server-status?auto')).body)?.[1]);
      const becomes = async (count: number): Promise<void> => {
        while ((await open()) !== count) await sleep(20);
      };
      await becomes(1);
      const callers = await Promise.all(Array.from({ length: 20 }, () => call('/ws/counted').opened()));
      await becomes(21);
      for (const [n, { socket }] of callers.entries()) {
        if (n % 2 === 0) socket.close();
        else socket.terminate();
      }
      await becomes(1);
    });

    it('stops the member when the client does not read, and goes on when it does', async () => {
      const caller = await call('/ws/slow').opened();
      const before = drover.residentBytes();
      caller.socket.pause();
      caller.socket.send('many 65536 1600');
      await sleep(1000);
      const grown = drover.residentBytes() - before;
      caller.socket.resume();
      await caller.hear(1600);
      assert.ok(grown < 60_000_000, `${grown} bytes more`);
      caller.socket.terminate();
    });

    it('is closed with 1001 on both sides when its generation has had its time', async () => {
      while (member.open > 0) await sleep(5);
      member.endings.length = 0;
      const caller = await call('/ws/last').opened();
      // Timeout must not be what ends it.
      const talk = setInterval(() => caller.socket.send('still here'), 100);
      process.kill(drover.pid, 'SIGUSR1');
      const { code } = await caller.ended;
      clearInterval(talk);
      assert.equal(code, 1001);
      while (member.endings.length === 0) await sleep(5);
      assert.equal(member.endings[0]?.code, 1001);
    });
  });
}
