import assert from 'node:assert/strict';
import { parseString } from '../../../../edge/expr/parse.js';
import { translateRegex } from '../../../../edge/expr/regex.js';
import {
  compilePlaceRedirect,
  compileRedirects,
  type RedirectSettings,
} from '../../../../edge/route/redirect.js';
import { makeRequest, type RequestPlan } from '../expr/request-fixture.js';

function locate(list: RedirectSettings[], plan: RequestPlan, isRelative = false): string | undefined {
  const found = compileRedirects(list)?.(makeRequest({ hostname: 'www.example.com', ...plan }), isRelative);
  return found === undefined ? undefined : `${found.status} ${found.location}`;
}

const prefix = (path: string, status: number, url?: string): RedirectSettings => ({
  kind: 'prefix',
  path,
  status,
  ...(url === undefined ? {} : { url }),
});

describe('redirect', () => {
  it('costs nothing where there is none', () => {
    assert.equal(compileRedirects([]), undefined);
  });

  it('hands on the rest of the path and the query', () => {
    const list = [prefix('/a', 301, 'http://b/c')];
    assert.equal(locate(list, { target: '/a/x?y' }), '301 http://b/c/x?y');
    assert.equal(locate(list, { target: '/ab' }), undefined);
  });

  it('keeps a query of its own', () => {
    assert.equal(locate([prefix('/a', 302, 'http://b/?z')], { target: '/a?y' }), '302 http://b/?z');
  });

  it('takes the first that fits', () => {
    const list = [prefix('/a/b', 410), prefix('/a', 302, 'http://b')];
    assert.equal(locate(list, { target: '/a/b' }), '410 ');
    assert.equal(locate(list, { target: '/a/c' }), '302 http://b/c');
  });

  it('makes a path absolute unless it may be relative', () => {
    const list = [prefix('/a', 302, '/b')];
    assert.equal(locate(list, { target: '/a' }), '302 http://www.example.com/b');
    assert.equal(locate(list, { target: '/a', hostPort: 8080 }), '302 http://www.example.com:8080/b');
    assert.equal(locate(list, { target: '/a' }, true), '302 /b');
  });

  it('fills in groups and refuses what is no URL then', () => {
    const list: RedirectSettings[] = [
      { kind: 'regex', regex: translateRegex('^/(.*)$'), status: 302, url: '$1' },
    ];
    assert.equal(locate(list, { target: '/x' }), '500 ');
    assert.equal(locate(list, { target: '/http:%' }), '302 http:%25');
  });

  it('never breaks a line of the response', () => {
    const step = compilePlaceRedirect({
      status: 302,
      url: parseString('http://b/?%{unescape:%{QUERY_STRING}}'),
    });
    const found = step(makeRequest({ target: '/?a%0d%0aX: y' }), false);
    assert.equal(found?.location, 'http://b/?a  X: y');
  });
});
