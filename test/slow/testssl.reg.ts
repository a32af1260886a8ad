/**
 * testssl.sh against what drover does with TLS when nobody has said anything, on each engine: the protocols, the kinds of
 * ciphers, and the weaknesses that have names. It must find nothing of high or critical severity, old versions and weak
 * ciphers must be refused, and it must have looked.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from '../reg/appliance.js';

interface Finding {
  id: string;
  severity: string;
  finding: string;
}

/** Old ones are told apart from what is fine by their severity alone. */
const REFUSED = [
  'SSLv2',
  'SSLv3',
  'TLS1',
  'TLS1_1',
  'cipherlist_NULL',
  'cipherlist_aNULL',
  'cipherlist_EXPORT',
  'cipherlist_LOW',
];

function hasTool(): boolean {
  try {
    execFileSync('which', ['testssl'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('testssl.sh', function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-testssl-'));

  before(function () {
    if (hasTool()) return;
    assert.notEqual(process.env['CI'], 'true', 'CI must have testssl.sh');
    console.log('      skipped: testssl.sh is missing');
    this.skip();
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const engine of ['uws', 'node'] as const) {
    it(`finds nothing bad in the ${engine} engine`, async () => {
      const pair = await selfSigned({
        names: ['localhost', '127.0.0.1'],
        days: 90,
        now: Date.now(),
        keyKind: 'ec',
      });
      const [crt, key, file] = ['crt', 'key', 'json'].map((end) => join(folder, `${engine}.${end}`)) as [
        string,
        string,
        string,
      ];
      writeFileSync(crt, pair.certificate);
      writeFileSync(key, pair.key);
      const port = await freePort();
      const drover = await Appliance.start(
        `Listen 127.0.0.1:${port} https
<VirtualHost *:${port}>
  ServerName localhost
  SSLEngine on
  SSLCertificateFile "${crt}"
  SSLCertificateKeyFile "${key}"
</VirtualHost>`,
        { engine },
      );
      try {
        const what = [
          '-p',
          '-s',
          '-P',
          '-f',
          '-H',
          '-I',
          '-T',
          '-R',
          '-C',
          '-O',
          '-Z',
          '-W',
          '-F',
          '-J',
          '-A',
        ];
        const how = ['--quiet', '--color', '0', '--warnings', 'off', '--jsonfile', file];
        const child = spawn('testssl', [...what, ...how, `localhost:${port}`], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString();
        });
        await once(child, 'close');
        const found = JSON.parse(readFileSync(file, 'utf8')) as Finding[];
        const bad = found.filter(({ severity }) => ['HIGH', 'CRITICAL', 'FATAL'].includes(severity));
        assert.deepEqual(bad, [], said);
        const of = (id: string): Finding =>
          found.find((each) => each.id === id) ?? assert.fail(`${id} was not looked at: ${said}`);
        for (const id of REFUSED) assert.match(of(id).finding, /not offered/, id);
        for (const id of ['TLS1_2', 'TLS1_3']) assert.match(of(id).finding, /^offered/, id);
        assert.equal(of('cipher_order').severity, 'OK', said);
        assert.match(of('heartbleed').finding, /not vulnerable/);
      } finally {
        await drover.stop();
      }
    });
  }
});
