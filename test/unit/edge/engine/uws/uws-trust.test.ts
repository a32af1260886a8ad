import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkUwsBuild, KNOWN_BUILDS, uwsBinary } from '../../../../../edge/engine/uws/uws-trust.js';
import { EdgeError } from '../../../../../edge/errors.js';

describe('the build of uWebSockets.js', () => {
  let folder: string;
  let file: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'uws-'));
    file = join(folder, 'uws_linux_x64_115.node');
    writeFileSync(file, 'not the real thing');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('that is installed is the known one, or one without a known hash', () => {
    const name = uwsBinary().split('/').at(-1) ?? '';
    const warning = checkUwsBuild(uwsBinary());
    if (name in KNOWN_BUILDS) assert.equal(warning, undefined);
    else assert.match(warning ?? '', /was not tested/);
  });

  it('is refused when its name is known and its contents are not', () => {
    assert.throws(
      () => checkUwsBuild(file),
      (error) => error instanceof EdgeError && error.code === 'E_UWS_TRUST' && error.message.includes(file),
    );
  });

  it('is taken when the hash is the known one', () => {
    const hash = createHash('sha256').update('not the real thing').digest('hex');
    assert.equal(checkUwsBuild(file, { 'uws_linux_x64_115.node': hash }), undefined);
  });

  it('is taken with a warning when nothing is known of it', () => {
    assert.match(checkUwsBuild(file, {}) ?? '', /uws_linux_x64_115\.node .* was not tested/);
  });

  it('is reported when there is none for this Node.js', () => {
    assert.throws(
      () => checkUwsBuild(join(folder, 'none.node')),
      (error) => error instanceof EdgeError && error.code === 'E_UWS_MISSING',
    );
  });
});
