import assert from 'node:assert/strict';
import { parseBool, parseString } from '../../../../edge/expr/parse.js';
import { translateRegex } from '../../../../edge/expr/regex.js';
import {
  compileEarlyResponseHeaders,
  compileRequestHeaders,
  compileResponseHeaders,
  type HeaderRule,
  parseHeaderValue,
} from '../../../../edge/http/header-rules.js';
import type { Request } from '../../../../edge/request.js';
import { makeRequest, type RequestPlan } from '../expr/request-fixture.js';

/** A rule as a configuration line would give it: action, name, value or regex and replacement. */
function rule(action: HeaderRule['action'], name: string, ...args: string[]): HeaderRule {
  const made: HeaderRule = { action, name, table: 'onsuccess', early: false, at: 'test:1' };
  if (action === 'echo') made.regex = translateRegex(name);
  if (action === 'edit' || action === 'edit*') made.regex = translateRegex(args.shift() ?? '');
  const text = args.shift();
  if (text?.startsWith('expr=') === true) made.value = { kind: 'expr', expr: parseString(text.slice(5)) };
  else if (text !== undefined) made.value = parseHeaderValue(text);
  return made;
}

/** Response fields after the rules. */
function applied(rules: HeaderRule[], fields: string[] = [], r: Request = makeRequest()): string[] {
  r.responseFields = fields;
  compileResponseHeaders(rules).onsuccess?.(r);
  return r.responseFields;
}

describe('header actions', () => {
  it('set replaces all fields of that name at the place of the first, whose casing stays', () => {
    assert.deepEqual(applied([rule('set', 'x-a', 'new')], ['X-A', '1', 'B', '2', 'x-A', '3']), [
      'X-A',
      'new',
      'B',
      '2',
    ]);
  });

  it('setifempty looks for the field, not for its value', () => {
    assert.deepEqual(applied([rule('setifempty', 'X-A', 'new')], ['X-A', '']), ['X-A', '']);
    assert.deepEqual(applied([rule('setifempty', 'X-A', 'new')]), ['X-A', 'new']);
  });

  it('append joins to the first field, or adds one', () => {
    assert.deepEqual(applied([rule('append', 'X-A', 'new')], ['X-A', '1', 'X-A', '2']), [
      'X-A',
      '1, new',
      'X-A',
      '2',
    ]);
    assert.deepEqual(applied([rule('append', 'X-A', 'new')]), ['X-A', 'new']);
  });

  it('merge appends what is not among the comma-separated items yet', () => {
    const list = 'a, "b,c", d';
    assert.deepEqual(applied([rule('merge', 'X', 'd')], ['X', list]), ['X', list]);
    assert.deepEqual(applied([rule('merge', 'X', '"b,c"')], ['X', list]), ['X', list]);
    assert.deepEqual(applied([rule('merge', 'X', 'b,c')], ['X', list]), ['X', `${list}, b,c`]);
    assert.deepEqual(applied([rule('merge', 'X', 'D')], ['X', list]), ['X', `${list}, D`]);
  });

  it('add makes another field, unset takes all away', () => {
    assert.deepEqual(applied([rule('add', 'X', '2')], ['X', '1']), ['X', '1', 'X', '2']);
    assert.deepEqual(applied([rule('unset', 'x')], ['X', '1', 'Y', '2', 'x', '3']), ['Y', '2']);
  });

  it('echo copies the request fields whose names match, whatever their case', () => {
    const r = makeRequest({ fields: ['x-echo-me', 'hi', 'x-other', '1', 'x-echo-too', 'ho'] });
    assert.deepEqual(applied([rule('echo', '^X-Echo')], [], r), ['x-echo-me', 'hi', 'x-echo-too', 'ho']);
  });

  it('note copies the first field of that name to a note', () => {
    const r = makeRequest();
    applied([rule('note', 'X-A', 'kept')], ['X-A', '1', 'X-A', '2'], r);
    assert.equal(r.notes?.get('kept'), '1');
  });

  // Field value, action, pattern, replacement, result: as a running httpd answered.
  const EDITS: [string, 'edit' | 'edit*', string, string, string][] = [
    ['aaa', 'edit', 'a', 'b', 'baa'],
    ['aaa', 'edit*', 'a', 'b', 'bbb'],
    ['aaa', 'edit*', '^a', 'b', 'bbb'],
    ['aaa', 'edit', 'a', '[&]', '[&]aa'],
    ['aaa', 'edit', '(a)a', '[\\$1][$1][$0][$2]', '[$1][a][aa][]a'],
    ['aaa', 'edit*', 'a', 'a b', 'a ba ba b'],
    ['http://a/b', 'edit', '^http:', 'https:', 'https://a/b'],
    ['abc', 'edit', 'x', 'y', 'abc'],
    ['aaa', 'edit', '(a)a', 'expr=[$1]%{REQUEST_METHOD}', '[]GETa'],
  ];
  for (const [value, action, pattern, replacement, result] of EDITS)
    it(`${action} ${pattern} ${replacement} makes ${result} of ${value}`, () => {
      assert.deepEqual(applied([rule(action, 'X', pattern, replacement)], ['X', value]), ['X', result]);
    });

  it('edit changes each field of that name, such as every cookie', () => {
    const cookies = ['Set-Cookie', 'a=1', 'X', 'y', 'set-cookie', 'b=2'];
    assert.deepEqual(applied([rule('edit', 'Set-Cookie', '^(.*)$', '$1; Secure')], cookies), [
      'Set-Cookie',
      'a=1; Secure',
      'X',
      'y',
      'set-cookie',
      'b=2; Secure',
    ]);
  });

  it('edit* comes to an end with a pattern that matches nothing', () => {
    assert.deepEqual(applied([rule('edit*', 'X', 'x*', '-')], ['X', 'axb']), ['X', '-a--b-']);
  });

  it('gives the sequence of the reference: set, append, merge, add', () => {
    const rules = [
      rule('set', 'X-Set', 'one'),
      rule('append', 'X-Set', 'two'),
      rule('merge', 'X-Set', 'two'),
    ];
    assert.deepEqual(
      applied([...rules, rule('add', 'X-Set', 'three'), rule('setifempty', 'X-Set', 'nope')]),
      ['X-Set', 'one, two', 'X-Set', 'three'],
    );
  });
});

describe('header conditions', () => {
  function isSet(condition: Partial<HeaderRule>, plan: RequestPlan & { env?: string } = {}): boolean {
    const r = makeRequest(plan);
    if (plan.env !== undefined) r.setEnv(plan.env, '');
    return applied([{ ...rule('set', 'X', '1'), ...condition }], [], r).includes('X');
  }

  it('env= asks whether the variable is set, empty or not', () => {
    assert.equal(isSet({ env: { name: 'A', negate: false } }, { env: 'A' }), true);
    assert.equal(isSet({ env: { name: 'A', negate: false } }), false);
    assert.equal(isSet({ env: { name: 'A', negate: true } }), true);
    assert.equal(isSet({ env: { name: 'A', negate: true } }, { env: 'A' }), false);
  });

  it('expr= sees the status and makes the response vary by what it reads', () => {
    const r = makeRequest();
    r.status = 404;
    const condition = { expr: parseBool("%{REQUEST_STATUS} == '404' && req('X-Foo') == ''") };
    assert.deepEqual(applied([{ ...rule('set', 'X', '1'), ...condition }], [], r), [
      'Vary',
      'X-Foo',
      'X',
      '1',
    ]);
  });

  it('a value that reads fields does not make it vary', () => {
    assert.deepEqual(applied([rule('set', 'X', 'expr=%{HTTP_HOST}')]), ['X', '']);
  });
});

describe('header tables', () => {
  it('always and onsuccess are separate lists', () => {
    const r = makeRequest();
    const always = { ...rule('set', 'X', '1'), table: 'always' as const };
    const steps = compileResponseHeaders([always, rule('set', 'X', '2')]);
    steps.always?.(r);
    steps.onsuccess?.(r);
    assert.deepEqual(
      [r.alwaysFields, r.responseFields],
      [
        ['X', '1'],
        ['X', '2'],
      ],
    );
  });

  it('an echo goes to onsuccess even when the rule says always', () => {
    const r = makeRequest({ fields: ['x-echo', 'hi'] });
    compileResponseHeaders([{ ...rule('echo', '^x'), table: 'always' }]).always?.(r);
    assert.deepEqual([r.alwaysFields, r.responseFields], [[], ['x-echo', 'hi']]);
  });

  it('early rules have a step of their own', () => {
    const early = { ...rule('set', 'X', '1'), early: true };
    assert.deepEqual(compileResponseHeaders([early]), { onsuccess: undefined, always: undefined });
    assert.notEqual(compileEarlyResponseHeaders([early]).onsuccess, undefined);
  });

  it('no rules are no step', () => {
    assert.equal(compileRequestHeaders([]), undefined);
  });

  it('request rules leave the list that the client sent alone', () => {
    const r = makeRequest({ fields: ['x-a', '1', 'accept', '*/*'] });
    compileRequestHeaders([rule('set', 'X-A', '2'), rule('unset', 'Accept')])?.(r);
    assert.deepEqual(r.fields, ['x-a', '2']);
    assert.deepEqual(r.exchange.fields, ['x-a', '1', 'accept', '*/*']);
  });
});

describe('header values', () => {
  function value(text: string, r: Request = makeRequest()): string | undefined {
    return applied([rule('set', 'X', text)], [], r)[1];
  }

  it('reads text, its escapes and per cent signs', () => {
    assert.equal(value('l2\\tx\\y\\q'), 'l2\tx\\y\\q');
    assert.equal(value('a%'), 'a%');
    assert.equal(value('%%a%%'), '%a%');
    assert.equal(value(''), '');
  });

  it('shows (null) for variables that are not set', () => {
    assert.equal(value('%{NOPE}e %{SSL_CIPHER}s'), '(null) (null)');
  });

  it('shows variables of the environment, of TLS and of the request', () => {
    const r = makeRequest({ tls: { SSL_PROTOCOL: 'TLSv1.3' }, isSecure: true, fields: ['x-foo', 'f'] });
    r.setEnv('A', '');
    assert.equal(
      value('[%{A}e]%{SSL_PROTOCOL}s %{https}s %{REMOTE_ADDR}s %{HTTP:X-Foo}s', r),
      '[]TLSv1.3 on 192.0.2.7 f',
    );
  });

  it('shows when the request came, and how long it has taken', () => {
    assert.equal(value('%t', makeRequest({ startedAt: 1795217429458.901 })), 't=1795217429458901');
    assert.match(value('%D %l %i %b') ?? '', /^D=\d+ l=\d+\.\d\d\/\d+\.\d\d\/\d+\.\d\d i=\d+ b=\d+$/);
  });

  it('never lets a value start a new line', () => {
    const r = makeRequest({ fields: ['x-a', 'a\r\nSet-Cookie: b\0'] });
    r.setEnv('A', 'x\r\ny');
    assert.equal(value('%{A}e', r), 'x  y');
    assert.equal(value('a\\r\\nb'), 'a  b');
    assert.equal(value('expr=%{req:x-a}', r), 'a  Set-Cookie: b ');
    assert.deepEqual(applied([rule('edit', 'X', 'b', '\\r\\n%{A}e')], ['X', 'abc'], r), ['X', 'a  x  yc']);
  });

  // Each message as `apache2 -t` prints it.
  for (const [text, message] of [
    ['%q', 'Unrecognized header format %q'],
    ['%{foo}q', 'Unrecognized header format %q'],
    ['%{foo', 'Unrecognized header format %'],
    ['%{foo}', 'Unrecognized header format %'],
  ] as const)
    it(`refuses ${text} as httpd does`, () => {
      assert.throws(() => parseHeaderValue(text), { message });
    });
});
