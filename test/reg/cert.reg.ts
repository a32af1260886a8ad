/**
 * `drover cert` as an operator uses it, and openssl as the judge of what it writes: self-signed certificates, requests that
 * an authority signs, what is shown and what is checked, with the file's name in every refusal.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from './appliance.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

describe('drover cert', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-cert-'));

  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have openssl');
      console.log('      skipped: openssl is missing, which judges what is written');
      this.skip();
    }
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function cert(...words: string[]): { code: number | null; said: string; complained: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'cert', ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { code: status, said: stdout, complained: stderr };
  }

  function openssl(...words: string[]): string {
    return execFileSync('openssl', words, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  for (const [kind, words, algorithm] of [
    ['ec', [], 'ecdsa-with-SHA256'],
    ['rsa', ['--rsa'], 'sha256WithRSAEncryption'],
  ] as const) {
    it(`makes a certificate of an ${kind.toUpperCase()} key that openssl takes`, () => {
      const [crt, key] = [`${kind}.crt`, `${kind}.key`];
      const names = ['shop.test', '*.shop.test', '10.1.2.3', '::1'];
      const made = cert('self-signed', ...names, '--days', '90', ...words, '--out', crt, '--key', key);
      assert.equal(made.code, 0, made.complained);
      assert.equal(statSync(join(folder, key)).mode & 0o777, 0o600);
      assert.match(openssl('verify', '-CAfile', crt, '-verify_hostname', 'a.shop.test', crt), /: OK/);
      assert.match(openssl('verify', '-CAfile', crt, '-verify_ip', '10.1.2.3', crt), /: OK/);
      assert.match(
        openssl('verify', '-CAfile', crt, '-verify_ip', '::1', '-x509_strict', '-partial_chain', crt),
        /: OK/,
      );
      const text = openssl('x509', '-in', crt, '-noout', '-text');
      for (const part of ['CN = shop.test', algorithm, 'CA:FALSE', 'TLS Web Server Authentication'])
        assert.ok(text.includes(part), part);
      assert.match(text, /X509v3 Subject Key Identifier/);
      assert.equal(openssl('pkey', '-in', key, '-pubout'), openssl('x509', '-in', crt, '-noout', '-pubkey'));
      assert.equal(cert('check', crt, key, '--name', 'www.shop.test').code, 0);
    });

    it(`makes a request of an ${kind.toUpperCase()} key that an authority signs`, () => {
      const made = cert(
        'csr',
        'shop.test',
        'www.shop.test',
        '10.1.2.3',
        ...words,
        '--out',
        `${kind}.csr`,
        '--key',
        `${kind}2.key`,
      );
      assert.equal(made.code, 0, made.complained);
      const verified = spawnSync('openssl', ['req', '-in', `${kind}.csr`, '-noout', '-verify', '-text'], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.match(verified.stderr + verified.stdout, /verify OK/);
      assert.match(verified.stdout, /DNS:shop\.test, DNS:www\.shop\.test, IP Address:10\.1\.2\.3/);
      const ca = [
        '-CA',
        `${kind}.crt`,
        '-CAkey',
        `${kind}.key`,
        '-CAcreateserial',
        '-copy_extensions',
        'copyall',
      ];
      openssl('x509', '-req', '-in', `${kind}.csr`, ...ca, '-days', '40', '-out', `${kind}2.crt`);
      const checked = cert('check', `${kind}2.crt`, `${kind}2.key`, '--name', 'www.shop.test');
      assert.equal(checked.code, 0, checked.complained);
      assert.match(
        checked.complained,
        /^warning: chain of .*2\.crt is not complete: 'shop\.test' is not in it/,
      );
      const shown = cert('show', `${kind}.csr`).said;
      assert.match(
        shown,
        /subject {4}CN=shop\.test\n {2}names {6}shop\.test, www\.shop\.test, 10\.1\.2\.3\n/,
      );
      assert.match(shown, /signature {2}by its own key/);
    });
  }

  it('makes a request again for a key that is there, encrypted or not', () => {
    openssl(
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-384',
      '-aes256',
      '-pass',
      'pass:open sesame',
      '-out',
      'old.key',
    );
    writeFileSync(join(folder, 'phrase'), 'open sesame\n');
    const locked = cert('csr', 'shop.test', '--key', 'old.key', '--out', 'old.csr');
    assert.equal(locked.code, 1);
    assert.match(locked.complained, /old\.key is encrypted/);
    const made = cert('csr', 'shop.test', '--key', 'old.key', '--out', 'old.csr', '--pass-file', 'phrase');
    assert.equal(made.code, 0, made.complained);
    assert.match(made.said, /old\.key: was there, EC P-384\n/);
    const pub = openssl('pkey', '-in', 'old.key', '-passin', 'pass:open sesame', '-pubout');
    assert.equal(openssl('req', '-in', 'old.csr', '-noout', '-pubkey'), pub);
  });

  it('overwrites nothing unless told to, and takes only names', () => {
    const again = cert('self-signed', 'shop.test', '--out', 'ec.crt', '--key', 'fresh.key');
    assert.equal(again.code, 2);
    assert.match(again.complained, /ec\.crt is there already/);
    assert.equal(cert('self-signed', 'shop.test', '--out', 'ec.crt', '--key', 'ec.key', '--force').code, 0);
    assert.match(cert('self-signed', 'a b').complained, /a b is no host name/);
    assert.equal(cert('self-signed').code, 2);
    assert.equal(cert('nonsense').code, 2);
    assert.equal(cert('self-signed', 'bücher.test').code, 0);
    assert.match(
      openssl('x509', '-in', 'xn--bcher-kva.test.crt', '-noout', '-subject'),
      /xn--bcher-kva\.test/,
    );
  });

  it('shows certificates, keys and PKCS#12 files as openssl does', () => {
    const { said } = cert('show', 'rsa.crt', 'rsa.key');
    const serial = openssl('x509', '-in', 'rsa.crt', '-noout', '-serial').trim().replace('serial=', '');
    const print = openssl('x509', '-in', 'rsa.crt', '-noout', '-fingerprint', '-sha256').trim().split('=')[1];
    assert.ok(said.includes(`serial     ${serial}\n`) && said.includes(`sha256     ${print}\n`), said);
    assert.match(said, /issuer {5}itself\n/);
    assert.match(said, /\(89 days left\)|\(90 days left\)/);
    assert.match(said, /rsa\.key: key\n {2}key {8}RSA 2048 bits/);
    openssl(
      'pkcs12',
      '-export',
      '-in',
      'ec2.crt',
      '-inkey',
      'ec2.key',
      '-out',
      'ec2.p12',
      '-passout',
      'pass:open sesame',
    );
    assert.match(cert('show', 'ec2.p12').complained, /ec2\.p12 is PKCS#12/);
    assert.match(
      cert('show', 'ec2.p12', '--pass-file', 'phrase').said,
      /certificate 1 of 1\n {2}subject {4}CN=shop\.test/,
    );
    assert.equal(cert('check', 'ec2.p12', '--pass-file', 'phrase').code, 0);
    openssl('x509', '-in', 'ec2.crt', '-outform', 'DER', '-out', 'ec2.der');
    assert.match(cert('show', 'ec2.der').said, /CN=shop\.test/);
  });

  it('finds what does not fit, and names the file', async () => {
    const wrongs: [string[], RegExp][] = [
      [['ec2.crt', 'rsa2.key'], /error: key rsa2\.key does not belong to certificate ec2\.crt/],
      [['ec2.crt', 'none.key'], /error: cannot read key none\.key/],
      [['none.crt'], /error: cannot read certificate none\.crt/],
      [['phrase'], /error: no PEM certificate in phrase/],
      [['ec2.crt', 'phrase'], /error: cannot read private key phrase/],
      [['ec2.crt', '--name', 'other.test'], /error: certificate ec2\.crt is not for other\.test/],
      [['ec2.crt', '--days', '60'], /error: certificate ec2\.crt has 39 days left/],
      [['past.crt'], /error: certificate past\.crt expired at /],
    ];
    const past = await selfSigned({ names: ['p.test'], days: 1, now: Date.now() - 5 * 86_400_000 });
    writeFileSync(join(folder, 'past.crt'), past.certificate);
    for (const [words, text] of wrongs) {
      const { code, complained } = cert('check', ...words);
      assert.equal(code, 1, words.join(' '));
      assert.match(complained, text);
    }
    writeFileSync(
      join(folder, 'bad.csr'),
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n',
    );
    assert.match(cert('show', 'bad.csr').complained, /cannot read certificate request bad\.csr/);
    assert.match(cert('show', 'phrase').complained, /neither certificate, request nor key in phrase/);
  });

  it('checks what a configuration shows, and shows what a server does', async () => {
    const port = await freePort();
    const text = `Listen 127.0.0.1:${port} https
<VirtualHost *:${port}>
  ServerName shop.test
  SSLEngine on
  SSLCertificateFile "${folder}/ec2.crt"
  SSLCertificateKeyFile "${folder}/ec2.key"
</VirtualHost>`;
    for (const name of ['ec2.crt', 'ec2.key']) chmodSync(join(folder, name), 0o644);
    const drover = await Appliance.start(text);
    try {
      const file = join(drover.folder, 'drover.conf');
      const good = cert('check', '-f', file);
      assert.equal(good.code, 0, good.complained);
      assert.match(good.said, /ec2\.crt: 39 days left, shop\.test, www\.shop\.test, 10\.1\.2\.3\n/);
      const short = cert('check', '-f', file, '--days', '60');
      assert.equal(short.code, 1);
      assert.match(short.complained, /error: certificate \S*ec2\.crt has 39 days left/);
      const shown = cert('show', `127.0.0.1:${port}`, '--name', 'shop.test');
      assert.equal(shown.code, 0, shown.complained);
      const print = openssl('x509', '-in', 'ec2.crt', '-noout', '-fingerprint', '-sha256')
        .trim()
        .split('=')[1];
      assert.ok(shown.said.includes(`sha256     ${print}\n`));
      assert.match(shown.said, /version {4}TLSv1\.3, TLS_/);
      assert.match(shown.said, /trusted {4}no: UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    } finally {
      await drover.stop();
    }
    assert.equal(cert('show', `127.0.0.1:${port}`).code, 1);
  });
});
