/**
 * Whatever bytes a configuration has, the reader answers with settings or with errors, and never throws. Random text
 * finds little by itself, so most cases are configurations of test/conf with pieces cut, doubled and put elsewhere.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ConfError } from '../../edge/config/error.js';
import { type ReadResult, readConfiguration } from '../../edge/config/read.js';

const FOLDER = join(import.meta.dirname, '../../../test/conf');

/** Configurations that look nothing up outside: no hosts, no accounts. */
function seeds(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.conftest'))
    .sort()
    .map((name) => readFileSync(join(FOLDER, name), 'latin1').split(/^-{5,}$/m)[0] ?? '')
    .filter((text) => !/localhost|invalid|nosuch/i.test(text));
}

interface Change {
  kind: 'cut' | 'double' | 'swap' | 'put';
  at: number;
  length: number;
  text: string;
}

function applyChange(text: string, { kind, at, length, text: piece }: Change): string {
  const from = text.length === 0 ? 0 : at % text.length;
  const end = Math.min(text.length, from + length);
  switch (kind) {
    case 'cut':
      return text.slice(0, from) + text.slice(end);
    case 'double':
      return text.slice(0, end) + text.slice(from, end) + text.slice(end);
    case 'swap':
      return text.slice(end) + text.slice(from, end) + text.slice(0, from);
    case 'put':
      return text.slice(0, from) + piece + text.slice(from);
  }
}

describe('the configuration reader', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'drover-fuzz-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function read(content: string): ReadResult {
    const file = join(directory, 'site.conf');
    writeFileSync(file, content, 'latin1');
    const before = ['Listen 127.0.0.1:18080', 'ServerName main.test'];
    const result = readConfiguration({ file, defines: [], before, after: [], env: {}, program: 'drover' });
    assert.ok((result.settings === undefined) !== (result.errors === undefined));
    for (const error of result.errors ?? []) assert.ok(error instanceof ConfError);
    if (result.errors !== undefined)
      assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(result.text(false)));
    else assert.deepEqual(JSON.parse(JSON.stringify(result.settings)), structuredClone(result.settings));
    return result;
  }

  it('answers to any bytes', function () {
    this.timeout(60_000);
    const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array).toString('latin1'));
    fc.assert(
      fc.property(bytes, (text) => void read(text)),
      { numRuns: 300 },
    );
  });

  it('answers to configurations with pieces cut, doubled and moved', function () {
    this.timeout(120_000);
    const piece = fc.constantFrom(
      '<',
      '>',
      '</',
      '"',
      "'",
      '\\',
      '\n',
      '${',
      '}',
      '~',
      '%{',
      '$1',
      '!',
      '-1',
      '=',
      '\u0000',
      '\u00ff',
      '<If "',
      '(?',
      '[',
    );
    const change = fc.record({
      kind: fc.constantFrom<Change['kind']>('cut', 'double', 'swap', 'put'),
      at: fc.nat(2000),
      length: fc.nat(40),
      text: piece,
    });
    const texts = fc.constantFrom(...seeds());
    const mutated = fc
      .tuple(texts, texts, fc.array(change, { minLength: 1, maxLength: 6 }))
      .map(([one, other, changes]) => changes.reduce(applyChange, one + other));
    fc.assert(
      fc.property(mutated, (text) => void read(text)),
      { numRuns: 600 },
    );
  });
});
