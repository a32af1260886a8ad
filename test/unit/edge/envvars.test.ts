import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentFor } from '../../../edge/envvars.js';

describe('the variables beside a configuration', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'env-'));
    file = join(folder, 'apache2.conf');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are those that the script exports under names of httpd', () => {
    writeFileSync(
      join(folder, 'envvars'),
      `SUFFIX=-a\nexport APACHE_RUN_DIR=${folder}/run$SUFFIX\nexport SECRET=x\nexport LANG=C\necho noise\n`,
    );
    const env = environmentFor(file, { PATH: '/bin' });
    assert.deepEqual(env, { APACHE_RUN_DIR: `${folder}/run-a`, LANG: 'C', PATH: '/bin' });
  });

  it('lead to the folder for runtime files, which is made as apache2ctl makes it', () => {
    const runtime = join(folder, 'run/apache2');
    writeFileSync(join(folder, 'envvars'), `export APACHE_RUN_DIR=${runtime}\n`);
    environmentFor(file, { PATH: '/bin' });
    assert.ok(existsSync(runtime));
  });

  it('never replace what the environment has', () => {
    writeFileSync(join(folder, 'envvars'), `export APACHE_RUN_DIR=${folder}/a\nexport APACHE_LOG_DIR=/b\n`);
    const env = environmentFor(file, { PATH: '/bin', APACHE_LOG_DIR: '/mine' });
    assert.equal(env['APACHE_LOG_DIR'], '/mine');
    assert.equal(env['APACHE_RUN_DIR'], join(folder, 'a'));
  });

  it('are not looked for when the environment was prepared already', () => {
    writeFileSync(join(folder, 'envvars'), 'export APACHE_LOG_DIR=/b\n');
    assert.deepEqual(environmentFor(file, { APACHE_RUN_DIR: '/run' }), { APACHE_RUN_DIR: '/run' });
  });

  it('are left out when there is no script, or a broken one', () => {
    assert.deepEqual(environmentFor(file, { PATH: '/bin' }), { PATH: '/bin' });
    writeFileSync(join(folder, 'envvars'), 'exit 3\n');
    assert.deepEqual(environmentFor(file, { PATH: '/bin' }), { PATH: '/bin' });
  });
});
