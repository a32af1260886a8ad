import assert from 'node:assert/strict';
import { parseBool } from '../../../../edge/expr/parse.js';
import { translateRegex } from '../../../../edge/expr/regex.js';
import { compileEnvRules, type EnvRule } from '../../../../edge/http/env-rules.js';
import { makeRequest, type RequestPlan } from '../expr/request-fixture.js';

/** SetEnvIf: attribute, pattern, then `NAME=value` or `!NAME`. */
function rule(attribute: string, pattern: string, ...set: string[]): EnvRule {
  return {
    kind: 'attribute',
    attribute,
    regex: translateRegex(pattern),
    set: set.map((word) => {
      const [name = '', value] = word.split('=');
      return name.startsWith('!') ? { name: name.slice(1) } : { name, value: value ?? '1' };
    }),
    at: 'test:1',
  };
}

function envAfter(rules: EnvRule[], plan: RequestPlan = {}): Record<string, string> {
  const r = makeRequest(plan);
  compileEnvRules(rules)?.(r);
  return Object.fromEntries(r.env ?? []);
}

describe('environment rules', () => {
  it('set variables from a header, with the groups of the match', () => {
    const rules = [rule('X-Foo', '^(a+)(b)?', 'FOO=$1-$2-$0', 'BAR', 'BAZ=\\$1')];
    assert.deepEqual(envAfter(rules, { fields: ['x-foo', 'aab'] }), { FOO: 'aa-b-aab', BAR: '1', BAZ: '$1' });
  });

  it('see a missing header as an empty one', () => {
    assert.deepEqual(envAfter([rule('X-Foo', '^$', 'NONE'), rule('X-Foo', '.', 'SOME')]), { NONE: '1' });
  });

  it('see what earlier rules have set, and take it away', () => {
    const rules = [rule('X-Foo', 'a', 'FOO=x'), rule('FOO', 'x', 'CHAIN=yes', '!FOO')];
    assert.deepEqual(envAfter(rules, { fields: ['x-foo', 'a'] }), { CHAIN: 'yes' });
  });

  it('see the request line and both addresses, the names in any case', () => {
    const rules = [
      rule('Remote_Addr', '^(192)', 'R=$1'),
      rule('SERVER_ADDR', '(\\d+)$', 'S=$1'),
      rule('Request_Method', '(.*)', 'M=$1'),
      rule('Request_Protocol', '(.*)', 'P=$1'),
      rule('Request_URI', '(.*)', 'U=$1'),
    ];
    assert.deepEqual(envAfter(rules, { target: '/x?y' }), {
      R: '192',
      S: '1',
      M: 'GET',
      P: 'HTTP/1.1',
      U: '/x',
    });
  });

  it('take the last field whose name a pattern matches', () => {
    const named: EnvRule = {
      ...rule('^X-R.*', '(.*)', 'RX=$1'),
      attributeRegex: translateRegex('^X-R.*'),
    } as EnvRule;
    assert.deepEqual(envAfter([named], { fields: ['x-r1', 'r1', 'x-req', 'orig', 'y', 'z'] }), {
      RX: 'orig',
    });
    assert.deepEqual(envAfter([named]), { RX: '' });
  });

  it('take groups from an expression', () => {
    const expr: EnvRule = {
      kind: 'expr',
      expr: parseBool('%{HTTP_HOST} =~ /([0-9]+)/'),
      set: [{ name: 'EX', value: '$1' }],
      at: 'test:1',
    };
    assert.deepEqual(envAfter([expr], { fields: ['host', 'a12b'] }), { EX: '12' });
    assert.deepEqual(envAfter([expr], { fields: ['host', 'ab'] }), {});
  });

  it('are no step when there are none', () => {
    assert.equal(compileEnvRules([]), undefined);
  });
});
