/**
 * Header rules on arbitrary fields: each action does what it says to its own fields, leaves all others as and where they
 * are, and no value ever holds a line break.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { translateRegex } from '../../edge/expr/regex.js';
import { compileResponseHeaders, type HeaderRule, parseHeaderValue } from '../../edge/http/header-rules.js';
import { makeRequest } from '../unit/edge/expr/request-fixture.js';

const name = fc.constantFrom('X-A', 'x-a', 'X-B', 'Set-Cookie', 'x-c');
const value = fc.string({ unit: 'binary', maxLength: 12 });
const fields = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => pairs.flat());
const action = fc.constantFrom<HeaderRule['action']>(
  ...(['set', 'setifempty', 'append', 'merge', 'add', 'unset', 'edit', 'edit*', 'note'] as const),
);

const rule = fc.tuple(action, name, value).map(([kind, field, text]): HeaderRule => {
  const made: HeaderRule = { action: kind, name: field, table: 'onsuccess', early: false, at: 'test:1' };
  made.value = parseHeaderValue(`${text.replaceAll('%', '%%')}$0%{A}e`);
  if (kind.startsWith('edit')) made.regex = translateRegex('[a-m]|^$');
  return made;
});

function apply(rules: HeaderRule[], before: string[], env = 'e\r\n'): string[] {
  const r = makeRequest();
  r.setEnv('A', env);
  r.responseFields = before.slice();
  compileResponseHeaders(rules).onsuccess?.(r);
  return r.responseFields;
}

function valuesOf(list: string[], wanted: string): string[] {
  return list.filter((_, i) => i % 2 === 1 && list[i - 1]?.toLowerCase() === wanted.toLowerCase());
}

function others(list: string[], not: string): string[] {
  return list.filter((_, i) => list[i - (i % 2)]?.toLowerCase() !== not.toLowerCase());
}

describe('header rule property', () => {
  it('other fields stay as and where they are', () => {
    fc.assert(
      fc.property(fields, rule, (before, one) => {
        assert.deepEqual(others(apply([one], before), one.name), others(before, one.name));
      }),
      { numRuns: 300 },
    );
  });

  it('each action leaves as many fields of its name as it should', () => {
    fc.assert(
      fc.property(fields, rule, (before, one) => {
        const had = valuesOf(before, one.name).length;
        const has = valuesOf(apply([one], before), one.name).length;
        const expected: Record<HeaderRule['action'], number> = {
          set: 1,
          setifempty: Math.max(had, 1),
          append: Math.max(had, 1),
          merge: Math.max(had, 1),
          add: had + 1,
          unset: 0,
          echo: had,
          edit: had,
          'edit*': had,
          note: had,
        };
        assert.equal(has, expected[one.action]);
      }),
      { numRuns: 300 },
    );
  });

  it('what a rule writes holds no CR, LF or NUL', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), value, (rules, env) => {
        for (const text of apply(rules, [], env)) assert.doesNotMatch(text, /[\r\n\0]/);
      }),
      { numRuns: 300 },
    );
  });

  it('set, then merge of the same value, changes nothing more', () => {
    const plain = fc.stringMatching(/^[a-z;= ]{1,10}$/).map((text) => text.trim());
    fc.assert(
      fc.property(plain, (text) => {
        fc.pre(text !== '');
        const set: HeaderRule = { action: 'set', name: 'X', table: 'onsuccess', early: false, at: 'test:1' };
        set.value = parseHeaderValue(text);
        assert.deepEqual(apply([set, { ...set, action: 'merge' }], []), ['X', text]);
      }),
      { numRuns: 100 },
    );
  });
});
