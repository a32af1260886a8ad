/** What is said of the kernel's setting; it is never changed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrationOf, migrationWarning } from '../../../../edge/process/migrate.js';
import type { Settings } from '../../../../edge/settings.js';
import { plainSettings } from '../../../reg/process-settings.js';

describe('tcp_migrate_req', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-migrate-'));
  const file = join(folder, 'value');
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is looked at and left as it is', () => {
    for (const [value, state] of [
      ['0', 'off'],
      ['1', 'on'],
    ] as const) {
      writeFileSync(file, `${value}\n`);
      assert.equal(migrationOf(file), state);
      assert.equal(readFileSync(file, 'latin1'), `${value}\n`);
    }
    assert.equal(migrationOf(join(folder, 'none')), 'unknown');
  });

  it('is told of where it is off or not known, and an address is served by uws', () => {
    const settings = plainSettings(folder, 80);
    assert.equal(migrationWarning(settings, 'on'), undefined);
    assert.match(migrationWarning(settings, 'off') ?? '', /sysctl net\.ipv4\.tcp_migrate_req=1/);
    assert.match(migrationWarning(settings, 'unknown') ?? '', /this kernel has no/);
    const servers = settings.servers.map((server) => ({ ...server, engine: 'node' as const }));
    const onNode: Settings = { ...settings, servers };
    assert.equal(migrationWarning(onNode, 'off'), undefined);
  });
});
