import assert from 'node:assert/strict';
import { parseCacheControl, parseTargetedControl } from '../../../cache/cache-control.js';
import { precondition } from '../../../cache/conditional.js';
import { initialAgeOf, lifetimeOf, STORE_DEFAULTS, type StoreRules } from '../../../cache/freshness.js';
import { parseHttpDate } from '../../../cache/http-date.js';
import { mayServe, mayServeOnError, whyNotStored } from '../../../cache/policy.js';
import { parseRange } from '../../../cache/range.js';
import { RequestFacts } from '../../../cache/request-facts.js';
import { readResponse } from '../../../cache/response-facts.js';
import type { StoredMeta } from '../../../cache/stored.js';
import { bestCoding, variantKey } from '../../../cache/vary.js';

const NOW = Date.UTC(2026, 5, 1, 12);
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toUTCString();

type Case = [
  what: string,
  status: number,
  fields: string[],
  expected: string | undefined,
  rules?: Partial<StoreRules>,
];

describe('what is stored', () => {
  const cases: Case[] = [
    ['max-age', 200, ['Cache-Control', 'max-age=5'], undefined],
    ['s-maxage', 200, ['Cache-Control', 's-maxage=5'], undefined],
    ['Expires ahead', 200, ['Expires', at(5)], undefined],
    ['Last-Modified alone', 200, ['Last-Modified', at(-500)], undefined],
    ['ETag alone', 200, ['ETag', '"a"'], undefined],
    ['nothing at all', 200, [], 'no-freshness'],
    ['nothing, with CacheIgnoreNoLastMod', 200, [], undefined, { ignoreNoLastMod: true }],
    ['no-store', 200, ['Cache-Control', 'no-store, max-age=5'], 'no-store'],
    [
      'no-store, CacheStoreNoStore',
      200,
      ['Cache-Control', 'no-store, max-age=5'],
      undefined,
      { storeNoStore: true },
    ],
    ['private', 200, ['Cache-Control', 'private, max-age=5'], 'private'],
    [
      'private, CacheStorePrivate',
      200,
      ['Cache-Control', 'private, max-age=5'],
      undefined,
      { storePrivate: true },
    ],
    ['private for a field', 200, ['Cache-Control', 'private="x-a", max-age=5'], undefined],
    ['a quoted no-store', 200, ['Cache-Control', 'max-age=5, x="no-store"'], undefined],
    ['broken Expires', 200, ['Expires', '0'], 'broken-expires'],
    ['broken Expires and max-age', 200, ['Expires', '0', 'Cache-Control', 'max-age=5'], undefined],
    ['Expires past', 200, ['Expires', at(-5), 'ETag', '"a"'], 'expired'],
    [
      'Expires past, CacheStoreExpired',
      200,
      ['Expires', at(-5), 'ETag', '"a"'],
      undefined,
      { storeExpired: true },
    ],
    ['must-revalidate of age 0', 200, ['Cache-Control', 'must-revalidate, max-age=0'], 'zero-max-age'],
    ['the same with ETag', 200, ['Cache-Control', 'must-revalidate, max-age=0', 'ETag', '"a"'], undefined],
    ['302', 302, [], 'status'],
    ['302 with max-age', 302, ['Cache-Control', 'max-age=5'], undefined],
    ['404 with max-age', 404, ['Cache-Control', 'max-age=5'], undefined],
    ['500 with Expires', 500, ['Expires', at(5)], undefined],
    ['599 with max-age', 599, ['Cache-Control', 'max-age=5'], undefined],
    ['599 that must be understood', 599, ['Cache-Control', 'max-age=5, must-understand'], 'must-understand'],
    [
      'no-store that is understood',
      200,
      ['Cache-Control', 'max-age=5, no-store, must-understand'],
      undefined,
    ],
    ['301', 301, ['Location', '/'], undefined],
    ['206', 206, ['Cache-Control', 'max-age=5'], 'partial'],
    ['304', 304, ['ETag', '"a"'], 'not-modified'],
    ['Vary: *', 200, ['Cache-Control', 'max-age=5', 'Vary', 'A, *'], 'vary-any'],
    ['Set-Cookie', 200, ['Cache-Control', 'max-age=5', 'Set-Cookie', 'a=b'], undefined],
    [
      'Set-Cookie, CacheStoreSetCookie Off',
      200,
      ['Cache-Control', 'max-age=5', 'Set-Cookie', 'a=b'],
      'set-cookie',
      { storeSetCookie: false },
    ],
    [
      'no-store for all but CDNs',
      200,
      ['Cache-Control', 'no-store', 'CDN-Cache-Control', 'max-age=5'],
      undefined,
    ],
    [
      'no-store for CDNs',
      200,
      ['Cache-Control', 'max-age=5', 'ETag', '"a"', 'CDN-Cache-Control', 'no-store'],
      'no-store',
    ],
    [
      'a broken CDN-Cache-Control',
      200,
      ['Cache-Control', 'max-age=1, no-store', 'CDN-Cache-Control', 'max-age=5,,'],
      'no-store',
    ],
  ];
  for (const [what, status, fields, expected, rules] of cases) {
    it(`${what}: ${expected ?? 'yes'}`, () => {
      const question = {
        request: new RequestFacts(),
        response: readResponse(status, fields, NOW),
        rules: { ...STORE_DEFAULTS, ...rules },
        hasQuery: false,
        isForbidden: false,
      };
      assert.equal(whyNotStored(question, NOW), expected);
    });
  }

  it('a query without explicit lifetime is not, nor what credentials were asked with', () => {
    const of = (fields: string[], hasQuery: boolean, asked: string[] = []): string | undefined =>
      whyNotStored(
        {
          request: new RequestFacts().read('GET', asked),
          response: readResponse(200, fields, NOW),
          rules: STORE_DEFAULTS,
          hasQuery,
          isForbidden: false,
        },
        NOW,
      );
    assert.equal(of(['ETag', '"a"'], true), 'query');
    assert.equal(of(['Cache-Control', 'max-age=1'], true), undefined);
    const asked = ['authorization', 'Basic x'];
    assert.equal(of(['Cache-Control', 'max-age=1'], false, asked), 'authorization');
    for (const word of ['public', 's-maxage=1', 'must-revalidate', 'proxy-revalidate'])
      assert.equal(of(['Cache-Control', `max-age=1, ${word}`], false, asked), undefined, word);
  });
});

describe('lifetime and age', () => {
  const lifetime = (fields: string[], rules: Partial<StoreRules> = {}): number =>
    lifetimeOf(readResponse(200, fields, NOW), { ...STORE_DEFAULTS, ...rules }).lifetime / 1000;

  it('prefer s-maxage to max-age to Expires to a guess', () => {
    const all = ['Cache-Control', 'max-age=2, s-maxage=1', 'Expires', at(3), 'Last-Modified', at(-40)];
    assert.equal(lifetime(all), 1);
    assert.equal(lifetime(['Cache-Control', 'max-age=2', ...all.slice(2)]), 2);
    assert.equal(lifetime(all.slice(2)), 3);
    assert.equal(lifetime(all.slice(4)), 4);
    assert.equal(lifetime([]), 3600);
  });

  it('bound guesses by CacheMinExpire and CacheMaxExpire, and nothing else', () => {
    assert.equal(lifetime(['Last-Modified', at(-40)], { minExpire: 9000 }), 9);
    assert.equal(lifetime(['Last-Modified', at(-40)], { maxExpire: 2000 }), 2);
    assert.equal(lifetime(['Cache-Control', 'max-age=5'], { maxExpire: 2000 }), 5);
  });

  it('count Expires from Date', () => {
    assert.equal(lifetime(['Date', at(-10), 'Expires', at(5)]), 15);
  });

  it('take the stricter of two, and 0 for what is no number', () => {
    assert.equal(parseCacheControl('max-age=9, max-age=3').maxAge, 3);
    for (const value of ['max-age', 'max-age=', 'max-age=-1', 'max-age=1.5', 'max-age=x', "max-age='5'"])
      assert.equal(parseCacheControl(value).maxAge, 0, value);
    assert.equal(parseCacheControl('MAX-AGE="7"').maxAge, 7);
    assert.equal(parseCacheControl('xmax-age=7').maxAge, -1);
    assert.equal(parseCacheControl(`max-age=${'9'.repeat(30)}`).maxAge, 2 ** 31);
  });

  it('correct the age by Date, Age and the time on the way', () => {
    const age = (fields: string[]): number =>
      initialAgeOf(readResponse(200, fields, NOW), NOW - 2000, NOW) / 1000;
    assert.equal(age([]), 0);
    assert.equal(age(['Date', at(-10)]), 10);
    assert.equal(age(['Age', '20']), 22);
    assert.equal(age(['Age', '20, 30']), 22);
    assert.equal(age(['Age', 'x']), 0);
    assert.equal(age(['Age', '-5']), 0);
  });

  it('read targeted fields as structured ones, or not at all', () => {
    assert.equal(parseTargetedControl('max-age=5, must-revalidate;a=1')?.maxAge, 5);
    assert.equal(parseTargetedControl('max-age="5"')?.maxAge, -1);
    assert.equal(parseTargetedControl('max-age=5.0')?.maxAge, -1);
    assert.equal(parseTargetedControl('private=?0, no-store')?.isPrivate, false);
    for (const value of ['', 'max-age =5', 'max-age=5,', 'Max-Age=5', 'a b', 'max-age=5 &'])
      assert.equal(parseTargetedControl(value), undefined, value);
  });
});

describe('dates', () => {
  it('are read in three forms, exactly', () => {
    const time = Date.UTC(1994, 10, 6, 8, 49, 37);
    for (const text of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
      'sun, 06 NOV 1994 08:49:37 gmt',
    ])
      assert.equal(parseHttpDate(text, NOW), time, text);
    for (const text of ['Sun, 6 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:37 CET', '0', '', '-1'])
      assert.ok(Number.isNaN(parseHttpDate(text, NOW)), text);
  });
});

function meta(said: Partial<StoredMeta> = {}): StoredMeta {
  return {
    status: 200,
    reason: 'OK',
    fields: [],
    date: NOW,
    requestTime: NOW,
    responseTime: NOW,
    initialAge: 0,
    lifetime: 10_000,
    basis: 'explicit',
    mustRevalidate: false,
    noCache: false,
    staleWhileRevalidate: -1,
    staleIfError: -1,
    etag: '"a"',
    lastModified: -1,
    ...said,
  };
}

describe('what is served', () => {
  const serve = (after: number, fields: string[], said: Partial<StoredMeta> = {}, rules = {}): string => {
    const request = new RequestFacts().read('GET', fields);
    const all = { ignoreCacheControl: false, staleWhileRevalidate: -1, ...rules };
    const verdict = mayServe(meta(said), false, request, all, NOW + after * 1000);
    return verdict.kind === 'fetch' ? verdict.reason : verdict.kind;
  };
  const rows: [string, string, number, string[], Partial<StoredMeta>?, object?][] = [
    ['within its lifetime', 'fresh', 9, []],
    ['at the end of it no more', 'stale', 10, []],
    ['no-cache of the client', 'request', 1, ['cache-control', 'no-cache']],
    ['Pragma', 'request', 1, ['pragma', 'no-cache']],
    ['Pragma beside Cache-Control', 'fresh', 1, ['pragma', 'no-cache', 'cache-control', 'max-age=5']],
    ['CacheIgnoreCacheControl', 'fresh', 1, ['cache-control', 'no-cache'], {}, { ignoreCacheControl: true }],
    ['max-age of the client', 'request', 5, ['cache-control', 'max-age=5']],
    ['min-fresh', 'request', 5, ['cache-control', 'min-fresh=6']],
    ['min-fresh that it has', 'fresh', 5, ['cache-control', 'min-fresh=4']],
    ['max-stale', 'stale', 12, ['cache-control', 'max-stale=5']],
    [
      'max-stale and must-revalidate',
      'stale',
      12,
      ['cache-control', 'max-stale=5'],
      { mustRevalidate: true },
    ],
    ['no-cache of the response', 'no-cache', 1, [], { noCache: true }],
  ];
  for (const [what, expected, after, fields, said, rules] of rows)
    it(`${what}: ${expected}`, () => assert.equal(serve(after, fields, said, rules), expected));

  it('stale within stale-while-revalidate, while it is asked for', () => {
    const verdict = mayServe(
      meta({ staleWhileRevalidate: 5000 }),
      false,
      new RequestFacts(),
      { ignoreCacheControl: false, staleWhileRevalidate: -1 },
      NOW + 12_000,
    );
    assert.deepEqual(verdict, { kind: 'stale', revalidate: true });
    assert.equal(serve(16, [], { staleWhileRevalidate: 5000 }), 'stale');
  });

  it('stale on errors, unless the response forbids it', () => {
    const on = (said: Partial<StoredMeta>, isOn = true): boolean =>
      mayServeOnError(meta(said), new RequestFacts(), isOn, NOW + 12_000);
    assert.equal(on({}), true);
    assert.equal(on({}, false), false);
    assert.equal(on({ mustRevalidate: true }), false);
    assert.equal(on({ staleIfError: 5000 }, false), true);
    assert.equal(on({ staleIfError: 1000 }), false);
  });
});

describe('conditions and ranges', () => {
  it('are judged by what is stored', () => {
    const judge = (fields: string[], said: Partial<StoredMeta> = {}): number =>
      precondition(meta(said), new RequestFacts().read('GET', fields), NOW);
    assert.equal(judge(['if-none-match', '"a"']), 304);
    assert.equal(judge(['if-none-match', 'W/"a"']), 304);
    assert.equal(judge(['if-none-match', '"b", "a"']), 304);
    assert.equal(judge(['if-none-match', '*']), 304);
    assert.equal(judge(['if-none-match', '"b"']), 0);
    assert.equal(judge(['if-none-match', '"b"', 'if-modified-since', at(5)]), 0);
    assert.equal(judge(['if-modified-since', at(-5)], { lastModified: NOW - 6000 }), 304);
    assert.equal(judge(['if-modified-since', at(-5)], { lastModified: NOW - 4000 }), 0);
    assert.equal(judge(['if-match', '"b"']), 412);
    assert.equal(judge(['if-match', 'W/"a"']), 412);
    assert.equal(judge(['if-match', '"a"']), 0);
    assert.equal(judge(['if-none-match', '"a"'], { status: 404 }), 0);
  });

  it('are read from Range, or the whole is sent', () => {
    assert.deepEqual(parseRange('bytes=0-1', 10), [{ first: 0, last: 1 }]);
    assert.deepEqual(parseRange('bytes=-3', 10), [{ first: 7, last: 9 }]);
    assert.deepEqual(parseRange('bytes=8-', 10), [{ first: 8, last: 9 }]);
    assert.deepEqual(parseRange('bytes=1-2, 5-20', 10), [
      { first: 1, last: 2 },
      { first: 5, last: 9 },
    ]);
    assert.deepEqual(parseRange('bytes=10-', 10), []);
    for (const value of ['lines=0-1', 'bytes=2-1', 'bytes=a-b', 'bytes=-', 'bytes=0-9,0-9,0-9'])
      assert.equal(parseRange(value, 10), undefined, value);
  });
});

describe('variants', () => {
  it('tell an absent field from an empty one, and join what is joined', () => {
    const key = (fields: string[]): string => variantKey('k', 1, ['a'], fields, false);
    assert.notEqual(key([]), key(['a', '']));
    assert.equal(key(['a', 'x,y']), key(['a', 'x', 'a', ' y']));
    assert.notEqual(variantKey('k', 1, ['a'], [], false), variantKey('k', 2, ['a'], [], false));
  });

  it('take Accept-Encoding for the best coding in it', () => {
    assert.equal(bestCoding('gzip, deflate, br'), 'br');
    assert.equal(bestCoding('gzip;q=0.5, br;q=0'), 'gzip');
    assert.equal(bestCoding('*'), 'br');
    assert.equal(bestCoding('identity'), '');
  });
});
