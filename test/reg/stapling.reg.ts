/**
 * OCSP stapling beside openssl: `openssl ocsp` is the responder, `openssl s_client -status` the client. What is good is
 * stapled and asked for again before it ends, for each kind of key; what is revoked, or about nothing, is not; no handshake
 * waits.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';

describe('OCSP stapling', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-stapling-'));
  const path = (name: string): string => join(folder, name);
  let responder: ChildProcess | undefined;
  /** Passes requests on to the responder, so that they can be counted and held back. */
  let front: Server | undefined;
  let asked = 0;
  let isDown = false;
  let drover: Appliance | undefined;
  let port: number;

  function openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  }

  before(async function () {
    if (spawnSync('openssl', ['version']).status !== 0) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have openssl');
      console.log('      skipped: openssl is missing, which is responder and client');
      this.skip();
    }
    const behind = await freePort();
    const between = createServer((request, response) => {
      asked += 1;
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (isDown) response.writeHead(503).end();
        else
          void fetch(`http://127.0.0.1:${behind}/`, {
            method: 'POST',
            headers: { 'content-type': 'application/ocsp-request' },
            body: Buffer.concat(parts),
          })
            .then(async (answer) => response.end(Buffer.from(await answer.arrayBuffer())))
            .catch(() => response.destroy());
      });
    });
    front = between;
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}/`;
    writeFileSync(path('index.txt'), '');
    writeFileSync(path('index.txt.attr'), 'unique_subject = no\n');
    writeFileSync(path('serial'), '1000\n');
    writeFileSync(
      path('ca.cnf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\ndefault_days=5
policy=p\nrand_serial=no\n[p]\ncommonName=supplied\n[leaf]\nsubjectAltName=DNS:\${ENV::NAME}\nauthorityInfoAccess=OCSP;URI:${url}
[bare]\nsubjectAltName=DNS:\${ENV::NAME}\n[responder]\nextendedKeyUsage=OCSPSigning\n`,
    );
    const key = (name: string): string[] => [
      ...(name === 'rsa'
        ? ['-newkey', 'rsa:2048']
        : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']),
      ...['-nodes', '-keyout', `${name}.key`],
    ];
    openssl('req', '-x509', ...key('ca'), '-days', '5', '-subj', '/CN=stapling authority', '-out', 'ca.pem');
    for (const [name, extensions] of [
      ['good', 'leaf'],
      ['rsa', 'leaf'],
      ['revoked', 'leaf'],
      ['forced', 'bare'],
      ['responder', 'responder'],
    ] as const) {
      process.env['NAME'] = `${name}.test`;
      openssl('req', ...key(name), '-subj', `/CN=${name}.test`, '-out', `${name}.csr`);
      openssl(
        ...['ca', '-batch', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-notext'],
        ...['-extensions', extensions, '-in', `${name}.csr`, '-out', `${name}.pem`],
      );
      writeFileSync(
        path(`${name}.chain`),
        readFileSync(path(`${name}.pem`), 'latin1') + readFileSync(path('ca.pem'), 'latin1'),
      );
    }
    openssl('ca', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-revoke', 'revoked.pem');
    delete process.env['NAME'];
    responder = spawn(
      'openssl',
      [
        ...[
          'ocsp',
          '-index',
          'index.txt',
          '-CA',
          'ca.pem',
          '-rsigner',
          'responder.pem',
          '-rkey',
          'responder.key',
        ],
        ...['-port', String(behind), '-nmin', '60'],
      ],
      { cwd: folder, stdio: 'ignore' },
    );
    port = await freePort();
    const vhost = (name: string, words: string): string => `<VirtualHost *:${port}>
  ServerName ${name}.test
  SSLEngine on
  SSLCertificateFile "${path(`${name}.chain`)}"
  SSLCertificateKeyFile "${path(`${name}.key`)}"
  ${words}
</VirtualHost>`;
    const stapling = 'SSLUseStapling on\nSSLStaplingErrorCacheTimeout 1\nSSLStaplingResponderTimeout 5';
    drover = await Appliance.start(
      `SSLStaplingCache shmcb:stapling(32768)
Listen 127.0.0.1:${port} https
${vhost('good', `${stapling}\nSSLStaplingStandardCacheTimeout 2`)}
${vhost('revoked', stapling)}
${vhost('forced', `${stapling}\nSSLStaplingForceURL ${url}`)}
${vhost('rsa', `ServerAlias both.test\n${stapling}\nSSLCertificateFile "${path('good.chain')}"\nSSLCertificateKeyFile "${path('good.key')}"`)}
<VirtualHost *:${port}>
  ServerName plain.test
  SSLEngine on
  SSLCertificateFile "${path('good.chain')}"
  SSLCertificateKeyFile "${path('good.key')}"
</VirtualHost>`,
      { threads: 2 },
    );
  });
  after(async () => {
    await drover?.stop();
    if (responder?.exitCode === null) {
      const ended = once(responder, 'exit');
      responder.kill();
      await ended;
    }
    await new Promise((resolve) => {
      if (front === undefined) resolve(undefined);
      else front.close(resolve);
    });
    rmSync(folder, { recursive: true });
  });

  /** What s_client says of the stapled answer. */
  async function status(name: string, ...more: string[]): Promise<string> {
    const to = ['-connect', `127.0.0.1:${port}`, '-servername', `${name}.test`];
    const words = [...to, '-CAfile', path('ca.pem'), ...more];
    const client = spawn('openssl', ['s_client', '-status', '-verify_return_error', ...words], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    client.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    client.stdin.end('Q\n');
    await once(client, 'close');
    return said;
  }

  async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      if (await isSo()) return;
      await sleep(50);
    }
    assert.fail('it has not come to be so');
  }

  it('gives clients that ask what the responder says is good', async () => {
    let said = '';
    await until(async () => {
      said = await status('good');
      return said.includes('OCSP Response Status: successful');
    });
    assert.match(said, /Cert Status: good/);
    assert.match(said, /Verify return code: 0 \(ok\)/);
  });

  it('takes the responder of SSLStaplingForceURL', async () => {
    await until(async () => /Cert Status: good/.test(await status('forced')));
  });

  it('asks again before an answer ends', async () => {
    const before = asked;
    await until(() => asked > before + 2);
  });

  it('goes on with the last answer while the responder is down', async () => {
    isDown = true;
    await (drover ?? assert.fail()).logSays(
      /AH01941: stapling_renew_response: \S+ for \S+good\.chain: HTTP status 503/,
    );
    assert.match(await status('good'), /Cert Status: good/);
    isDown = false;
  });

  it('staples nothing that is revoked, and says why', async () => {
    await (drover ?? assert.fail()).logSays(/revoked\.chain: it says revoked/);
    assert.match(await status('revoked'), /OCSP response: no response sent/);
  });

  it('is about the certificate that is shown, where there is one of each kind', async () => {
    const serial = (name: string): string =>
      execFileSync('openssl', ['x509', '-in', path(`${name}.pem`), '-noout', '-serial'])
        .toString()
        .replace('serial=', '')
        .trim();
    await until(async () => /Cert Status: good/.test(await status('both')));
    const all: [string, string[]][] = [
      ['good', []],
      ['good', ['-tls1_2']],
      ['rsa', ['-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256']],
      ['rsa', ['-tls1_2', '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256']],
      ['rsa', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256']],
      ['good', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256']],
    ];
    for (const [name, words] of all) {
      let said = '';
      await until(async () => {
        said = await status('both', ...words);
        return /Cert Status: good/.test(said);
      });
      assert.match(said, new RegExp(`subject=CN ?= ?${name}\\.test`), words.join(' '));
      assert.match(said, new RegExp(`Serial Number: ${serial(name)}\n`), words.join(' '));
    }
    // A cipher that is not among those looked at: which certificate is not sure, and nothing is stapled.
    const unsure = await status('both', '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256');
    assert.match(unsure, /OCSP response: no response sent|handshake failure/);
  });

  it('is off where nobody has turned it on', async () => {
    assert.match(await status('plain'), /OCSP response: no response sent/);
  });
});
