import assert from 'node:assert/strict';
import {
  asciiTarget,
  encodePath,
  escapePath,
  normalisePath,
  type PathRules,
} from '../../../../edge/http/uri.js';

const STRICT: PathRules = { mergeSlashes: true, allowEncodedSlashes: 'Off' };

describe('a request path', () => {
  const rows: [string, string | number, Partial<PathRules>?][] = [
    ['/', '/'],
    ['/a/b.html', '/a/b.html'],
    ['/a//b///c', '/a/b/c'],
    ['/a//b', '/a//b', { mergeSlashes: false }],
    ['/a/./b/.', '/a/b/'],
    ['/a/b/../c', '/a/c'],
    ['/a/b/..', '/a/'],
    ['/..', 400],
    ['/a/../../b', 400],
    ['/%2e%2e/b', 400],
    ['/a/%2E%2e/b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/...', '/...'],
    ['/a/..b/.c', '/a/..b/.c'],
    ['/%41%7e', '/A~'],
    ['/a%20b', '/a b'],
    ['/%e9', '/\xe9'],
    ['/a%2541', '/a%41'],
    ['/%252e%252e/b', '/%2e%2e/b'],
    ['/a%2fb', 404],
    ['/a%2fb', '/a/b', { allowEncodedSlashes: 'On' }],
    ['/a%2fb', '/a%2fb', { allowEncodedSlashes: 'NoDecode' }],
    ['/a/..%2f..%2fb', '/b', { allowEncodedSlashes: 'On' }],
    ['/a/../..%2fb', '/b', { allowEncodedSlashes: 'On' }],
    ['/a/../../%2fb', 400, { allowEncodedSlashes: 'On' }],
    ['/a/b/..%2fc', '/a/c', { allowEncodedSlashes: 'On' }],
    ['/a%2f%2fb', '/a/b', { allowEncodedSlashes: 'On' }],
    ['/a%2f./b', '/a/b', { allowEncodedSlashes: 'On' }],
    ['/a/..%2fb', '/a/..%2fb', { allowEncodedSlashes: 'NoDecode' }],
    ['/a%00b', 404],
    ['/a%', 400],
    ['/a%4', 400],
    ['/a%zz', 400],
    ['a', 400],
    ['', 400],
    ['*', 400],
  ];
  for (const [path, expected, rules] of rows) {
    const how = rules === undefined ? '' : ` with ${JSON.stringify(rules)}`;
    it(`${path} is ${expected}${how}`, () => {
      assert.equal(normalisePath(path, { ...STRICT, ...rules }), expected);
    });
  }
});

describe('a target', () => {
  it('in ASCII stays as it is', () => {
    assert.equal(asciiTarget('/a?b=c%20d'), '/a?b=c%20d');
  });

  it('beyond ASCII becomes the bytes of its UTF-8', () => {
    assert.equal(asciiTarget('/é/\u010a'), '/%C3%A9/%C4%8A');
  });

  it('with a control, a blank or broken UTF-8 is none', () => {
    for (const target of ['/a b', '/a\0', '/a\x7f', '/a\r\n', '/a\ufffd'])
      assert.equal(asciiTarget(target), undefined);
  });
});

describe('a decoded path', () => {
  it('gives the same bytes again when it is encoded for a member', () => {
    for (const path of ['/a%20b', '/%E9', '/a%0D%0Ab', '/%25', '/a%3Fb', '/%23']) {
      const decoded = normalisePath(path, STRICT);
      assert.equal(typeof decoded === 'string' ? encodePath(decoded) : decoded, path);
    }
  });

  it('keeps an encoded slash that was left in it', () => {
    assert.equal(encodePath('/a%2Fb', true), '/a%2Fb');
    assert.equal(encodePath('/a%2Fb'), '/a%252Fb');
  });

  it('holds no line end in a URL for clients', () => {
    assert.equal(escapePath('/a\r\nb<>"'), '/a%0d%0ab%3c%3e%22');
  });
});
