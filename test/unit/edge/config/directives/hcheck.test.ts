import assert from 'node:assert/strict';
import { finish, messageOf } from './reading.js';

const MEMBER = 'BalancerMember balancer://c http://a';

describe('ProxyHCExpr', () => {
  const refusals: [string, string][] = [
    ['ProxyHCExpr', 'Missing expression name for ProxyHCExpr'],
    ['ProxyHCExpr a', 'Missing expression for ProxyHCExpr'],
    ['ProxyHCExpr a {true} x', 'error: extra parameter(s)'],
    ['ProxyHCExpr a true == true', 'error: extra parameter(s)'],
    [`ProxyHCExpr ${'a'.repeat(16)} {true}`, 'Expression name limited to 15 characters'],
    ['ProxyHCExpr a {foo}', `Could not parse expression "foo": syntax error, unexpected $end, expecting '('`],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('takes an expression in braces, quotes or as one word', () => {
    const text =
      'ProxyHCExpr a {%{REQUEST_STATUS} =~ /^[234]/}\nProxyHCExpr b "hc(\'body\') =~ /up/"\nProxyHCExpr c true';
    const { healthExpressions } = finish(text);
    assert.deepEqual(Object.keys(healthExpressions), ['a', 'b', 'c']);
    assert.deepEqual(healthExpressions['c'], { op: 'const', value: true });
  });

  it('is found without case, by members of the same server only', () => {
    const [member] = finish(`ProxyHCExpr Foo {true}\n${MEMBER} hcmethod=GET hcexpr=fOO`).members;
    assert.equal(member?.health?.expression, 'foo');
    const text = `ProxyHCExpr foo {true}\n<VirtualHost *>\n${MEMBER} hcexpr=foo\n</VirtualHost>`;
    assert.equal(messageOf(text), 'BalancerMember Unknown health check condition expr: foo');
  });

  it('may have one name in two servers', () => {
    const vhost = `<VirtualHost *>\nProxyHCExpr ok {false}\n${MEMBER} hcmethod=GET hcexpr=ok\n</VirtualHost>`;
    const { healthExpressions, members } = finish(
      `ProxyHCExpr ok {true}\nBalancerMember balancer://m http://m hcmethod=GET hcexpr=ok\n${vhost}`,
    );
    assert.deepEqual(healthExpressions, {
      ok: { op: 'const', value: true },
      'ok#2': { op: 'const', value: false },
    });
    assert.deepEqual(
      members.map((member) => member.health?.expression),
      ['ok', 'ok#2'],
    );
  });
});

describe('ProxyHCTemplate', () => {
  const refusals: [string, string][] = [
    ['ProxyHCTemplate', 'Missing template name for ProxyHCTemplate'],
    ['ProxyHCTemplate a b', "Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'"],
    ['ProxyHCTemplate a b=c', 'ProxyHCTemplate: unknown Worker hcheck parameter b=c; a'],
    [
      'ProxyHCTemplate a hcinterval=1ms',
      'ProxyHCTemplate: Interval must be a positive value greater than 100ms hcinterval=1ms; a',
    ],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('gives a member its parameters, which later ones change', () => {
    const text = `ProxyHCTemplate Web hcmethod=GET hcuri=/up hcinterval=5 hcfails=3\n${MEMBER} hctemplate=wEB hcfails=4`;
    assert.deepEqual(finish(text).members[0]?.health, {
      method: 'GET',
      interval: 5000,
      passes: 1,
      fails: 4,
      uri: '/up',
      expression: '',
    });
  });

  it('connects only, when it says nothing', () => {
    assert.equal(finish(`ProxyHCTemplate t\n${MEMBER} hctemplate=t`).members[0]?.health?.method, 'TCP');
  });
});

describe('health checks of a member', () => {
  it('are none without a method', () => {
    assert.equal(finish(`${MEMBER} hcinterval=2`).members[0]?.health, undefined);
    assert.equal(finish(`${MEMBER} hcmethod=none`).members[0]?.health, undefined);
  });

  it('have defaults', () => {
    assert.deepEqual(finish(`${MEMBER} hcmethod=get11`).members[0]?.health, {
      method: 'GET11',
      interval: 30_000,
      passes: 1,
      fails: 1,
      uri: '',
      expression: '',
    });
  });

  it('need no pool of threads', () => {
    assert.equal(messageOf('ProxyHCTPsize -1'), 'Invalid ProxyHCTPsize parameter. Parameter must be >= 0');
    assert.deepEqual(finish('ProxyHCTPsize 4').members, []);
  });
});
