import assert from 'node:assert/strict';
import { parseBool } from '../../../../edge/expr/parse.js';
import { type AuthzNode, compileAuthz } from '../../../../edge/http/access.js';
import { makeRequest, type RequestPlan } from '../expr/request-fixture.js';

const GRANTED: AuthzNode = { kind: 'granted' };
const DENIED: AuthzNode = { kind: 'denied' };

function lets(node: AuthzNode, plan: RequestPlan = {}): boolean {
  return compileAuthz(node)(makeRequest(plan)) === 'granted';
}

function group(kind: 'all' | 'any' | 'none', ...children: AuthzNode[]): AuthzNode {
  return { kind, children };
}

function not(child: AuthzNode): AuthzNode {
  return { kind: 'not', child };
}

describe('access rules', () => {
  // Containers as mod_authz_core decides them.
  const CASES: [string, AuthzNode, boolean][] = [
    ['any of granted and denied', group('any', DENIED, GRANTED), true],
    ['any of denied', group('any', DENIED, DENIED), false],
    ['all of granted and denied', group('all', GRANTED, DENIED), false],
    ['all of granted', group('all', GRANTED, GRANTED), true],
    ['all of granted and not denied', group('all', GRANTED, not(DENIED)), true],
    ['all of granted and not granted', group('all', GRANTED, not(GRANTED)), false],
    ['not denied alone, which is neutral', group('all', not(DENIED)), false],
    ['none of denied beside granted', group('all', GRANTED, group('none', DENIED)), true],
    ['none of granted beside granted', group('all', GRANTED, group('none', DENIED, GRANTED)), false],
    ['an empty container', group('all'), false],
    ['any of an all that fails and a granted', group('any', group('all', GRANTED, DENIED), GRANTED), true],
  ];
  for (const [name, node, expected] of CASES)
    it(`${expected ? 'let in' : 'keep out'}: ${name}`, () => assert.equal(lets(node), expected));

  it('know networks of both families, and IPv4 within IPv6', () => {
    const node: AuthzNode = { kind: 'ip', networks: ['10.1.0.0/16', '2001:db8::/32', '192.0.2.7/32'] };
    for (const remoteAddress of ['10.1.2.3', '2001:db8:1::1', '192.0.2.7', '::ffff:10.1.0.1'])
      assert.equal(lets(node, { remoteAddress }), true, remoteAddress);
    for (const remoteAddress of ['10.2.0.1', '2001:db9::1', '192.0.2.8', '', 'nonsense'])
      assert.equal(lets(node, { remoteAddress }), false, remoteAddress);
  });

  it('know what is local', () => {
    assert.equal(lets({ kind: 'local' }, { remoteAddress: '127.8.9.1' }), true);
    assert.equal(lets({ kind: 'local' }, { remoteAddress: '::1' }), true);
    assert.equal(lets({ kind: 'local' }, { remoteAddress: '192.0.2.1', localAddress: '192.0.2.1' }), true);
    assert.equal(lets({ kind: 'local' }, { remoteAddress: '192.0.2.2', localAddress: '192.0.2.1' }), false);
  });

  it('take HEAD for GET, and methods by their exact name', () => {
    assert.equal(lets({ kind: 'method', methods: ['GET'] }, { method: 'HEAD' }), true);
    assert.equal(lets({ kind: 'method', methods: ['HEAD'] }, { method: 'GET' }), true);
    assert.equal(lets({ kind: 'method', methods: ['POST', 'PUT'] }, { method: 'put' }), false);
  });

  it('ask whether one of the variables is set', () => {
    const decide = compileAuthz({ kind: 'env', names: ['A', 'B'] });
    const r = makeRequest();
    assert.equal(decide(r), 'denied');
    r.setEnv('B', '');
    assert.equal(decide(r), 'granted');
  });

  it('ask expressions without making the response vary', () => {
    const r = makeRequest({ fields: ['host', 'a'] });
    assert.equal(compileAuthz({ kind: 'expr', expr: parseBool("%{HTTP_HOST} == 'a'") })(r), 'granted');
    assert.deepEqual(r.responseFields, []);
  });

  it('wait for a name that nobody has looked up yet, whatever stands around', () => {
    const host: AuthzNode = { kind: 'host', domains: ['example.com'] };
    const r = makeRequest({ remoteAddress: '192.0.2.99' });
    assert.equal(compileAuthz(group('any', DENIED, group('all', GRANTED, not(host))))(r), 'waits');
    assert.equal(typeof r.waitsFor, 'function');
  });

  it('want a user only where one would make a difference', () => {
    const user: AuthzNode = { kind: 'valid-user' };
    const answer = (node: AuthzNode): string => compileAuthz(node)(makeRequest());
    assert.equal(answer(group('any', DENIED, user)), 'anonymous');
    assert.equal(answer(group('any', user, GRANTED)), 'granted');
    assert.equal(answer(group('all', GRANTED, user)), 'anonymous');
    assert.equal(answer(group('all', user, DENIED)), 'denied');
    assert.equal(answer(group('all', GRANTED, not(user))), 'granted');
  });

  it('look at the name of a user who has logged in', () => {
    const r = makeRequest();
    r.user = 'anna';
    r.login = 'granted';
    assert.equal(compileAuthz({ kind: 'user', names: ['otto', 'anna'] })(r), 'granted');
    assert.equal(compileAuthz({ kind: 'user', names: ['Anna'] })(r), 'denied');
    assert.equal(compileAuthz({ kind: 'group', names: ['staff'] })(r), 'denied');
  });
});
