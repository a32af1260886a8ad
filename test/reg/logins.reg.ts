/** Logins on a running drover: a slow password hash keeps no other request waiting, and clients may leave meanwhile. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { Appliance } from './appliance.js';

/** A second of work or so: long beside any other request. */
const SLOW = hashSync('sesame', 13);
const QUICK = hashSync('open', 4);

function as(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

for (const engine of ['uws', 'node'] as const) {
  describe(`logins on ${engine}`, () => {
    let origin: Server;
    let appliance: Appliance;

    before(async function () {
      this.timeout(120_000);
      origin = createServer((request, response) => {
        let bytes = 0;
        request.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        request.on('end', () => response.end(`${request.headers.authorization ?? '-'} ${bytes}`));
      });
      await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
      const { port } = origin.address() as AddressInfo;
      const text = `
<Location /slow>
  AuthType Basic
  AuthName slow
  AuthUserFile \${FOLDER}/users
  Require valid-user
</Location>
ProxyPass / http://127.0.0.1:${port}/
LogFormat "%u %>s %U" users
CustomLog \${FOLDER}/access.log users`;
      appliance = await Appliance.start(text, { engine });
      const file = join(appliance.folder, 'users');
      writeFileSync(file, `slow:${SLOW}\nquick:${QUICK}\n`);
      chmodSync(file, 0o644);
    });

    after(async function () {
      this.timeout(120_000);
      await appliance.stop();
      await new Promise((resolve) => origin.close(resolve));
    });

    it('serves others while a password is hashed, and holds the body until it is', async () => {
      const order: string[] = [];
      const body = 'x'.repeat(50_000);
      const slow = appliance
        .ask('/slow/a', { method: 'POST', headers: as('slow', 'sesame'), body })
        .then((answer) => {
          order.push('slow');
          return answer;
        });
      for (let i = 0; i < 5; i += 1) {
        const other = await appliance.ask('/free');
        assert.equal(other.status, 200);
        order.push('free');
      }
      const answer = await slow;
      assert.equal(answer.status, 200);
      assert.match(answer.body, / 50000$/);
      assert.deepEqual(order.slice(0, 2), ['free', 'free']);
    }).timeout(120_000);

    it('remembers a password that was right, and still refuses one that is wrong', async () => {
      assert.equal((await appliance.ask('/slow/b', { headers: as('slow', 'sesame') })).status, 200);
      const wrong = await appliance.ask('/slow/b', { headers: as('quick', 'shut') });
      assert.equal(wrong.status, 401);
      assert.equal(wrong.headers['www-authenticate'], 'Basic realm="slow"');
      assert.equal((await appliance.ask('/slow/b', { headers: as('quick', 'open') })).status, 200);
    }).timeout(120_000);

    it('takes in a changed file without a restart', async () => {
      const file = join(appliance.folder, 'users');
      writeFileSync(file, `new:${QUICK}\n`);
      for (;;) {
        const { status } = await appliance.ask('/slow/c', { headers: as('new', 'open') });
        if (status === 200) break;
      }
      assert.equal((await appliance.ask('/slow/c', { headers: as('quick', 'open') })).status, 401);
      writeFileSync(file, `slow:${SLOW}\nquick:${QUICK}\n`);
    }).timeout(120_000);

    it('forgets a client that leaves while its password is hashed', async () => {
      writeFileSync(join(appliance.folder, 'users'), `gone:${SLOW}\nmark:${QUICK}\n`);
      for (;;) {
        const { status } = await appliance.ask('/slow/d', { headers: as('mark', 'open') });
        if (status === 200) break;
      }
      await new Promise<void>((resolve) => {
        const { authorization } = as('gone', 'wrong');
        const socket = connect(appliance.port, '127.0.0.1', () => {
          socket.write(
            `GET /slow/gone HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n\r\n`,
            () => {
              socket.destroy();
              resolve();
            },
          );
        });
      });
      assert.equal((await appliance.ask('/free')).status, 200);
      // The hash is worked out all the same, and told: nobody is there to hear it.
      await appliance.logSays(/AH01617: user gone/);
    }).timeout(120_000);
  });
}
