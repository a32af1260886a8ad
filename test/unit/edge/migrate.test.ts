/** The kernel's setting is turned on where it may be, and said where it may not. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enableMigration, migrationWarning } from '../../../edge/migrate.js';

describe('tcp_migrate_req', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-migrate-'));
  const file = join(folder, 'value');
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is turned on where it is off', () => {
    writeFileSync(file, '0\n');
    assert.equal(enableMigration(file), 'set');
    assert.equal(readFileSync(file, 'latin1'), '1\n');
    assert.equal(enableMigration(file), 'on');
    assert.equal(migrationWarning('set'), undefined);
    assert.equal(migrationWarning('on'), undefined);
  });

  it('is told of where the kernel does not know it', () => {
    assert.equal(enableMigration(join(folder, 'none')), 'unknown');
    assert.match(migrationWarning('unknown') ?? '', /no net\.ipv4\.tcp_migrate_req/);
    assert.match(migrationWarning('off') ?? '', /could not be set/);
  });
});
