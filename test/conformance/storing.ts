/** RFC 9111 3: what may be stored, and which of its fields; 5.2.2: what a response says of it. */
import { FRESH, hit, miss, notReused, ok, type Row, reused, row } from './row.js';

const WITH_WORD = [
  ...[
    200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 451, 500, 501, 502, 503, 504,
    299, 499, 599,
  ],
].map((status) =>
  row(
    '3',
    `stores ${status} with max-age`,
    [{ status, fields: [FRESH] }],
    miss([], { status }),
    hit([], { status }),
  ),
);

const WITHOUT_WORD = [201, 202, 302, 303, 307, 400, 403, 500, 503, 599].map((status) =>
  row('3', `does not store ${status} without a word`, [{ status, fields: ['ETag: "a"'] }], miss(), miss()),
);

const KEPT = [
  'X-Own: one',
  'Content-Type: text/x-a',
  'Content-Language: de',
  'Link: </a>; rel=next',
  'Set-Cookie: a=b',
  'ETag: "a"',
  'Last-Modified: {now-500}',
  'Content-Location: /a',
  'X-Content-Type-Options: nosniff',
  'Content-Foo: a',
  'X-Content-Foo: a',
  'Content-Encoding: own',
  'Content-MD5: rL0Y20zC+Fzt72VPzMSk2A==',
  'Content-Range: a',
  "Content-Security-Policy: default-src 'self'",
  'Clear-Site-Data: cache',
  'Expires: {now+100}',
  'Public-Key-Pins: a',
  'Set-Cookie2: a=b',
  'X-Frame-Options: deny',
  'X-XSS-Protection: 1; mode=block',
].map((field) => {
  const [name = ''] = field.split(':');
  return row('3.1', `keeps ${name}`, [ok(FRESH, field)], miss(), hit([], { shows: [`${name}: .`] }));
});

const DROPPED = [
  ['X-Hop', ['Connection: X-Hop', 'X-Hop: 1']],
  ['Keep-Alive', ['Keep-Alive: timeout=7, max=3']],
  ['Proxy-Authenticate', ['Proxy-Authenticate: Basic']],
  ['Proxy-Authorization', ['Proxy-Authorization: Basic eA==']],
  ['Proxy-Authentication-Info', ['Proxy-Authentication-Info: a=b']],
  ['Upgrade', ['Upgrade: h2c']],
  ['TE', ['TE: trailers']],
  ['Proxy-Connection', ['Proxy-Connection: close']],
] as const;

/** Stale by its own word when it comes. */
const EXPIRED = [
  200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599,
].map((status) =>
  row(
    '4.2.4',
    `does not reuse a stale ${status}`,
    [{ status, fields: ['Expires: {now-5000}', 'Last-Modified: {now-100000}', 'Date: {now+0}'] }, ok()],
    miss([], { status }),
    miss([], { status: 200, body: '2' }),
  ),
);

export const STORING: Row[] = [
  ...WITH_WORD,
  ...EXPIRED,
  ...WITHOUT_WORD,
  ...KEPT,
  ...DROPPED.filter(([name]) => name !== 'Keep-Alive').map(([name, fields]) =>
    row('3.1', `does not keep ${name}`, [ok(FRESH, ...fields)], miss(), hit([], { shows: [`!${name}`] })),
  ),
  row(
    '3.1',
    'keeps what Connection does not name beside what it names',
    [ok(FRESH, 'Connection: X-A, X-B', 'X-A: 1', 'X-B: 2', 'X-C: 3')],
    miss(),
    hit([], { shows: ['!X-A', '!X-B', 'X-C: ^3$'] }),
  ),
  row(
    '9112 6.3',
    'bytes behind the announced end are nobody’s',
    [
      { fields: [FRESH], body: 'x'.repeat(5), beyond: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' },
      ok(FRESH),
    ],
    miss([], { body: 'xxxxx', shows: ['Content-Length: ^5$'] }),
    hit([], { body: 'xxxxx', shows: ['Content-Length: ^5$'] }),
    miss([], { below: '/other', body: '2' }),
  ),
  row(
    '3.1',
    'does not keep what private names',
    [ok('Cache-Control: max-age=100, private="x-a"', 'X-A: 1')],
    miss([], { shows: ['X-A: 1'] }),
    hit([], { shows: ['!X-A'] }),
  ),
  row(
    '3',
    'stores no response to POST',
    [ok(FRESH)],
    miss([], { method: 'POST' }),
    miss([], { method: 'POST' }),
    miss(),
  ),
  row(
    '3.3',
    'stores no partial response',
    [{ status: 206, fields: [FRESH, 'Content-Range: bytes 0-0/9'] }],
    miss(['Range: bytes=0-0'], { status: 206 }),
    miss(),
  ),
  ...[102, 103].map((status) =>
    row(
      '9110 15.2',
      `passes ${status} on and stores the final response`,
      [{ fields: [FRESH], interim: [{ status, fields: ['Link: </a>; rel=preload'] }] }],
      miss([], { status: 200, body: '1', shows: ['!Link'], hears: [status] }),
      hit([], { status: 200, body: '1', shows: ['!Link'], hears: [] }),
    ),
  ),
  row(
    '5.2.2.5',
    'a newer response that may not be stored is not served',
    [ok(FRESH), ok('Cache-Control: no-store'), ok(FRESH)],
    miss(),
    miss(['Cache-Control: no-cache'], { body: '2' }),
    miss([], { body: '3' }),
  ),
  row('3', 'a cookie of the client changes nothing', [ok(FRESH)], miss(), hit(['Cookie: a=b'])),
  row(
    '3.3',
    'stores no body that was cut',
    [{ fields: [FRESH], body: 'x'.repeat(100), cut: 50 }, ok(FRESH)],
    miss([], { status: 0 }),
    miss(),
    hit(),
  ),
  notReused('5.2.2.5', 'no-store forbids it', 'Cache-Control: max-age=100, no-store'),
  notReused('5.2.2.5', 'no-store forbids it in any case', 'Cache-Control: max-age=100, No-STORE'),
  notReused('5.2.2.7', 'private forbids it', 'Cache-Control: max-age=100, private'),
  notReused(
    '5.2.2.7',
    'private forbids it before an Expires',
    'Expires: {now+100}',
    'Cache-Control: private',
  ),
  notReused('5.2.2.4', 'no-cache is not reused unasked', 'Cache-Control: max-age=100, no-cache'),
  row(
    '5.2.2.4',
    'no-cache for a field leaves that field out',
    [ok('Cache-Control: max-age=100, no-cache="x-a"', 'X-A: 1')],
    miss(),
    hit([], { shows: ['!X-A'] }),
  ),
  row(
    '5.2.2.4',
    'no-cache is validated',
    [ok('Cache-Control: no-cache', 'ETag: "a"'), { status: 304, fields: ['ETag: "a"'] }],
    miss(),
    { method: 'GET', fields: [], from: 'validated', body: '1', status: 200 },
  ),
  reused(
    '5.2.2.9',
    'public allows 404 without a lifetime',
    'Cache-Control: public',
    'Last-Modified: {now-5000}',
  ),
  row(
    '5.2.2.9',
    'public makes 302 storable',
    [{ status: 302, fields: ['Cache-Control: public', 'Location: /x'] }],
    miss([], { status: 302 }),
    hit([], { status: 302 }),
  ),
  reused(
    '5.2.2.3',
    'must-understand overrides no-store where the status is known',
    'Cache-Control: max-age=100, no-store, must-understand',
  ),
  row(
    '5.2.2.3',
    'must-understand forbids what is not known',
    [{ status: 599, fields: ['Cache-Control: max-age=100, must-understand'] }],
    miss(),
    miss(),
  ),
  reused('5.2', 'a quoted argument is no directive', 'Cache-Control: max-age=100, x="no-store, private"'),
  reused('5.2', 'an unknown directive changes nothing', 'Cache-Control: max-age=100, unknown=no-store'),
  reused('5.2', 'several lines are one field', 'Cache-Control: unknown', 'Cache-Control: max-age=100'),
  notReused(
    '5.2',
    'a directive of the second line counts',
    'Cache-Control: max-age=100',
    'Cache-Control: no-store',
  ),
  ...['public', 's-maxage=100', 'must-revalidate', 'proxy-revalidate'].map((word) =>
    row(
      '3.5',
      `what credentials were sent for is passed on, and stored for none (${word})`,
      [ok(`Cache-Control: max-age=100, ${word}`)],
      miss(['Authorization: Basic eA==']),
      miss(['Authorization: Basic eA==']),
      miss(),
      hit(),
    ),
  ),
  row(
    '9110 9.3.2',
    'answers HEAD from a stored GET',
    [ok(FRESH)],
    miss(),
    hit([], { method: 'HEAD', body: '' }),
  ),
  row('9110 9.3.2', 'stores nothing of a HEAD', [ok(FRESH)], miss([], { method: 'HEAD' }), miss(), hit()),
  row(
    '2',
    'tells queries apart',
    [ok(FRESH)],
    miss([], { below: '?a=1' }),
    miss([], { below: '?a=2' }),
    hit([], { below: '?a=1' }),
  ),
  row(
    '2',
    'tells an empty query from none of another path',
    [ok(FRESH)],
    miss([], { below: '/a' }),
    miss([], { below: '/b' }),
  ),
  row(
    '9112 6.3',
    'a body of a coding that is not known ends with the connection',
    [{ fields: [FRESH], coding: 'identity' }],
    miss([], { status: 200, body: '1', shows: ['Transfer-Encoding: ^chunked$'] }),
    hit([], { status: 200, body: '1', shows: ['Content-Length: ^1$', '!Transfer-Encoding'] }),
  ),
];
