/** The recipe for several drovers behind IPVS is one that keepalived takes; the kernel's part needs its ip_vs module. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockOf } from './recipe.js';

describe('the configuration of directors', () => {
  it('is taken by keepalived, beside that of a pair', function () {
    if (spawnSync('keepalived', ['--version'], { stdio: 'ignore' }).error !== undefined) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have keepalived');
      console.log('keepalived is not installed: its configuration is not checked');
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'drover-directors-'));
    try {
      const beginnings = ['on both hosts', 'on the two directors'];
      const blocks = beginnings.map((end) => blockOf(`# /etc/keepalived/keepalived.conf ${end}`));
      // keepalived looks whether the interface is there.
      const [own = 'lo'] = readdirSync('/sys/class/net').filter((name) => name !== 'lo');
      const text = blocks.join('\n').replace('interface eth0', `interface ${own}`);
      assert.equal(complaintsAbout(folder, text), '');
      assert.match(
        complaintsAbout(folder, text.replace('lb_algo sh', 'lb_algo none')),
        /Invalid lvs_scheduler/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** What keepalived says of a configuration that it shall only look at. */
function complaintsAbout(folder: string, text: string): string {
  const file = join(folder, 'keepalived.conf');
  const complaints = join(folder, 'complaints');
  rmSync(complaints, { force: true });
  writeFileSync(file, text, { mode: 0o600 });
  // It ends its own process group with a signal when it has looked, whatever it found.
  spawnSync('setsid', ['--wait', 'keepalived', `--config-test=${complaints}`, '-f', file], {
    stdio: 'ignore',
  });
  return existsSync(complaints) ? readFileSync(complaints, 'utf8') : '';
}
