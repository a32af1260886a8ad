/** What is cached, and what a client is told of it, beside httpd's mod_cache (httpd-semantics 6). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request, type Step } from '../harness/case.js';
import type { FieldList } from '../harness/message.js';
import type { Answer } from '../harness/origins.js';
import { LISTEN, WEB1 } from '../harness/places.js';

let paths = 0;

/** Asks for one path of its own again and again; `from` says where each answer comes from: m(ember) or c(ache). */
function cached(
  name: string,
  answers: Answer | Answer[],
  from: string,
  rows: string[][] = [],
  options: { query?: string; statuses?: number[]; steps?: (path: string) => Step[] } = {},
): DiffCase {
  paths += 1;
  const path = `/c/${paths}${options.query ?? ''}`;
  const list = Array.isArray(answers) ? answers : [answers];
  const steps = options.steps?.(path) ?? [...from].map((_, at) => get(path, rows[at] ?? []));
  return {
    name,
    script: () => {
      let turn = 0;
      return () => {
        turn += 1;
        return { body: `answer ${turn}\n`, ...list[Math.min(turn, list.length) - 1] };
      };
    },
    steps,
    expect: [...from].map((one, at) => {
      const answer = list[0]?.status ?? 200;
      return `${options.statuses?.[at] ?? answer} ${one === 'm' ? 'web1' : '-'}`;
    }),
  };
}

/** Counted from when the file is read: a whole suite may run before the case. */
const now = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
const with_ = (...fields: FieldList): Answer => ({ fields });
const FRESH: FieldList = [['Cache-Control', 'max-age=100']];
const TAG: [string, string] = ['ETag', '"a"'];
const cc = (value: string, ...more: FieldList): Answer => ({ fields: [['Cache-Control', value], ...more] });

const CONFIG = `
Listen ${LISTEN}
ProxyPass / http://${WEB1}/
CacheEnable socache /c
CacheSocache shmcb
CacheHeader On
CacheDetailHeader On
`;

describeAlike({
  name: 'mod_cache: what is stored',
  config: CONFIG,
  cases: [
    cached('max-age', cc('max-age=100'), 'mc'),
    cached('s-maxage', cc('s-maxage=100'), 'mc'),
    cached('Expires', with_(['Expires', now(10_000)]), 'mc'),
    cached('Last-Modified alone', with_(['Last-Modified', now(-50_000)]), 'mc'),
    cached('nothing said', {}, 'mm'),
    cached('private', cc('max-age=100, private'), 'mm'),
    cached('no-store', cc('max-age=100, no-store'), 'mm'),
    cached('a broken Expires', with_(['Expires', '0']), 'mm'),
    cached('Expires in the past', with_(['Expires', 'Thu, 01 Jan 2015 00:00:00 GMT']), 'mm'),
    cached('Pragma: no-cache', cc('max-age=100', ['Pragma', 'no-cache'], TAG), 'mm'),
    cached('Pragma: no-cache and nothing to ask by', cc('max-age=100', ['Pragma', 'no-cache']), 'mm'),
    cached(
      'Pragma: no-cache beside a date',
      with_(['Pragma', 'x, No-Cache'], ['Last-Modified', now(-50_000)]),
      'mm',
    ),
    cached('another Pragma', cc('max-age=100', ['Pragma', 'x']), 'mc'),
    cached('Vary: *', cc('max-age=100', ['Vary', '*']), 'mm'),
    cached('a query without a lifetime', with_(['Last-Modified', now(-50_000)]), 'mm', [], { query: '?a=1' }),
    cached('a query with a lifetime', with_(...FRESH), 'mc', [], { query: '?a=1' }),
    cached('must-revalidate of age 0 without a validator', cc('max-age=0, must-revalidate'), 'mm'),
    cached('Set-Cookie, and replays it', cc('max-age=100', ['Set-Cookie', 'a=b']), 'mc'),
    cached('404 with max-age', { status: 404, ...cc('max-age=100') }, 'mc'),
    cached('404 without a word', { status: 404 }, 'mm'),
    cached('302 with max-age', { status: 302, ...cc('max-age=100', ['Location', '/x']) }, 'mc'),
    cached('302 without a word', { status: 302, fields: [['Location', '/x']] }, 'mm'),
    cached('301', { status: 301, fields: [['Location', '/x'], TAG] }, 'mc'),
    cached('500 with max-age', { status: 500, ...cc('max-age=100') }, 'mc'),
    cached('203 with max-age', { status: 203, ...cc('max-age=100') }, 'mc'),
    cached('410 with Expires', { status: 410, fields: [['Expires', now(10_000)]] }, 'mc'),
    cached('a body of many reads', { body: 'l'.repeat(60_000), ...cc('max-age=100') }, 'mc'),
    cached('no body that is too long for it', { body: 'l'.repeat(200_000), ...cc('max-age=100') }, 'mm'),
    cached('what credentials were sent for', cc('max-age=100, public'), 'mmmc', [
      ['Authorization: Basic eDp5'],
      ['Authorization: Basic eDp5'],
    ]),
    cached('what is not below the URL', cc('max-age=100'), 'mm', [], {
      steps: () => [get('/other'), get('/other')],
    }),
    cached('repeated fields', cc('max-age=100', ['X-A', '1'], ['X-A', '2']), 'mc'),
    cached('hop-by-hop fields', cc('max-age=100', ['Connection', 'X-Z'], ['X-Z', '1']), 'mc'),
  ],
});

describeAlike({
  name: 'mod_cache: what is served',
  config: CONFIG,
  cases: [
    cached('no-cache of the client', cc('max-age=100'), 'mmc', [[], ['Cache-Control: no-cache']]),
    cached('Pragma of the client', cc('max-age=100'), 'mmc', [[], ['Pragma: no-cache']]),
    cached('max-age=0 of the client', cc('max-age=100'), 'mmc', [[], ['Cache-Control: max-age=0']]),
    cached('no-store of the client', cc('max-age=100'), 'mmc', [[], ['Cache-Control: no-store']]),
    cached('only-if-cached with a copy', cc('max-age=100'), 'mc', [[], ['Cache-Control: only-if-cached']]),
    cached('If-None-Match', cc('max-age=100', TAG), 'mc', [[], ['If-None-Match: "a"']], {
      statuses: [200, 304],
    }),
    cached('If-None-Match in a list', cc('max-age=100', TAG), 'mc', [[], ['If-None-Match: "b", "a"']], {
      statuses: [200, 304],
    }),
    cached('If-None-Match that is weak', cc('max-age=100', TAG), 'mc', [[], ['If-None-Match: W/"a"']], {
      statuses: [200, 304],
    }),
    cached('If-None-Match: *', cc('max-age=100', TAG), 'mc', [[], ['If-None-Match: *']], {
      statuses: [200, 304],
    }),
    cached(
      'If-Modified-Since',
      cc('max-age=100', ['Last-Modified', 'Thu, 01 Jan 2015 00:00:00 GMT']),
      'mc',
      [[], ['If-Modified-Since: Thu, 01 Jan 2015 00:00:00 GMT']],
      { statuses: [200, 304] },
    ),
    cached('If-Match', cc('max-age=100', TAG), 'mc', [[], ['If-Match: "a"']]),
    cached('a range', cc('max-age=100', TAG), 'mc', [[], ['Range: bytes=1-3']], { statuses: [200, 206] }),
    cached('a suffix', cc('max-age=100', TAG), 'mc', [[], ['Range: bytes=-3']], { statuses: [200, 206] }),
    cached('an open range', cc('max-age=100', TAG), 'mc', [[], ['Range: bytes=3-']], {
      statuses: [200, 206],
    }),
    cached('a unit that is not known', cc('max-age=100', TAG), 'mc', [[], ['Range: lines=1-3']]),
    cached('If-Range', cc('max-age=100', TAG), 'mc', [[], ['Range: bytes=1-3', 'If-Range: "a"']], {
      statuses: [200, 206],
    }),
    cached('HEAD from GET', cc('max-age=100'), 'mc', [], {
      steps: (path) => [get(path), request('HEAD', path)],
    }),
    cached('variants', cc('max-age=100', ['Vary', 'X-A']), 'mcmc', [
      ['X-A: 1'],
      ['X-A: 1'],
      ['X-A: 2'],
      ['X-A: 1'],
    ]),
    cached('variants by two fields', cc('max-age=100', ['Vary', 'X-A,X-B']), 'mmc', [
      ['X-A: 1', 'X-B: 1'],
      ['X-A: 1', 'X-B: 2'],
      ['X-A: 1', 'X-B: 1'],
    ]),
    cached('POST invalidates', [cc('max-age=100'), {}, cc('max-age=100')], 'mcmm', [], {
      steps: (path) => [get(path), get(path), request('POST', path, [], { body: 'x' }), get(path)],
    }),
    cached('DELETE invalidates', [cc('max-age=100'), {}, cc('max-age=100')], 'mmm', [], {
      steps: (path) => [get(path), request('DELETE', path), get(path)],
    }),
    cached('a POST that fails does not', [cc('max-age=100'), { status: 404 }], 'mmc', [], {
      steps: (path) => [get(path), request('POST', path, [], { body: 'x' }), get(path)],
      statuses: [200, 404, 200],
    }),
    cached('hosts apart', cc('max-age=100'), 'mmc', [], {
      steps: (path) => [get(path), get(path, [], { host: 'other.test' }), get(path)],
    }),
    cached('hosts in any case', cc('max-age=100'), 'mc', [], {
      steps: (path) => [get(path), get(path, [], { host: 'WWW.Example.COM' })],
    }),
  ],
});

// Not here: a 304 that refreshes an object, for which httpd's socache store sends no body (2.4.71), and bodies without a
// length, which it does not store.
describeAlike({
  name: 'mod_cache: validation',
  config: CONFIG,
  cases: [
    cached('that finds something new', [cc('max-age=0', TAG), cc('max-age=100', ['ETag', '"b"'])], 'mmc'),
    cached(
      'of what may not be sent unasked',
      [cc('no-cache', TAG), { status: 304, ...cc('no-cache', TAG) }],
      'mm',
    ),
  ],
});

describeAlike({
  name: 'mod_cache: directives',
  config: `
Listen ${LISTEN}
ProxyPass / http://${WEB1}/
CacheEnable socache /c
CacheDisable /c/never
CacheSocache shmcb
CacheHeader On
CacheDetailHeader On
CacheIgnoreCacheControl On
CacheIgnoreHeaders Set-Cookie
CacheIgnoreQueryString On
CacheIgnoreNoLastMod On
CacheStorePrivate On
CacheStoreNoStore On
CacheIgnoreURLSessionIdentifiers jsessionid
Header set X-Rule one
`,
  cases: [
    cached('CacheIgnoreCacheControl', cc('max-age=100'), 'mc', [[], ['Cache-Control: no-cache']]),
    cached('CacheIgnoreHeaders', cc('max-age=100', ['Set-Cookie', 'a=b']), 'mc'),
    cached('CacheIgnoreQueryString', cc('max-age=100'), 'mc', [], {
      steps: (path) => [get(`${path}?a=1`), get(`${path}?a=2`)],
    }),
    cached('CacheIgnoreNoLastMod', {}, 'mc'),
    cached('CacheStorePrivate', cc('max-age=100, private'), 'mc'),
    cached('CacheStoreNoStore', cc('max-age=100, no-store'), 'mc'),
    cached('CacheIgnoreURLSessionIdentifiers', cc('max-age=100'), 'mc', [], {
      steps: (path) => [get(`${path};jsessionid=a`), get(`${path};jsessionid=b`)],
    }),
    cached('CacheDisable', cc('max-age=100'), 'mm', [], {
      steps: () => [get('/c/never/x'), get('/c/never/x')],
    }),
  ],
});

describeAlike({
  name: 'mod_cache: the quick handler and the other one',
  config: `
Listen ${LISTEN}
ProxyPass / http://${WEB1}/
CacheSocache shmcb
CacheHeader On
<Location /l>
  CacheEnable socache
</Location>
`,
  cases: [
    {
      name: 'CacheEnable in a section has no effect on the quick handler',
      script: () => () => cc('max-age=100'),
      steps: [get('/l/a'), get('/l/a')],
      expect: ['200 web1', '200 web1'],
    },
  ],
});

describeAlike({
  name: 'mod_cache: CacheQuickHandler Off',
  config: `
Listen ${LISTEN}
ProxyPass / http://${WEB1}/
CacheQuickHandler Off
CacheSocache shmcb
CacheHeader On
<Location /l>
  CacheEnable socache
</Location>
<Location /l/closed>
  Require all denied
</Location>
`,
  cases: [
    {
      name: 'CacheEnable in a section',
      script: () => () => cc('max-age=100'),
      steps: [get('/l/a'), get('/l/a')],
      expect: ['200 web1', '200 -'],
    },
    {
      name: 'rules of access hold for what is cached',
      script: () => () => cc('max-age=100'),
      steps: [get('/l/closed/a'), get('/l/closed/a')],
      expect: ['403 -', '403 -'],
    },
    {
      name: 'credentials with public',
      script: () => () => cc('max-age=100, public'),
      steps: [get('/l/p', ['Authorization: Basic eDp5']), get('/l/p')],
      expect: ['200 web1', '200 -'],
    },
    {
      name: 'credentials without public',
      script: () => () => cc('max-age=100'),
      steps: [get('/l/q', ['Authorization: Basic eDp5']), get('/l/q')],
      expect: ['200 web1', '200 web1'],
    },
  ],
});
