import assert from 'node:assert/strict';
import { ExprError, parseBool, parseString } from '../../../../edge/expr/parse.js';

function refusal(text: string, parse: (text: string) => unknown = parseBool): ExprError {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ExprError, String(error));
    return error;
  }
  assert.fail(`accepted: ${text}`);
}

describe('expression parser', () => {
  it('binds && tighter than ||, and both from the left', () => {
    const word = (value: boolean): object => ({ op: 'const', value });
    assert.deepEqual(parseBool('true || false && true || false'), {
      op: 'or',
      left: {
        op: 'or',
        left: word(true),
        right: { op: 'and', left: word(false), right: word(true) },
      },
      right: word(false),
    });
  });

  it('reads a comparison of a variable with a text', () => {
    assert.deepEqual(parseBool("%{request_uri} == '/a'"), {
      op: 'string',
      cmp: '==',
      left: { op: 'var', name: 'REQUEST_URI' },
      right: { op: 'text', value: '/a' },
    });
  });

  it('joins words with a dot, and neighbouring texts into one', () => {
    assert.deepEqual(parseBool('1.2 == \'a\' . "b%{HTTP_HOST}$1"'), {
      op: 'string',
      cmp: '==',
      left: { op: 'text', value: '12' },
      right: {
        op: 'concat',
        parts: [
          { op: 'text', value: 'ab' },
          { op: 'var', name: 'HTTP_HOST' },
          { op: 'backref', index: 1 },
        ],
      },
    });
  });

  it('reads a regular expression between any of the documented delimiters', () => {
    for (const text of ['/a.b/i', 'm#a.b#i', 'm|a.b|i', "m'a.b'i", 'm,a.b,i'])
      assert.deepEqual(parseBool(`'x' =~ ${text}`), {
        op: 'match',
        negate: false,
        left: { op: 'text', value: 'x' },
        regex: { source: 'a[\\s\\S]b', flags: 'i' },
      });
  });

  it('reads escapes inside quotes', () => {
    assert.deepEqual(parseString('a\\tb\\101\\q\\%{x}'), { op: 'text', value: 'a\tbAq%{x}' });
  });

  it('reads a network as canonical text', () => {
    assert.deepEqual(parseBool("-R '10.1'"), {
      op: 'unary',
      name: 'R',
      arg: { op: 'text', value: '10.1.0.0/16' },
    });
    const expr = parseBool("%{REMOTE_ADDR} -ipmatch '2001:db8::1/32'");
    assert.equal(expr.op === 'binary' && expr.right.op === 'text' && expr.right.value, '2001:db8::/32');
  });

  it('takes an empty text in string mode and refuses it as a condition', () => {
    assert.deepEqual(parseString(''), { op: 'text', value: '' });
    assert.equal(refusal('').message, 'syntax error, unexpected $end');
  });

  // Each message as `apache2 -t` prints it.
  const MESSAGES: [string, string][] = [
    ['-z env(', 'syntax error, unexpected $end'],
    ['%{FOO} == 1', "Variable 'FOO' does not exist"],
    ["foo('a') == 'b'", "Function 'foo' does not exist"],
    ["foo('a')", "syntax error, unexpected $end: Function 'foo' does not exist"],
    ['TRUE', "syntax error, unexpected $end, expecting '('"],
    ["'a' == 'b' &&", 'syntax error, unexpected $end'],
    ["'a' == 'b' 'c'", 'syntax error, unexpected T_STR_BEGIN, expecting $end'],
    ["'a' == 'b", 'Unterminated string or variable'],
    [
      "%{HTTP_HOST == 'b'",
      "syntax error, unexpected T_ERROR, expecting T_VAR_END or ':': Invalid character in variable name ' '",
    ],
    ["'a' in { }", "syntax error, unexpected '}'"],
    ["'a' =~ 'x'", 'syntax error, unexpected T_STR_BEGIN, expecting T_REGEX or T_REGEX_I'],
    ["'a' -foo 'x*'", "Binary operator '-foo' does not exist"],
    ["-q 'x*'", "Unary operator '-q' does not exist"],
    ["-R '10.0.0.0/33'", 'parsing of subnet/netmask failed'],
    ["'1.2.3.4' -ipmatch tolower('foo')", '-ipmatch requires subnet/netmask as constant argument'],
    ["$10 == 'a'", 'syntax error, unexpected T_DIGIT'],
    ["'\\9' == 'a'", 'Bad escape sequence'],
    ["'\\777' == 'a'", 'Escape sequence out of bound'],
    ['@', "Parse error near '@'"],
    ["'a' == 'b' ; true", "syntax error, unexpected T_ERROR, expecting $end: Parse error near ';'"],
    ['(true', "syntax error, unexpected $end, expecting T_OP_OR or T_OP_AND or ')'"],
    ["tolower('a','b') == 'a'", "syntax error, unexpected ',', expecting T_OP_CONCAT or ')'"],
    ["%{} == 'b'", 'syntax error, unexpected T_VAR_END, expecting T_ID'],
    ['true and -and true', 'syntax error, unexpected T_OP_BINARY'],
  ];
  for (const [text, message] of MESSAGES)
    it(`says of ${text || 'nothing'} what httpd says`, () => {
      assert.equal(refusal(text).message, message);
    });

  it('tells the column of a wrong name, from 1', () => {
    assert.equal(refusal("-n 'x' && %{NOPE} == 'y'").column, 13);
  });

  it('says which operators and functions an edge cannot have', () => {
    assert.match(refusal("-F '/x'").message, /'-F' is not supported at an edge/);
    assert.match(refusal("ldap('/x') == ''").message, /'ldap' is not supported at an edge/);
  });

  it('knows hc() in health check expressions alone', () => {
    assert.equal(refusal("hc('body') =~ /up/").message, "Function 'hc' does not exist");
    assert.equal(parseBool("hc('body') =~ /up/", { health: true }).op, 'match');
  });

  it('refuses a bad regular expression with its place', () => {
    const error = refusal("'a' =~ /(/");
    assert.match(error.message, /^Failed to compile regular expression: missing closing parenthesis/);
    assert.equal(error.column, 9);
  });

  it('refuses expressions that are too long instead of running out of stack', () => {
    assert.equal(refusal('!'.repeat(100_000)).message, 'Expression is too long');
    assert.equal(refusal('('.repeat(100_000)).message, 'Expression is too long');
    assert.equal(refusal(`true${' && true'.repeat(100_000)}`).message, 'Expression is too long');
  });

  it('does not take names of Object.prototype for words of the language', () => {
    assert.equal(refusal("constructor('a') == ''").message, "Function 'constructor' does not exist");
  });
});
