import assert from 'node:assert/strict';
import type { HeaderRule } from '../../../../../edge/http/header-rules.js';
import { errorOf, messageOf, read } from './reading.js';

function rule(text: string): HeaderRule {
  const base = read(text).servers[0]?.draft.base;
  const [only] = base?.responseHeaders ?? base?.requestHeaders ?? [];
  assert.ok(only);
  return only;
}

const ACTION =
  "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'.";
const THREE = 'Header requires three arguments';
const MANY = 'Too many arguments to directive';

describe('Header and RequestHeader', () => {
  const refusals: [string, string][] = [
    ['Header', ACTION],
    ['Header always', ACTION],
    ['Header foo bar', ACTION],
    ['RequestHeader', ACTION],
    ['RequestHeader foo bar', ACTION],
    ['RequestHeader always set a b', ACTION],
    ['RequestHeader onsuccess set a b', ACTION],
    ['Header set', THREE],
    ['Header set a', THREE],
    ['Header add', THREE],
    ['Header merge X', THREE],
    ['Header append X', THREE],
    ['Header setifempty X', THREE],
    ['Header note X', THREE],
    ['RequestHeader set', THREE],
    ['Header set X Y z w', MANY],
    ['Header set X y early early', MANY],
    ['Header unset X early early', MANY],
    ['Header edit X a b early early', MANY],
    ['Header set X Y foo=FOO', 'Unknown parameter: foo=FOO'],
    ['Header set X y env', 'Unknown parameter: env'],
    ['Header unset X Y', 'Unknown parameter: Y'],
    ['Header edit X a b c', 'Unknown parameter: c'],
    ['Header edit X a', 'Header edit requires a match and a substitution'],
    ['Header edit* X a', 'Header edit requires a match and a substitution'],
    ['Header edit X ( b', 'Header edit regex could not be compiled'],
    ['Header echo (', 'Header echo regex could not be compiled'],
    ['RequestHeader echo x', 'Header echo only valid on Header directives'],
    ['RequestHeader note x y', "RequestHeader does not support the 'note' action"],
    [
      'Header onsuccess set X y env=',
      'error: missing environment variable name. envclause should be in the form env=envar ',
    ],
    [
      'Header set X y env=!',
      'error: missing environment variable name. envclause should be in the form env=envar ',
    ],
    ['Header set X "expr=%{FOO}"', "Can't parse value expression : Variable 'FOO' does not exist"],
    ['Header set X y expr=(', "Can't parse envclause/expression: syntax error, unexpected $end"],
    ['Header set X "%{foo}q"', 'Unrecognized header format %q'],
    ['Header set X "%z"', 'Unrecognized header format %z'],
    ['Header set X "%{foo"', 'Unrecognized header format %'],
    ['Header set X "%{foo}"', 'Unrecognized header format %'],
    ['Header edit X a "%z"', 'Unrecognized header format %z'],
  ];
  for (const [text, message] of refusals) {
    it(`refuse "${text}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('point at the word that is wrong', () => {
    assert.equal(errorOf('Header set X "%{foo}q"').at.column, 14);
    assert.equal(errorOf('Header frob X y').at.column, 8);
    assert.equal(errorOf('Header set X y nope').at.column, 16);
  });

  it('are rules with a name, a value and a table', () => {
    assert.deepEqual(rule('Header always SET X-A: "a %{E}e %%"'), {
      action: 'set',
      name: 'X-A',
      table: 'always',
      early: false,
      at: 't.conf:1',
      value: {
        kind: 'format',
        parts: [{ text: 'a ' }, { code: 'e', name: 'E' }, { text: ' ' }, { text: '%' }],
      },
    });
    assert.equal(rule('Header onsuccess add X y').table, 'onsuccess');
  });

  it('have conditions', () => {
    assert.deepEqual(rule('Header add X y env=A').env, { name: 'A', negate: false });
    assert.deepEqual(rule('Header unset X env=!A').env, { name: 'A', negate: true });
    assert.equal(rule('RequestHeader set X y early').early, true);
    assert.deepEqual(rule('Header set X y expr=true').expr, { op: 'const', value: true });
  });

  it('unset without a value, echo by a pattern', () => {
    assert.equal(rule('RequestHeader unset X').value, undefined);
    const echo = rule('Header echo ^X-(?:A|B)$');
    assert.equal(echo.name, '^X-(?:A|B)$');
    assert.ok(new RegExp(echo.regex?.source ?? '(').test('X-A'));
  });

  it('edit with a pattern, a replacement and a condition', () => {
    const edit = rule('Header edit* Set-Cookie ^(.*)$ "$1; Secure" env=TLS');
    assert.equal(edit.action, 'edit*');
    assert.ok(edit.regex);
    assert.deepEqual(edit.value, { kind: 'format', parts: [{ text: '$1; Secure' }] });
    assert.deepEqual(edit.env, { name: 'TLS', negate: false });
  });

  it('take string expressions for values', () => {
    assert.equal(rule('Header set X "expr=%{REQUEST_METHOD}"').value?.kind, 'expr');
    assert.equal(rule('Header edit X a "expr=%{REQUEST_METHOD}"').value?.kind, 'expr');
  });

  it('gather in order, requests and responses apart', () => {
    const text = 'Header set A 1\nRequestHeader set B 2\nHeader add C 3';
    const base = read(text).servers[0]?.draft.base;
    assert.deepEqual(
      base?.responseHeaders?.map(({ name }) => name),
      ['A', 'C'],
    );
    assert.deepEqual(
      base.requestHeaders?.map(({ name }) => name),
      ['B'],
    );
  });

  it('say so when early has no effect', () => {
    const { notes } = read('<Location />\nHeader set X y early\n</Location>');
    assert.deepEqual(notes, [
      'irrelevant Header: early rules act before any section is looked at: no effect in a section',
    ]);
    assert.deepEqual(read('Header set X y early').notes, []);
  });
});
