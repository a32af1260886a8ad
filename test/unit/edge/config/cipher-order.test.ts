/** SSLHonorCipherOrder on the uws engine, which has no option for it: who has said it beside a list is told so at load. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../../../edge/config/read.js';
import { selfSigned } from '../../../../tls/self-signed.js';

describe('SSLHonorCipherOrder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-order-'));
  before(async () => {
    const made = await selfSigned({ names: ['one.test'], days: 90, now: Date.now(), keyKind: 'ec' });
    writeFileSync(join(folder, 'a.pem'), `${made.certificate}\n${made.key}`);
  });
  after(() => rmSync(folder, { recursive: true }));

  function notes(words: string): string[] {
    const file = join(folder, 'site.conf');
    const tls = `SSLEngine on\nSSLCertificateFile ${folder}/a.pem`;
    writeFileSync(file, `<VirtualHost *:18443>\nServerName one.test\n${tls}\n${words}\n</VirtualHost>\n`);
    const before = ['Listen 127.0.0.1:18443 https', 'ServerName main.test'];
    const result = readConfiguration({ file, defines: [], before, after: [], env: {}, program: 'drover' });
    assert.ok(result.errors === undefined, 'the configuration is sound');
    return result.settings.notes.map(({ at, word }) => `${at.replace(folder, '@')} ${word}`);
  }

  const LIST = 'SSLCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256';

  it('is noted beside a list on the uws engine, and leaves the address there', () => {
    assert.deepEqual(notes(`${LIST}\nSSLHonorCipherOrder on`), ['@/site.conf:6 SSLHonorCipherOrder']);
  });

  it('is not noted where the order does not matter, is kept, or nobody has asked', () => {
    assert.deepEqual(notes('SSLHonorCipherOrder on'), []);
    assert.deepEqual(notes(`${LIST}\nSSLHonorCipherOrder on\nEdgeEngine node`), []);
    assert.deepEqual(notes(LIST), []);
    assert.deepEqual(notes(`${LIST}\nSSLHonorCipherOrder off`), []);
  });
});
