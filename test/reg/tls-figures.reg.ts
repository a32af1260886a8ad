/**
 * What the metrics tell of connections and TLS handshakes, held against a client that counts its own: full ones, resumed
 * ones, and such as fail; on both engines, over two threads.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from './appliance.js';
import { sendRaw } from './raw-client.js';

const FULL = 7;
const RESUMED = 4;
const FAILED = 3;

for (const engine of ['uws', 'node'] as const) {
  describe(`figures of connections on the ${engine} engine`, function () {
    this.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), 'drover-figures-'));
    let drover: Appliance;
    let port: number;

    before(async () => {
      port = await freePort();
      const made = await selfSigned({ names: ['drover.test'], days: 2, now: Date.now() });
      writeFileSync(join(folder, 'crt'), made.certificate);
      writeFileSync(join(folder, 'key'), made.key);
      drover = await Appliance.start(
        `Listen 127.0.0.1:${port} https
<Location /metrics>\nSetHandler edge-metrics\n</Location>
<VirtualHost *:${port}>
  SSLEngine on
  SSLCertificateFile "${folder}/crt"
  SSLCertificateKeyFile "${folder}/key"
</VirtualHost>`,
        { engine, threads: 2 },
      );
    });
    after(async () => {
      await drover.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** One request on a connection of its own; returns the session, and whether an old one was resumed. */
    function visit(session?: Buffer): Promise<{ session: Buffer; isResumed: boolean }> {
      return new Promise((resolve, reject) => {
        const socket = tls.connect({
          host: '127.0.0.1',
          port,
          rejectUnauthorized: false,
          // Its session is known as soon as the handshake is over.
          maxVersion: 'TLSv1.2',
          ...(session === undefined ? {} : { session }),
        });
        socket.once('error', reject);
        socket.once('secureConnect', () => {
          const known = { session: socket.getSession() as Buffer, isResumed: socket.isSessionReused() };
          socket.once('close', () => resolve(known));
          socket.resume();
          socket.write('GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
        });
      });
    }

    async function figures(): Promise<(name: string) => number> {
      const { body } = await drover.ask('/metrics');
      return (name) =>
        Number(new RegExp(`^drover_${name}(?:\\{\\})? (\\d+)$`, 'm').exec(body)?.[1] ?? assert.fail(name));
    }

    it('are those of a client that counts', async () => {
      const earlier = await figures();
      const sessions: Buffer[] = [];
      for (let n = 0; n < FULL; n += 1) sessions.push((await visit()).session);
      let resumed = 0;
      for (let n = 0; n < RESUMED; n += 1) resumed += (await visit(sessions[n])).isResumed ? 1 : 0;
      for (let n = 0; n < FAILED; n += 1)
        await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n').catch(() => '');
      const all = FULL + RESUMED + FAILED;
      let of = await figures();
      const isCounted = (): boolean =>
        of('tls_handshakes_total') - earlier('tls_handshakes_total') >= all &&
        (engine === 'uws' || of('tls_failed_total') >= FAILED);
      while (!isCounted()) {
        await sleep(20);
        of = await figures();
      }
      assert.equal(of('tls_handshakes_total') - earlier('tls_handshakes_total'), all);
      if (engine === 'node') {
        assert.equal(resumed, RESUMED);
        assert.equal(of('tls_resumed_total'), resumed);
        assert.equal(of('tls_failed_total'), FAILED);
      }
      assert.equal(of('connections_refused_total'), 0);
      while (of('connections') > 1) {
        await sleep(20);
        of = await figures();
      }
    });
  });
}
