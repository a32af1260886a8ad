/** The documents at the root say what is so: they name files that exist, and every difference from httpd. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EDGE_ROWS } from '../../edge/config/directives/edge.js';
import { ENVIRONMENT_ROWS } from '../../edge/config/environment.js';
import { differences, differencesOf } from './differs.js';
import { ROOT, textFiles } from './sources.js';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const DOCUMENTS = textFiles().filter(({ path }) => path.endsWith('.md'));

/** `edge/cli.ts`, `test/diff/`: in backticks, from the root, with a slash, and nothing that stands for something else. */
const NAMED_PATH = /`((?:edge|workers|cache|tls|native-bench|test)\/[\w./-]*)`/g;

/** The text below a heading, up to the next one of its level. */
function sectionOf(text: string, heading: string): string {
  const [, after = ''] = text.split(`\n## ${heading}\n`);
  return after.split('\n## ')[0] ?? '';
}

describe('the documents', () => {
  it('name files and folders that exist', () => {
    const missing = DOCUMENTS.flatMap(({ path, text }) =>
      [...text.matchAll(NAMED_PATH)]
        .map((match) => match[1] as string)
        .filter((named) => !existsSync(join(ROOT, named)))
        .map((named) => `${path} names ${named}`),
    );
    assert.deepEqual(missing, []);
  });
});

describe('README.md', () => {
  it('explains every place that differs from httpd on purpose', () => {
    const section = sectionOf(README, 'Where drover differs from httpd on purpose');
    const explained = [...section.matchAll(NAMED_PATH)].map((match) => match[1] as string);
    const silent = differences().filter(
      ({ path }) =>
        !explained.some((named) => (named.endsWith('/') ? path.startsWith(named) : path === named)),
    );
    assert.deepEqual(
      silent.map(({ path, line, text }) => `${path}:${line}: ${text}`),
      [],
    );
  });

  it('lists every directive of drover itself and every variable that overrides the file', () => {
    const names = [...EDGE_ROWS.map(({ name }) => name), ...ENVIRONMENT_ROWS.map(({ name }) => name)];
    assert.deepEqual(
      names.filter((name) => !README.includes(`\`${name}`)),
      [],
    );
  });
});

describe('the list of differences', () => {
  it('takes in what a comment says over several lines, and stops at its end', () => {
    const text = [
      '// httpd differs: it does this,',
      '// and that.',
      '// Not this.',
      '/** One. httpd differs: short. */',
      ' * httpd differs: it ends',
      ' */',
    ].join('\n');
    assert.deepEqual(differencesOf(text), [
      { line: 1, text: 'it does this, and that.' },
      { line: 4, text: 'short.' },
      { line: 5, text: 'it ends' },
    ]);
  });
});
