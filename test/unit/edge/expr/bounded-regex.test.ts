import assert from 'node:assert/strict';
import { boundedRegExp, boundOf, hearGivenUp } from '../../../../edge/expr/bounded-regex.js';
import { translateRegex } from '../../../../edge/expr/regex.js';

describe('a regular expression with a bound', () => {
  const NESTED = ['(a+)+', '(?:a|aa)*', '(?=a)(a*)*b', '((a{1,3}b)?)+', '(?=(a|b){3,})', '(a?){30}'];
  for (const source of NESTED)
    it(`takes ${source} for one whose ways to fail double with each character`, () => {
      assert.equal(boundOf(source), 16);
    });

  const WALKING: [string, number][] = [
    ['^(?!x).*$', 1000],
    ['a+b+', 100],
    ['[*+]\\+(?<!a*)', 1000],
    ['(?=abc)(de)?[fg]', Number.POSITIVE_INFINITY],
    ['a{3}(?:b)(c|d)', Number.POSITIVE_INFINITY],
  ];
  for (const [source, expected] of WALKING)
    it(`lets ${source} see ${expected} characters freely`, () => assert.equal(boundOf(source), expected));

  it('matches long subjects as any other', () => {
    const { source, flags } = translateRegex('^(?!/admin)(/[^/]+)+$');
    const regex = boundedRegExp(source, flags);
    const path = '/segment'.repeat(200);
    assert.equal(regex.exec(path)?.[1], '/segment');
    assert.equal(regex.test(`/admin${path}`), false);
  });

  it('has no limit where V8 can be linear, so that nothing watches it', () => {
    assert.equal(boundedRegExp('^(a+)+$').constructor, RegExp);
    assert.notEqual(boundedRegExp('^(?=a)(a+)+$').constructor, RegExp);
  });

  it('is given up when it takes too long, which is told once', () => {
    const told: string[] = [];
    hearGivenUp((source) => told.push(source));
    const regex = boundedRegExp('^(?=a)(a+)+$');
    assert.equal(regex.test('a'.repeat(10)), true);
    assert.equal(regex.test(`${'a'.repeat(60)}!`), false);
    assert.equal(regex.exec(`${'a'.repeat(60)}!`), null);
    hearGivenUp(() => {});
    assert.deepEqual(told, ['^(?=a)(a+)+$']);
  });

  it('needs no flag for case where anything is repeated, which V8’s linear engine does not know', () => {
    assert.deepEqual(translateRegex('^(a+)+$', 'i'), { source: '^([aA]+)+$', flags: '' });
    assert.deepEqual(translateRegex('^abc$', 'i'), { source: '^abc$', flags: 'i' });
  });
});
