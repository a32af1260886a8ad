import assert from 'node:assert/strict';
import { compileBool, compileString } from '../../../../edge/expr/compile.js';
import { parseBool, parseString } from '../../../../edge/expr/parse.js';
import type { Request } from '../../../../edge/request.js';
import { makeRequest, type RequestPlan } from './request-fixture.js';

function holds(text: string, r: RequestPlan | Request = {}): boolean {
  return compileBool(parseBool(text))('exchange' in r ? r : makeRequest(r));
}

function textOf(text: string, r: RequestPlan | Request = {}): string {
  return compileString(parseString(text))('exchange' in r ? r : makeRequest(r));
}

describe('compiled conditions', () => {
  // Each as a running httpd answered.
  const TRUE = [
    "' 12x' -eq '12'",
    "'-9' -lt '-8' && '0x10' -eq '0' && 'abc' -eq 0",
    "'B' < 'a'",
    "'abc' -strcmatch 'A?C'",
    "'/a/b' -strmatch '/*b'",
    "'/a/b' -fnmatch '/a/[!c]' && '/a/.b' -fnmatch '/a/*'",
    "'aB' -strmatch 'a[B]'",
    "'a' -in {'b','a'}",
    "'abc' =~ /(b)/ && $1 == 'b'",
    "'abc' =~ /(b)(x)?/ && $2 == '' && $0 == 'b' && $9 == ''",
    "'a\\nb' =~ /a.b/",
    "'::ffff:127.0.0.1' -ipmatch '127.0.0.0/8'",
    "-e '/etc/passwd' && -f '/etc/passwd' && -s '/etc/passwd' && -d '/etc' && !-L '/etc' && -x '/bin/sh'",
    "-z env('NO_SUCH_VARIABLE')",
    "-T 'yes' && -T '00' && !-T 'no' && !-T '0' && !-T ''",
    "tolower('ABC').toupper('x') == 'abcX'",
    'true && !false',
  ];
  for (const text of TRUE) it(`finds ${text} true`, () => assert.equal(holds(text), true));

  const FALSE = [
    "'a\\n' =~ /a$/",
    "-T 'OFF'",
    "'/a/b' -fnmatch '/*'",
    "'a[B]' -strmatch 'a[B]'",
    "'foo' -ipmatch '127.0.0.0/8'",
    "%{REQUEST_METHOD} == 'get'",
    "'a' !~ /a/",
  ];
  for (const text of FALSE) it(`finds ${text} false`, () => assert.equal(holds(text), false));

  it('asks for the address of the client with -R', () => {
    assert.equal(holds("-R '192.0.2.0/24'", { remoteAddress: '192.0.2.9' }), true);
    assert.equal(holds("-R '192.0.2.0/24'", { remoteAddress: '198.51.100.1' }), false);
    assert.equal(holds("-R '2001:db8::/32'", { remoteAddress: '2001:db8::5' }), true);
  });

  it('forgets the groups of an earlier evaluation', () => {
    const r = makeRequest();
    assert.equal(holds("'abc' =~ /(b)/ && $1 == 'b'", r), true);
    assert.equal(holds("$1 == ''", r), true);
  });

  it('keeps the groups of the last pattern that has some, or that it found nothing', () => {
    assert.equal(holds("'abc' =~ /(b)/ && 'x' =~ /x/ && $1 == 'b'"), true);
    assert.equal(holds("'abc' =~ /(b)/ && 'x' =~ /(?>x)/ && $1 == 'b'"), true);
    assert.equal(holds("'abc' =~ /(b)/ && 'x' !~ /(y)/ && $1 == ''"), true);
    assert.equal(holds("'abc' =~ /b/ && $0 == ''"), true);
  });

  it('hands the groups on when asked to', () => {
    const r = makeRequest();
    compileBool(parseBool("'abc' =~ /(b)c/"), { keepMatches: true })(r);
    assert.deepEqual([...(r.matches ?? [])], ['bc', 'b']);
  });

  it('captures nothing when the expression has no backreference', () => {
    const r = makeRequest();
    assert.equal(holds("'abc' =~ /(b)/", r), true);
    assert.equal(r.matches, undefined);
  });

  it('adds the fields that it reads to Vary, once each', () => {
    const r = makeRequest({ fields: ['user-agent', 'curl/8'] });
    assert.equal(holds("%{HTTP_USER_AGENT} =~ /curl/ && req('X-Foo') == '' && http('x-foo') == ''", r), true);
    assert.deepEqual(r.responseFields, ['Vary', 'User-Agent,X-Foo']);
  });

  it('leaves Vary alone for req_novary and for those who ask it to', () => {
    const r = makeRequest();
    holds("req_novary('X-Foo') == ''", r);
    compileBool(parseBool("%{HTTP_HOST} == ''"), { vary: false })(r);
    assert.deepEqual(r.responseFields, []);
  });

  it('stops at the first part that decides', () => {
    const r = makeRequest();
    holds("false && req('A') == ''", r);
    holds("true || req('B') == ''", r);
    assert.deepEqual(r.responseFields, []);
  });
});

describe('compiled strings', () => {
  // Each as a running httpd answered.
  const VALUES: [string, string][] = [
    ['%{escape:a b/c?d&e=%;:+}', 'a%20b/c%3fd&e=%25;:+'],
    ['%{unescape:a%20b%2fc}', 'a b%2fc'],
    ['%{unescape:a%zz}', ''],
    ['%{unescape:a%00b}', ''],
    ['%{base64:abc}-%{md5:abc}', 'YWJj-900150983cd24fb0d6963f7d28e17f72'],
    ['%{sha1:abc}', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['%{unbase64:YWJj}', 'abc'],
    ['%{tolower:\xc3\x84B}', '\xc3\x84b'],
    ['[%{filesize:/nope}]', '[0]'],
    ['$0', ''],
    ['a\'b"c $x % 5', 'a\'b"c $x % 5'],
  ];
  for (const [text, value] of VALUES)
    it(`makes ${value || 'nothing'} of ${text}`, () => assert.equal(textOf(text), value));

  it('reads the request, the response, notes and variables of the environment', () => {
    const r = makeRequest({ method: 'POST', target: '/p?q=1', fields: ['x-a', '1', 'x-a', '2'] });
    r.setEnv('E', 'env');
    r.note('N', 'note');
    r.responseFields.push('X-R', 'one', 'X-R', 'two');
    assert.equal(textOf('%{REQUEST_METHOD} %{QUERY_STRING} %{req:X-A}', r), 'POST q=1 1, 2');
    assert.equal(textOf('%{reqenv:E} %{note:N} %{env:E} %{env:N} %{resp:x-r}', r), 'env note env note one');
    const { PATH } = process.env;
    assert.equal(textOf('%{osenv:PATH}', r), PATH);
  });

  it('asks the TLS session for SSL variables', () => {
    const r = makeRequest({ tls: { SSL_PROTOCOL: 'TLSv1.3' } });
    assert.equal(textOf('%{SSL_PROTOCOL}|%{SSL_CIPHER}|%{SSL:SSL_PROTOCOL}', r), 'TLSv1.3||TLSv1.3');
  });
});
