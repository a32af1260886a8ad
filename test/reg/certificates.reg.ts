/**
 * Certificates over time: files that change are shown in new handshakes without a restart by hand, a pair that does not
 * fit is not taken, and on the node engine sessions are resumed on every thread and clients' certificates are asked for
 * by name.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from './appliance.js';

interface Seen {
  fingerprint: string;
  isResumed: boolean;
  response: string;
  session: Buffer | undefined;
}

/** Asks once; `error` instead of a response where the connection is ended before one. */
function ask(port: number, servername: string, options: tls.ConnectionOptions = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      servername,
      rejectUnauthorized: false,
      ...options,
    });
    const seen: Seen = { fingerprint: '', isResumed: false, response: '', session: undefined };
    socket.once('error', reject);
    socket.on('session', (session: Buffer) => {
      seen.session = session;
    });
    socket.once('secureConnect', () => {
      seen.fingerprint = (socket.getPeerCertificate() as { fingerprint256?: string }).fingerprint256 ?? '';
      seen.isResumed = socket.isSessionReused();
      socket.on('data', (chunk: Buffer) => {
        seen.response += chunk.toString('latin1');
      });
      socket.once('close', () => resolve(seen));
      socket.write(`GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
    });
  });
}

for (const engine of ['uws', 'node'] as const) {
  describe(`certificates on the ${engine} engine`, function () {
    this.timeout(150_000);
    const folder = mkdtempSync(join(tmpdir(), 'drover-reg-certificates-'));
    let drover: Appliance;
    let port: number;

    async function renew(days: number): Promise<void> {
      const made = await selfSigned({ names: ['one.test'], days, now: Date.now() });
      writeFileSync(join(folder, 'one.key'), made.key);
      writeFileSync(join(folder, 'one.crt'), made.certificate);
    }

    /** Seconds until the end that the metrics tell; server-status must agree. */
    async function left(): Promise<number> {
      const { body } = await drover.ask('/metrics');
      const [, at] = /^drover_certificate_not_after_seconds\{file="[^"]*one\.crt"\} (\d+)$/m.exec(body) ?? [];
      const seconds = Number(at ?? assert.fail(body)) - Date.now() / 1000;
      const days = Math.floor(seconds / 86_400);
      const auto = (await drover.ask('/status?auto')).body;
      assert.match(
        auto,
        new RegExp(`^EdgeCertificateDaysLeft: ${days}\nEdgeCertificateFirstToEnd: .*one\\.crt$`, 'm'),
      );
      assert.match(
        (await drover.ask('/status')).body,
        new RegExp(`one\\.crt</td><td>[^<]*</td><td class="n">${days}<`),
      );
      return seconds;
    }

    before(async () => {
      await renew(2);
      port = await freePort();
      const text = `<Location /metrics>
SetHandler edge-metrics
</Location>
<Location /status>
SetHandler server-status
</Location>
Listen 127.0.0.1:${port} https
<VirtualHost *:${port}>
  ServerName one.test
  SSLEngine on
  SSLCertificateFile "${folder}/one.crt"
  SSLCertificateKeyFile "${folder}/one.key"
</VirtualHost>`;
      drover = await Appliance.start(text, { engine, threads: 2 });
    });
    after(async () => {
      await drover.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('are shown anew when their files have changed, and warned of before they end', async () => {
      const before = await ask(port, 'one.test');
      assert.match(drover.log(), /one\.crt expires in 1 day, at /);
      assert.ok(Math.abs((await left()) - 2 * 86_400) < 600);
      await renew(40);
      await drover.logSays('certificates have changed on disk; handshakes show them');
      const end = Date.now() + 60_000;
      // Several in a row: on uws a generation that shows the old one may still take connections.
      let newOnes = 0;
      while (newOnes < 10 && Date.now() < end) {
        await sleep(50);
        const now = await ask(port, 'one.test').catch(() => before);
        newOnes = now.fingerprint === before.fingerprint ? 0 : newOnes + 1;
      }
      assert.equal(newOnes, 10);
      // Until all threads have it, one page may be of another thread than the other.
      let seconds = 0;
      while (seconds < 39 * 86_400) {
        seconds = await left().catch((error: Error) => {
          if (Date.now() > end) throw error;
          return 0;
        });
        assert.ok(Date.now() < end || seconds > 39 * 86_400, `${seconds}`);
      }
    });

    it('are kept when what lies there does not fit', async () => {
      const before = await ask(port, 'one.test');
      const good = readFileSync(join(folder, 'one.key'));
      const other = await selfSigned({ names: ['one.test'], days: 2, now: Date.now() });
      writeFileSync(join(folder, 'one.key'), other.key);
      await drover.logSays('certificates have changed on disk and are not taken');
      assert.equal((await ask(port, 'one.test')).fingerprint, before.fingerprint);
      writeFileSync(join(folder, 'one.key'), good);
    });
  });
}

describe('handshakes on the node engine', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-reg-handshakes-'));
  let drover: Appliance | undefined;
  let port: number;
  let lone: number;
  const client = (name: string): tls.ConnectionOptions => ({
    cert: readFileSync(join(folder, `${name}.crt`)),
    key: readFileSync(join(folder, `${name}.key`)),
  });

  before(async function () {
    if (spawnSync('openssl', ['version']).status !== 0) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have openssl');
      console.log('      skipped: openssl is missing, which makes the certificates of clients');
      this.skip();
    }
    for (const name of ['site', 'trusted', 'stranger']) {
      execFileSync(
        'openssl',
        [
          ...[
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:P-256',
            '-nodes',
            '-days',
            '100',
          ],
          ...['-subj', `/CN=${name}.test`, '-keyout', join(folder, `${name}.key`)],
          ...['-out', join(folder, `${name}.crt`)],
        ],
        { stdio: 'ignore' },
      );
    }
    execFileSync('openssl', [
      ...['pkcs12', '-export', '-in', join(folder, 'site.crt'), '-inkey', join(folder, 'site.key')],
      ...['-out', join(folder, 'site.p12'), '-passout', 'pass:open sesame'],
    ]);
    const program = join(folder, 'phrase');
    writeFileSync(program, '#!/bin/sh\necho "open sesame"\n', { mode: 0o755 });
    [port, lone] = [await freePort(), await freePort()];
    const vhost = (name: string, at: number, words: string): string => `<VirtualHost *:${at}>
  ServerName ${name}
  SSLEngine on
  SSLCertificateFile "${folder}/${at === lone ? 'site.p12' : 'site.crt'}"
  ${at === lone ? '' : `SSLCertificateKeyFile "${folder}/site.key"`}
  SSLCACertificateFile "${folder}/trusted.crt"
  Header always set X-Client "%{SSL_CLIENT_VERIFY}s %{SSL_CLIENT_S_DN_CN}s"
  ${words}
</VirtualHost>`;
    const text = [
      `SSLPassPhraseDialog "exec:${program}"`,
      `Listen 127.0.0.1:${port} https`,
      `Listen 127.0.0.1:${lone} https`,
      vhost('open.test', port, ''),
      vhost('strict.test', port, 'SSLVerifyClient require'),
      vhost('ask.test', port, 'SSLVerifyClient optional'),
      vhost('lax.test', port, 'SSLVerifyClient optional_no_ca'),
      vhost('lone.test', lone, ''),
    ];
    drover = await Appliance.start(text.join('\n'), { engine: 'node', threads: 2 });
  });
  after(async () => {
    await drover?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('resume sessions on every thread, with a certificate out of a PKCS#12 file', async () => {
    const first = await ask(lone, 'lone.test');
    assert.match(first.response, /^HTTP\/1\.1 404/);
    let { session } = first;
    for (let i = 0; i < 12; i += 1) {
      const next = await ask(lone, 'lone.test', session === undefined ? {} : { session });
      assert.equal(next.isResumed, true);
      session = next.session ?? session;
    }
  });

  it('ask for a certificate where the vhost wants one, by name', async () => {
    assert.match((await ask(port, 'open.test', client('trusted'))).response, /X-Client: NONE \(null\)/);
    assert.match((await ask(port, 'ask.test')).response, /X-Client: NONE \(null\)/);
    for (const name of ['ask.test', 'strict.test', 'lax.test'])
      assert.match((await ask(port, name, client('trusted'))).response, /X-Client: SUCCESS trusted\.test/);
    assert.match(
      (await ask(port, 'lax.test', client('stranger'))).response,
      /X-Client: GENEROUS stranger\.test/,
    );
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`let nobody in who has no certificate, or another one, with ${version}`, async () => {
      const only = { minVersion: version, maxVersion: version } as const;
      for (const [name, own] of [
        ['strict.test', {}],
        ['strict.test', client('stranger')],
        ['ask.test', client('stranger')],
      ] as const) {
        const response = await ask(port, name, { ...own, ...only }).then(
          (seen) => seen.response,
          () => '',
        );
        assert.equal(response, '', name);
      }
    });
  }

  it('do not let a session of an open vhost into a strict one', async () => {
    const { session } = await ask(port, 'open.test');
    const response = await ask(port, 'strict.test', session === undefined ? {} : { session }).then(
      (seen) => seen.response,
      () => '',
    );
    assert.equal(response, '');
  });

  it('send a request for another vhost away', async () => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      servername: 'open.test',
      rejectUnauthorized: false,
    });
    let response = '';
    socket.on('data', (chunk: Buffer) => {
      response += chunk.toString('latin1');
    });
    socket.write('GET / HTTP/1.1\r\nHost: strict.test\r\nConnection: close\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    assert.match(response, /^HTTP\/1\.1 421 /);
  });
});
