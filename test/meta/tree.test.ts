/** What every file of the repository keeps to: sizes, names, prose at the top, tests that run, paths of no machine. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CODE_FOLDERS, ROOT, sourceFiles, textFiles } from './sources.js';

const SOURCES = sourceFiles();
const TESTS = SOURCES.filter(({ path }) => path.startsWith('test/'));

const MOST_LINES = 400;
/** Longer ones that are known and wait to be divided; none may be added, and they may not grow. */
const KNOWN_LONG: Readonly<Record<string, number>> = {
  'test/diff/cases/rewrite.diff.ts': 403,
};
/** Names that say nothing; a file is one thing, and its name says which. */
const EMPTY_NAMES = /(?:^|-)(?:utils?|helpers?|manager|common|misc)(?:[-.]|$)/;

/** Folders of somebody's own machine; what a test needs it makes with mkdtemp. */
const MACHINE_PATH = /(?<![\w.$}{-])\/(?:work|root|Users|mnt)\/|\/home\/(?!conf\/)[a-z]/;
/** Where packages come from is a matter of whoever installs them. */
const REGISTRY = /registry\s*=|https?:\/\/[\w.-]*\bregistry\b|"resolved":/;

/** Marks that keep a test from running; mocha's forbidOnly sees one of them, and only when it runs the file. */
const SELECTED = /\b(?:describe|context|it|suite|test)\.only\(/;
const SKIPPED = /\b(?:describe|context|it|suite|test)\.skip\(|\bx(?:it|describe|context)\(/;
const SKIPS_ITSELF = /\bthis\.skip\(\)/;

function pathsOf(files: readonly { path: string }[]): string[] {
  return files.map(({ path }) => path);
}

describe('source files', () => {
  it(`have at most ${MOST_LINES} lines`, () => {
    assert.deepEqual(
      pathsOf(SOURCES.filter(({ path, lines }) => lines > (KNOWN_LONG[path] ?? MOST_LINES))),
      [],
    );
  });

  it('are named in kebab-case, by what they hold', () => {
    const name = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|reg|diff|browser|chaos))?\.ts$/;
    const odd = SOURCES.filter(({ path }) => !name.test(basename(path)) || EMPTY_NAMES.test(basename(path)));
    assert.deepEqual(pathsOf(odd), []);
  });

  it('open with prose that says what they are', () => {
    const silent = SOURCES.filter(
      ({ path, text }) => !path.startsWith('test/') && !/^(?:#!.*\n)?\/\*\*[\s*]+[^\s*/]/.test(text),
    );
    assert.deepEqual(pathsOf(silent), []);
  });

  it('lie in folders that say in a README who they are for', () => {
    const mute = CODE_FOLDERS.filter((folder) => !existsSync(join(ROOT, folder, 'README.md')));
    assert.deepEqual(mute, []);
  });
});

describe('tests', () => {
  it('are never selected or left out by a mark', () => {
    assert.deepEqual(pathsOf(TESTS.filter(({ text }) => SELECTED.test(text) || SKIPPED.test(text))), []);
  });

  it('say why before they skip themselves', () => {
    const silent = TESTS.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((line, at) => {
        if (!SKIPS_ITSELF.test(line) || line.includes('/')) return [];
        const before = lines.slice(Math.max(at - 2, 0), at).join('\n');
        return before.includes('console.log(') ? [] : [`${path}:${at + 1}`];
      });
    });
    assert.deepEqual(silent, []);
  });
});

describe('text files', () => {
  it('name no folder of a machine they were written on, and no place that packages come from', () => {
    const found = textFiles().flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, at) =>
          (MACHINE_PATH.test(line) || REGISTRY.test(line)) && path !== 'test/meta/tree.test.ts'
            ? [`${path}:${at + 1}: ${line.trim()}`]
            : [],
        ),
    );
    assert.deepEqual(found, []);
  });
});
