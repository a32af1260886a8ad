import assert from 'node:assert/strict';
import type { EnvRule } from '../../../../../edge/http/env-rules.js';
import { messageOf, read } from './reading.js';

function rules(text: string): EnvRule[] {
  return read(text).servers[0]?.draft.own.envRules ?? [];
}

describe('SetEnvIf and its kin', () => {
  const refusals: [string, string][] = [
    ['SetEnvIf', 'Missing header-field name for SetEnvIf'],
    ['SetEnvIf "" y a', 'Missing header-field name for SetEnvIf'],
    ['SetEnvIf X', 'Missing regular expression for SetEnvIf'],
    ['SetEnvIf X y', 'Missing envariable expression for SetEnvIf'],
    ['SetEnvIf X ( a', 'SetEnvIf regex could not be compiled.'],
    ['SetEnvIf ^X( y a', 'SetEnvIfHeader name regex could not be compiled.'],
    ['SetEnvIfNoCase', 'Missing header-field name for SetEnvIfNoCase'],
    ['SetEnvIfNoCase X', 'Missing regular expression for SetEnvIfNoCase'],
    ['SetEnvIfNoCase X ( a', 'SetEnvIfNoCase regex could not be compiled.'],
    ['SetEnvIfExpr', 'Missing expression for SetEnvIfExpr'],
    ['SetEnvIfExpr true', 'Missing envariable expression for SetEnvIfExpr'],
    ['SetEnvIfExpr foo a', `Could not parse expression "foo": syntax error, unexpected $end, expecting '('`],
    [
      'SetEnvIfExpr "%{FOO} == 1" a',
      `Could not parse expression "%{FOO} == 1": Variable 'FOO' does not exist`,
    ],
    ['BrowserMatch', 'Missing regular expression for BrowserMatch'],
    ['BrowserMatch x', 'Missing envariable expression for BrowserMatch'],
    ['BrowserMatch ( a', 'BrowserMatch regex could not be compiled.'],
    ['BrowserMatchNoCase', 'Missing regular expression for BrowserMatchNoCase'],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('sets 1, a value, or nothing', () => {
    const [rule] = rules('SetEnvIf X-Forwarded-For "(([\\d]{1,3}\\.?){4})" FORWARD_IP=$1 B !C D=');
    assert.deepEqual(rule?.set, [
      { name: 'FORWARD_IP', value: '$1' },
      { name: 'B', value: '1' },
      { name: 'C' },
      { name: 'D', value: '' },
    ]);
    assert.equal(rule.kind === 'attribute' && rule.attribute, 'X-Forwarded-For');
    assert.equal(rule.kind === 'attribute' && rule.attributeRegex, undefined);
  });

  it('takes a name with special characters for a pattern of names', () => {
    const [rule] = rules('SetEnvIf ^X- y a');
    assert.ok(rule?.kind === 'attribute' && rule.attributeRegex);
  });

  it('ignores case when told', () => {
    const [one, two, three] = rules('SetEnvIf A x y\nSetEnvIfNoCase A x y\nBrowserMatchNoCase x y');
    const flags = [one, two, three].map((rule) => (rule?.kind === 'attribute' ? rule.regex.flags : '?'));
    assert.deepEqual(flags, ['', 'i', 'i']);
  });

  it('looks at the browser', () => {
    const [rule] = rules('BrowserMatch ^Mozilla old');
    assert.equal(rule?.kind === 'attribute' && rule.attribute, 'User-Agent');
  });

  it('belongs to the place in a section', () => {
    const { servers } = read('<Location />\nSetEnvIfExpr true A\n</Location>');
    assert.equal(servers[0]?.places[0]?.place.envRules?.[0]?.kind, 'expr');
    assert.equal(servers[0].draft.own.envRules, undefined);
  });
});

describe('SetEnv, PassEnv and UnsetEnv', () => {
  it('gather in order', () => {
    const { servers } = read('SetEnv A\nSetEnv B "x y"\nUnsetEnv C D');
    assert.deepEqual(servers[0]?.draft.base.setEnv, [
      { name: 'A', value: '' },
      { name: 'B', value: 'x y' },
      { name: 'C' },
      { name: 'D' },
    ]);
  });

  it('pass what the process has', () => {
    process.env['DROVER_UNIT_TEST'] = 'here';
    const { servers, warnings } = read('PassEnv DROVER_UNIT_TEST DROVER_UNIT_NONE');
    delete process.env['DROVER_UNIT_TEST'];
    assert.deepEqual(servers[0]?.draft.base.setEnv, [{ name: 'DROVER_UNIT_TEST', value: 'here' }]);
    assert.deepEqual(warnings, ['AH01506: PassEnv variable DROVER_UNIT_NONE was undefined']);
  });

  it('warn of = in a name', () => {
    assert.deepEqual(read('SetEnv A=b').warnings, [
      "AH10032: Spurious usage of '=' in an environment variable name. 'SetEnv A b' expected instead?",
    ]);
  });
});
