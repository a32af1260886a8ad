import assert from 'node:assert/strict';
import { compileMatch, parseSubstitution, substitute } from '../../../../edge/expr/matcher.js';
import { RegexError, translateRegex } from '../../../../edge/expr/regex.js';

function groups(pattern: string, subject: string, flags = ''): (string | undefined)[] | undefined {
  const found = compileMatch(translateRegex(pattern, flags))(subject);
  return found === undefined ? undefined : [...found];
}

describe('translated regular expression', () => {
  // pattern, subject, groups that PCRE finds
  const MATCHES: [string, string, (string | undefined)[] | undefined][] = [
    ['^/(\\d+)/(.*)$', '/12/a\nb', ['/12/a\nb', '12', 'a\nb']],
    ['a$', 'a\n', undefined],
    ['a\\Z', 'a\n', ['a']],
    ['\\Aa\\z', 'a', ['a']],
    ['[[:alpha:]_]+', '1ab_2', ['ab_']],
    ['[[:^digit:]]+', '12ab', ['ab']],
    ['[]a]+', 'x]a]', [']a]']],
    ['[^]a]+', ']bc', ['bc']],
    ['[a\\]-]+', '-a]', ['-a]']],
    ['[\\w-]+', 'a-b c', ['a-b']],
    ['\\h+', 'a \tb', [' \t']],
    ['\\s', '\xa0', undefined],
    ['\\R', 'a\r\nb', ['\r\n']],
    ['\\R{2}', 'a\r\nb', undefined],
    ['(?i)[[:^lower:]]', 'aA1', ['1']],
    ['(?i)[[:upper:]]', 'a', ['a']],
    ['\\N+', 'ab\nc', ['ab']],
    ['\\x41\\x{42}\\103', 'ABC', ['ABC']],
    ['\\Qa.b\\E+', 'a.bbb', ['a.bbb']],
    ['a{,3}', 'a{,3}', ['a{,3}']],
    ['(?=a)*b', 'b', ['b']],
    ['(?i)AbC', 'aBc', ['aBc']],
    ['a(?i)b', 'aB', ['aB']],
    ['a(?i)b', 'AB', undefined],
    ['(?i:a)b', 'Ab', ['Ab']],
    ['(?i:a)b', 'AB', undefined],
    ['a(?i:[b-d])', 'aC', ['aC']],
    ['(?-s).+', 'a\nb', ['a']],
    ['(?m)^b$', 'a\nb\nc', ['b']],
    ['(?x) a b # comment\n c', 'abc', ['abc']],
    ['a(?#comment)b', 'ab', ['ab']],
    ['(?P<year>\\d+)-(?P=year)', '12-12', ['12-12', '12']],
    ["(?'a'x)\\k{a}\\g{a}\\g1\\g{-1}\\1", 'xxxxxx', ['xxxxxx', 'x']],
    ['(a)\\10', 'a\b', ['a\b', 'a']],
    ['(?>a+)b', 'aaab', ['aaab']],
    ['(?>a+)ab', 'aaab', undefined],
    ['a++b', 'aaab', ['aaab']],
    ['a*+a', 'aaa', undefined],
    ['(?>(a+))(b)\\2', 'aabb', ['aabb', 'aa', 'b']],
    ['(?<=a)b(?!c)(?=d)', 'abd', ['b']],
    ['a|b|', 'x', ['']],
    ['/', '/', ['/']],
    ['\\-\\_\\/\\"', '-_/"', ['-_/"']],
    ['\\cA\\e\\a', '\x01\x1b\x07', ['\x01\x1b\x07']],
    ['[\\d-]+', '1-x', ['1-']],
    ['[\\x00-\\x1f]', '\n', ['\n']],
  ];
  for (const [pattern, subject, expected] of MATCHES)
    it(`matches ${JSON.stringify(pattern)} with ${JSON.stringify(subject)} as PCRE does`, () => {
      assert.deepEqual(groups(pattern, subject), expected);
    });

  const REFUSED: [string, RegExp][] = [
    ['(', /missing closing parenthesis/],
    [')', /unmatched closing parenthesis/],
    ['[a', /missing terminating \]/],
    ['[z-a]', /out of order/],
    ['*a', /quantifier does not follow/],
    ['a**', /quantifier does not follow/],
    ['a{2}{3}', /quantifier does not follow/],
    ['^*', /quantifier does not follow/],
    ['{2}', /quantifier does not follow/],
    ['(?i)*', /quantifier does not follow/],
    ['a{65536}', /number too big/],
    ['[a-\\d]', /invalid range/],
    ['[[.a.]]', /collating/],
    ['a\\', /\\ at end of pattern/],
    ['\\2(a)', /non-existent subpattern/],
    ['(?<a>x)(?<a>y)', /same name/],
    ['[[:nope:]]', /unknown POSIX class/],
    ['(?R)', /not supported/],
    ['(?(1)a|b)', /not supported/],
    ['(?|a|b)', /not supported/],
    ['(*UTF8)a', /not supported/],
    ['\\K', /not supported/],
    ['\\p{L}', /not supported/],
    [`${'('.repeat(500)}${')'.repeat(500)}`, /too deeply nested/],
  ];
  for (const [pattern, message] of REFUSED)
    it(`refuses ${pattern.slice(0, 20)}`, () => {
      assert.throws(
        () => translateRegex(pattern),
        (error) => error instanceof RegexError && message.test(error.message) && error.column >= 1,
      );
    });

  it('needs no map of groups unless atomic groups shift them', () => {
    assert.equal(translateRegex('(a)(b)').groups, undefined);
    assert.deepEqual(translateRegex('(?>x)(a)(?>y)(b)').groups, [0, 2, 4]);
  });

  it('tells where the match is', () => {
    assert.equal(compileMatch(translateRegex('b+'))('aabb')?.index, 2);
    assert.equal(compileMatch(translateRegex('b++'))('aabb')?.index, 2);
  });
});

describe('substitution', () => {
  it('fills in groups, and nothing for those that took no part', () => {
    const parts = parseSubstitution('[\\$1][$1][$0][$2][$x][&]$');
    assert.equal(substitute(parts, ['ab', 'a', undefined]), '[$1][a][ab][][$x][&]$');
  });
});
