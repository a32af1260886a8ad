import assert from 'node:assert/strict';
import type { Place } from '../../../../../edge/settings.js';
import { finish, messageOf, read } from './reading.js';

function base(text: string): Place {
  const [main] = finish(text).servers;
  assert.ok(main);
  return main.base;
}

const POOL = 'BalancerMember balancer://c http://a\nBalancerMember balancer://c http://b:81/base/';

describe('ProxyPassReverse', () => {
  it('needs a path outside a Location', () => {
    const message = 'ProxyPassReverse needs a path when not defined in a location';
    assert.equal(messageOf('ProxyPassReverse http://h/'), message);
    assert.equal(messageOf('ProxyPassReverse http://h/ interpolate'), message);
  });

  it('has the path of its Location', () => {
    const message = 'ProxyPassReverse can not have a path when defined in a location';
    assert.equal(messageOf('<Location /x>\nProxyPassReverse /x http://h/\n</Location>'), message);
    const { servers } = read('<Location /x>\nProxyPassReverse http://h/ interpolate\n</Location>');
    assert.deepEqual(servers[0]?.places[0]?.place.proxyPassReverse, [
      { path: '/x', from: ['http://h/'], interpolate: true },
    ]);
  });

  it('gathers in order', () => {
    assert.deepEqual(base('ProxyPassReverse /a http://h/\nProxyPassReverse /b /c').proxyPassReverse, [
      { path: '/a', from: ['http://h/'], interpolate: false },
      { path: '/b', from: ['/c'], interpolate: false },
    ]);
  });

  it('means every member of a balancer', () => {
    const { proxyPassReverse } = base(`${POOL}\nProxyPassReverse /app balancer://c`);
    assert.deepEqual(proxyPassReverse?.[0]?.from, ['http://a', 'http://b:81/base/']);
  });

  it("puts a balancer URL's path after each member's URL", () => {
    const { proxyPassReverse } = base(`${POOL}\nProxyPassReverse /app balancer://C/x`);
    assert.deepEqual(proxyPassReverse?.[0]?.from, ['http://a/x', 'http://b:81/base/x']);
  });

  it('swallows the slash after a member when the public path is one', () => {
    const { proxyPassReverse } = base(`${POOL}\nProxyPassReverse / balancer://c/`);
    assert.deepEqual(proxyPassReverse?.[0]?.from, [
      'http://a/',
      'http://a',
      'http://b:81/base//',
      'http://b:81/base/',
    ]);
  });

  it('leaves the URL of a balancer that is not there', () => {
    assert.deepEqual(base('ProxyPassReverse / balancer://no/').proxyPassReverse?.[0]?.from, [
      'balancer://no/',
    ]);
  });

  it('is settled in Locations and conditions too', () => {
    const { servers } = finish(`${POOL}\n<Location /x>\nProxyPassReverse balancer://c\n</Location>`);
    assert.deepEqual(servers[0]?.locations[0]?.place.proxyPassReverse?.[0]?.from, [
      'http://a',
      'http://b:81/base/',
    ]);
  });
});

describe('cookie rewriting', () => {
  it('gathers domains and paths', () => {
    const place = base(
      'ProxyPassReverseCookieDomain internal.example .public.example\nProxyPassReverseCookiePath /app /',
    );
    assert.deepEqual(place.cookieDomains, [{ internal: 'internal.example', external: '.public.example' }]);
    assert.deepEqual(place.cookiePaths, [{ internal: '/app', external: '/' }]);
  });
});
