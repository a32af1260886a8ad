import assert from 'node:assert/strict';
import type { BalancerSettings } from '../../../../../workers/balancer-settings.js';
import { finish, messageOf } from './reading.js';

function balancer(parameters: string): BalancerSettings {
  const [only] = finish(`ProxyPass / balancer://c/ ${parameters}`).balancers;
  assert.ok(only);
  return only;
}

describe('parameters of a balancer', () => {
  const refusals: [string, string][] = [
    ['foo=1', 'unknown Balancer parameter'],
    ['=1', 'unknown Balancer parameter'],
    ['lbmethod=nope', 'unknown lbmethod'],
    ['stickysessionsep=xx', 'stickysessionsep must be a single character or Off'],
    ['stickysessionsep=', 'stickysessionsep must be a single character or Off'],
    ['nofailover=x', 'failover must be On|Off'],
    ['timeout=0', 'timeout must be at least one second'],
    ['maxattempts=-1', 'maximum number of attempts must be a positive number'],
    ['scolonpathdelim=x', 'scolonpathdelim must be On|Off'],
    ['failonstatus=x', 'failonstatus must be one or more HTTP response codes'],
    ['failonstatus=99', 'failonstatus must be one or more HTTP response codes'],
    ['failonstatus=600', 'failonstatus must be one or more HTTP response codes'],
    ['failontimeout=x', 'failontimeout must be On|Off'],
    ['forcerecovery=x', 'forcerecovery must be On|Off'],
    ['growth=0', 'growth must be between 1 and 100'],
    ['growth=101', 'growth must be between 1 and 100'],
    [`nonce=${'a'.repeat(40)}`, 'Provided nonce is too large'],
  ];
  for (const [parameter, message] of refusals) {
    it(`refuses ${parameter.slice(0, 30)} as httpd does`, () => {
      assert.equal(messageOf(`ProxyPass / balancer://c/ ${parameter}`), `ProxyPass ${message}`);
    });
  }

  it('does not know a method whose module is not loaded', () => {
    const text = 'ProxyPass / balancer://c/ lbmethod=bytraffic';
    assert.equal(messageOf(text, { without: ['mod_lbmethod_bytraffic'] }), 'ProxyPass unknown lbmethod');
  });

  it('fills in what is not said', () => {
    assert.deepEqual(balancer(''), {
      row: 0,
      name: 'balancer://c',
      members: [],
      growth: 0,
      lbmethod: 'byrequests',
      nofailover: false,
      timeout: 0,
      failonstatus: [],
      failontimeout: false,
      forcerecovery: true,
      lock: 0,
      at: 't.conf:1',
    });
  });

  it('reads every parameter', () => {
    const read = balancer(
      'lbmethod=bybusyness stickysession=JSESSIONID|jsessionid stickysessionsep=: scolonpathdelim=On nofailover=on ' +
        'timeout=3 maxattempts=2 "failonstatus=500, 503" failontimeout=on forcerecovery=off growth=4 nonce=None',
    );
    assert.deepEqual(read, {
      row: 0,
      name: 'balancer://c',
      members: [],
      growth: 4,
      lbmethod: 'bybusyness',
      sticky: { cookie: 'JSESSIONID', parameter: 'jsessionid', separator: ':', scolonpathdelim: true },
      nofailover: true,
      maxattempts: 2,
      timeout: 3000,
      failonstatus: [500, 503],
      failontimeout: true,
      forcerecovery: false,
      nonce: 'None',
      lock: 0,
      at: 't.conf:1',
    });
  });

  it('uses one sticky name for cookie and parameter', () => {
    assert.deepEqual(balancer('stickysession=sid').sticky, {
      cookie: 'sid',
      parameter: 'sid',
      separator: '.',
      scolonpathdelim: false,
    });
  });

  it('takes the whole value for the route without a separator', () => {
    assert.equal(balancer('stickysession=sid stickysessionsep=off').sticky?.separator, '');
  });

  it('keeps what follows the first = of a parameter', () => {
    assert.equal(balancer('stickysession=a=b').sticky?.cookie, 'a=b');
  });

  it('leaves the number of attempts open when it is not said', () => {
    assert.equal(balancer('').maxattempts, undefined);
    assert.equal(balancer('maxattempts=0').maxattempts, 0);
  });
});
