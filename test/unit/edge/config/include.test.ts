import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { filesOf, globPattern, IncludeError } from '../../../../edge/config/include.js';

describe('files of an Include line', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'drover-include-'));
    for (const name of [
      'a/2.conf',
      'a/10.conf',
      'a/.x.conf',
      'a/sub/3.conf',
      'b1/s/z.conf',
      'b2/s/z.conf',
      'b3',
    ]) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), '');
    }
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function found(path: string, isOptional = false): string[] {
    return filesOf(join(directory, path), isOptional).map((file) => relative(directory, file));
  }

  it('are a plain path itself, there or not', () => {
    assert.deepEqual(found('a/2.conf'), ['a/2.conf']);
    assert.deepEqual(found('nope.conf'), ['nope.conf']);
    assert.deepEqual(found('nope.conf', true), []);
  });

  it('are all that lies in a directory, in byte order', () => {
    assert.deepEqual(found('a'), ['a/.x.conf', 'a/10.conf', 'a/2.conf', 'a/sub/3.conf']);
  });

  it('match wildcards in any component, and never a leading dot', () => {
    assert.deepEqual(found('a/*.conf'), ['a/10.conf', 'a/2.conf']);
    assert.deepEqual(found('b?/s/[a-z].conf'), ['b1/s/z.conf', 'b2/s/z.conf']);
    assert.deepEqual(found('b*/s'), ['b1/s/z.conf', 'b2/s/z.conf']);
  });

  it('must be some, unless optional', () => {
    assert.throws(() => found('a/*.x'), IncludeError);
    assert.throws(() => found('nope/*.conf'), IncludeError);
    assert.deepEqual(found('a/*.x', true), []);
    assert.deepEqual(found('nope/*.conf', true), []);
  });
});

describe('a wildcard', () => {
  const cases: [string, string, boolean][] = [
    ['*.conf', 'a.conf', true],
    ['*.conf', 'a.confx', false],
    ['*', '.a', false],
    ['.*', '.a', true],
    ['a?c', 'abc', true],
    ['[!a]x', 'bx', true],
    ['[!a]x', 'ax', false],
    ['[^a]x', 'ax', false],
    ['[a-c]x', 'bx', true],
    ['[', '[', true],
    ['[z-a]', 'z', false],
    ['a+(b)', 'a+(b)', true],
  ];
  for (const [glob, name, isHit] of cases) {
    it(`${glob} ${isHit ? 'matches' : 'does not match'} ${name}`, () => {
      assert.equal(globPattern(glob).test(name), isHit);
    });
  }
});
