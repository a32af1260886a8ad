/**
 * Keys and certificates in the forms in which operators have them, read by a whole drover: encrypted keys whose pass phrase a
 * program says, DER, chains in files of their own; and tickets by a key that several hosts share. What does not fit is
 * refused at start with the file's name.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';

interface Seen {
  name: string;
  /** Common names of what was sent, the server's own first. */
  chain: string[];
  isResumed: boolean;
  session: Buffer | undefined;
}

/** Shakes hands, asks, and waits for the end, by when a session has come. */
function shake(port: number, servername: string, options: tls.ConnectionOptions = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      servername,
      rejectUnauthorized: false,
      ...options,
    });
    const seen: Seen = { name: '', chain: [], isResumed: false, session: undefined };
    socket.once('error', reject);
    socket.on('session', (session: Buffer) => {
      seen.session = session;
    });
    socket.once('secureConnect', () => {
      let at: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      while (at?.subject !== undefined && seen.chain.length < 5) {
        seen.chain.push(String(at.subject.CN));
        at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
      }
      seen.name = seen.chain[0] ?? '';
      seen.isResumed = socket.isSessionReused();
      socket.resume();
      socket.once('close', () => resolve(seen));
      socket.write(`GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
    });
  });
}

describe('keys and certificates', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-tls-settings-'));
  const path = (name: string): string => join(folder, name);

  function openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  }

  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have openssl');
      console.log('      skipped: openssl is missing, which makes the files');
      this.skip();
    }
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...ec,
      '-days',
      '9',
      '-subj',
      '/CN=settings authority',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    for (const name of ['plain', 'other']) {
      openssl('req', ...ec, '-subj', `/CN=${name}.test`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '9'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-out', `${name}.pem`);
    }
    openssl('pkcs8', '-topk8', '-in', 'plain.key', '-passout', 'pass:one phrase', '-out', 'locked8.key');
    openssl('ec', '-in', 'plain.key', '-aes256', '-passout', 'pass:one phrase', '-out', 'locked1.key');
    openssl('x509', '-in', 'plain.pem', '-outform', 'DER', '-out', 'plain.der');
    openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'plain.key', '-outform', 'DER', '-out', 'plain8.der');
    openssl('ec', '-in', 'plain.key', '-outform', 'DER', '-out', 'plain1.der');
    writeFileSync(path('ticket.key'), randomBytes(48));
    // Says what it was asked, so that the words can be looked at.
    writeFileSync(path('phrase'), `#!/bin/sh\necho "$@" >> ${folder}/asked\necho "one phrase"\n`, {
      mode: 0o755,
    });
    writeFileSync(path('wrong'), '#!/bin/sh\necho "another phrase"\n', { mode: 0o755 });
    writeFileSync(path('broken'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true }));

  const vhost = (
    port: number,
    certificate: string,
    key: string,
    more = '',
  ): string => `Listen 127.0.0.1:${port} https
<VirtualHost *:${port}>
  ServerName plain.test
  SSLEngine on
  SSLCertificateFile "${path(certificate)}"
  SSLCertificateKeyFile "${path(key)}"
  ${more}
</VirtualHost>`;

  it('may be encrypted: a program says the pass phrase, once for each file', async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const drover = await Appliance.start(
      [
        `SSLPassPhraseDialog "exec:${path('phrase')} beforehand"`,
        vhost(one, 'plain.pem', 'locked8.key'),
        vhost(two, 'plain.pem', 'locked1.key'),
        vhost(three, 'plain.pem', 'locked8.key'),
      ].join('\n'),
      { threads: 2 },
    );
    try {
      for (const port of [one, two, three])
        assert.equal((await shake(port, 'plain.test')).name, 'plain.test');
      const asked = readFileSync(path('asked'), 'utf8').trim().split('\n');
      assert.deepEqual(asked.slice(0, 2), ['beforehand plain.test:443 RSA', 'beforehand plain.test:443 RSA']);
    } finally {
      await drover.stop();
    }
  });

  it('may be in DER, of each kind, and chains in a file of their own', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const chain = `SSLCertificateChainFile "${path('ca.pem')}"`;
    const drover = await Appliance.start(
      `${vhost(one, 'plain.der', 'plain8.der', chain)}\n${vhost(two, 'plain.der', 'plain1.der', chain)}`,
      { engine: 'node' },
    );
    try {
      for (const port of [one, two])
        assert.deepEqual((await shake(port, 'plain.test')).chain, ['plain.test', 'settings authority']);
    } finally {
      await drover.stop();
    }
  });

  it('are refused at start where they do not fit, and the file is named', async () => {
    const port = await freePort();
    const refused: [string, RegExp][] = [
      [
        vhost(port, 'plain.pem', 'other.key'),
        /AH02565: Certificate and private key \S+ from \S+plain\.pem and \S+other\.key do not match/,
      ],
      [vhost(port, 'plain.pem', 'locked8.key'), /AH02577: .*locked8\.key is encrypted/],
      [
        `SSLPassPhraseDialog exec:${path('wrong')}\n${vhost(port, 'plain.pem', 'locked8.key')}`,
        /AH02564: .*check \S+locked8\.key/,
      ],
      [
        `SSLPassPhraseDialog exec:${path('broken')}\n${vhost(port, 'plain.pem', 'locked8.key')}`,
        /AH02576: .*broken failed: it ended with 3/,
      ],
      [vhost(port, 'plain.key', 'plain.key'), /AH02561: .*check \S+plain\.key/],
      [vhost(port, 'plain.pem', 'plain.pem'), /AH02564: .*check \S+plain\.pem/],
      [
        vhost(
          port,
          'plain.pem',
          'plain.key',
          `SSLSessionTicketKeyFile "${path('phrase')}"\n`.replace('phrase', 'broken'),
        ),
        /AH02288: Failed to read ticket key file \S+broken/,
      ],
    ];
    for (const [text, words] of refused) await assert.rejects(Appliance.start(text), words);
  });

  it('make tickets that another host with the same SSLSessionTicketKeyFile takes', async () => {
    const words = `SSLSessionTicketKeyFile "${path('ticket.key')}"`;
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const hosts = [
      await Appliance.start(vhost(one, 'plain.pem', 'plain.key', words)),
      await Appliance.start(vhost(two, 'plain.pem', 'plain.key', words)),
      await Appliance.start(vhost(three, 'plain.pem', 'plain.key'), { engine: 'node' }),
    ];
    try {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const only = { minVersion: version, maxVersion: version };
        const { session } = await shake(one, 'plain.test', only);
        assert.ok(session !== undefined, 'no session was given');
        assert.equal((await shake(two, 'plain.test', { ...only, session })).isResumed, true, version);
        assert.equal((await shake(three, 'plain.test', { ...only, session })).isResumed, false, version);
      }
    } finally {
      for (const host of hosts) await host.stop();
    }
  });
});
