import assert from 'node:assert/strict';
import type { AuthzNode } from '../../../../edge/http/access.js';
import type { AccessCompatSettings, CompatRule, Order } from '../../../../edge/http/access-compat.js';
import { compileAccess, type DenialHearer } from '../../../../edge/http/access-step.js';
import type { MethodLimit } from '../../../../edge/http/method-limit.js';
import { makeRequest, type RequestPlan } from '../expr/request-fixture.js';

const ALL: CompatRule = { kind: 'all' };
const POST: MethodLimit = { methods: ['POST'], isExcept: false };

function compat(order: Order, allows: CompatRule[], denies: CompatRule[]): AccessCompatSettings {
  return { orders: [{ order }], allows, denies, satisfies: [] };
}

/** The decision, and the checks that refused. */
function decide(
  authz: AuthzNode | undefined,
  settings: AccessCompatSettings | undefined,
  plan: RequestPlan = {},
): string {
  const denied: string[] = [];
  const hear: DenialHearer = (_r, _module, text) => denied.push(text.slice(0, 7));
  const verdict = compileAccess({ authz, compat: settings }, hear)?.(makeRequest(plan));
  return [verdict === 'granted' ? 'in' : 'out', ...denied].join(' ');
}

describe('Order, Allow and Deny', () => {
  it('cost nothing where there are none', () => {
    assert.equal(
      compileAccess({}, () => {}),
      undefined,
    );
  });

  it('let in whom nobody mentions by deny,allow alone', () => {
    assert.equal(decide(undefined, compat('deny,allow', [], [])), 'in');
    assert.equal(decide(undefined, compat('allow,deny', [], [])), 'out AH01797');
    assert.equal(decide(undefined, compat('mutual-failure', [], [])), 'out AH01797');
  });

  it('decide by the last word when both are said', () => {
    assert.equal(decide(undefined, compat('deny,allow', [ALL], [ALL])), 'in');
    assert.equal(decide(undefined, compat('allow,deny', [ALL], [ALL])), 'out AH01797');
  });

  it('compare networks with the address of the client', () => {
    const settings = compat('allow,deny', [{ kind: 'ip', network: '10.0.0.0/8' }], []);
    assert.equal(decide(undefined, settings, { remoteAddress: '10.9.8.7' }), 'in');
    assert.equal(decide(undefined, settings, { remoteAddress: '11.9.8.7' }), 'out AH01797');
  });

  it('must both let in, Require too, unless either is enough', () => {
    const denied: AuthzNode = { kind: 'denied' };
    const open = compat('deny,allow', [], []);
    const closed = compat('deny,allow', [], [ALL]);
    assert.equal(decide(denied, open), 'out AH01630');
    assert.equal(decide({ kind: 'granted' }, closed), 'out AH01797');
    assert.equal(decide(denied, { ...open, satisfies: [{ isAny: true }] }), 'in');
    assert.equal(decide(denied, { ...closed, satisfies: [{ isAny: true }] }), 'out AH01797 AH01630');
    assert.equal(decide(undefined, { ...closed, satisfies: [{ isAny: true }] }), 'in AH01797');
  });

  it('hold for the methods of their section', () => {
    const settings: AccessCompatSettings = {
      orders: [{ order: 'deny,allow' }, { order: 'allow,deny', limit: POST }],
      allows: [],
      denies: [{ kind: 'all', limit: { methods: ['GET', 'POST'], isExcept: true } }],
      satisfies: [],
    };
    assert.equal(decide(undefined, settings, { method: 'HEAD' }), 'in');
    assert.equal(decide(undefined, settings, { method: 'POST' }), 'out AH01797');
    assert.equal(decide(undefined, settings, { method: 'PUT' }), 'out AH01797');
  });
});
