/** An httpd's folder is read where it lies, nothing of it is changed, and what is written can be started. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../../edge/migrate-httpd.js';

describe('drover migrate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-migrate-'));
  const root = join(folder, 'apache2');
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(...words: string[]): { code: number; said: string; complained: string } {
    const outcome = { code: 0, said: '', complained: '' };
    outcome.code = migrate(words, folder, {
      say: (text) => {
        outcome.said += text;
      },
      complain: (text) => {
        outcome.complained += text;
      },
    });
    return outcome;
  }

  before(() => {
    mkdirSync(join(root, 'sites-enabled'), { recursive: true });
    writeFileSync(join(root, 'envvars'), 'export APACHE_LOG_DIR=/var/log/apache2\nexport APACHE_PORT=8080\n');
    writeFileSync(
      join(root, 'apache2.conf'),
      [
        `ErrorLog \${APACHE_LOG_DIR}/error.log`,
        `Listen \${APACHE_PORT}`,
        'DirectoryIndex a.html',
        'IncludeOptional sites-enabled/*.conf\n',
      ].join('\n'),
    );
    writeFileSync(join(root, 'sites-enabled/site.conf'), 'ProxyPass / http://127.0.0.1:9/\n');
  });

  it('says what has no effect, and how to switch and to switch back', () => {
    const { code, said, complained } = run('apache2', 'new');
    assert.deepEqual([code, complained], [0, '']);
    assert.match(said, /means nothing to a balancer:\n {2}.*apache2\.conf:3: DirectoryIndex: /);
    assert.match(said, /Syntax OK: .*new\/drover\.conf/);
    assert.match(said, /systemctl disable --now apache2/);
    assert.match(said, /systemctl enable --now apache2/);
    assert.match(readFileSync(join(folder, 'new/envvars'), 'utf8'), /APACHE_LOG_DIR=\/var\/log\/drover/);
    assert.deepEqual(readdirSync(root).sort(), ['apache2.conf', 'envvars', 'sites-enabled']);
  });

  it('overwrites nothing', () => {
    const { code, complained } = run('apache2', 'new');
    assert.equal(code, 1);
    assert.match(complained, /EEXIST/);
  });

  it('says what must be mended by hand', () => {
    writeFileSync(join(root, 'sites-enabled/site.conf'), 'ProxyPas / http://127.0.0.1:9/\n');
    const { code, said, complained } = run('apache2', 'other');
    assert.equal(code, 1);
    assert.match(complained, /Invalid command 'ProxyPas'/);
    assert.match(said, /has to be mended first/);
  });

  it('says where it looked for a configuration', () => {
    assert.match(run('nowhere').complained, /no apache2\.conf, conf\/httpd\.conf, httpd\.conf in nowhere/);
    assert.equal(run().code, 1);
  });
});
