/** RFC 9111 4.4: what invalidates; 4.2.4 and RFC 5861: when stale copies are sent. */
import { FRESH, hit, miss, ok, type Row, row, STALE, validated } from './row.js';

const DONE = (status = 200, ...fields: string[]) => ({ status, fields });
const VARIES = ok(FRESH, 'Vary: X-A');
/** The member closes before it has answered. */
const LOST = { fields: [], lost: true };
const FAILED = { status: 503, fields: [] };

export const CHANGE: Row[] = [
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH'].map((method) =>
    row(
      '4.4',
      `${method} that succeeds invalidates`,
      [ok(FRESH), DONE()],
      miss(),
      hit(),
      miss([], { method }),
      miss(),
    ),
  ),
  ...[201, 202, 204, 301, 303].map((status) =>
    row(
      '4.4',
      `${status} is success`,
      [ok(FRESH), DONE(status), ok(FRESH)],
      miss(),
      miss([], { method: 'POST', status }),
      miss(),
    ),
  ),
  ...[400, 403, 404, 409, 500, 503].map((status) =>
    row(
      '4.4',
      `POST that ends with ${status} does not`,
      [ok(FRESH), DONE(status)],
      miss(),
      miss([], { method: 'POST', status }),
      hit(),
    ),
  ),
  ...['OPTIONS', 'TRACE']
    .map((method) =>
      row(
        '4.4',
        `${method} is safe`,
        [ok(FRESH), DONE()],
        miss(),
        miss([], { method, status: method === 'TRACE' ? 405 : 200 }),
        hit(),
      ),
    )
    .filter(({ what }) => !what.startsWith('TRACE')),
  ...['Location', 'Content-Location'].map((name) =>
    row(
      '4.4',
      `the URL in ${name} too`,
      [ok(FRESH), DONE(200, `${name}: {path}/other`), ok(FRESH)],
      miss([], { below: '/other' }),
      miss([], { method: 'POST' }),
      miss([], { below: '/other' }),
    ),
  ),
  ...['Location', 'Content-Location'].map((name) =>
    row(
      '4.4',
      `not that of another host in ${name}`,
      [ok(FRESH), DONE(200, `${name}: http://other.test{path}/other`)],
      miss([], { below: '/other' }),
      miss([], { method: 'POST' }),
      hit([], { below: '/other' }),
    ),
  ),
  row(
    '4.4',
    'all variants go',
    [ok(FRESH, 'Vary: X-A'), ok(FRESH, 'Vary: X-A'), DONE(), ok(FRESH)],
    miss(['X-A: 1']),
    miss(['X-A: 2']),
    miss([], { method: 'POST' }),
    miss(['X-A: 1']),
  ),
  row(
    '4.4',
    'variants are kept again after they went',
    [VARIES, DONE(), VARIES],
    miss(['X-A: 1']),
    miss([], { method: 'POST' }),
    miss(['X-A: 1']),
    hit(['X-A: 1'], { body: '3' }),
  ),
  ...['PUT', 'DELETE', 'M-SEARCH'].map((method) =>
    row(
      '4.4',
      `the URL in Content-Location too, by ${method}`,
      [ok(FRESH), DONE(200, 'Content-Location: {path}/other'), ok(FRESH)],
      miss([], { below: '/other' }),
      miss([], { method }),
      miss([], { below: '/other' }),
    ),
  ),
  // stale
  ...['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=10'].map((word) =>
    row(
      '4.2.4',
      `nothing stale is sent with ${word} when the connection is lost`,
      [ok(`Cache-Control: max-age=10, ${word}`, 'Age: 100', 'ETag: "a"'), LOST],
      miss(),
      validated([], { status: 502 }),
    ),
  ),
  row(
    '5861 4',
    'sends the stale copy when the connection is lost',
    [ok(...STALE, 'ETag: "a"'), LOST],
    miss(),
    validated([], { status: 200, body: '1' }),
  ),
  row(
    '4.2.4',
    'sends no error page that has become stale',
    [{ status: 503, fields: ['Cache-Control: max-age=1'] }, ok(FRESH)],
    miss([], { status: 503 }),
    miss([], { after: 1100, status: 200, body: '2' }),
  ),
  row(
    '4.2.4',
    'sends nothing stale when the member answers',
    [ok(...STALE), ok(FRESH)],
    miss(),
    miss([], { body: '2' }),
  ),
  row(
    '5861 4',
    'sends the stale copy for a 5xx',
    [ok(...STALE, 'ETag: "a"'), FAILED],
    miss(),
    validated([], { status: 200, body: '1' }),
  ),
  row(
    '5861 4',
    'within stale-if-error',
    [ok('Cache-Control: max-age=10, stale-if-error=200', 'Age: 100', 'ETag: "a"'), FAILED],
    miss(),
    validated([], { status: 200, body: '1' }),
  ),
  row(
    '5861 4',
    'not beyond stale-if-error',
    [ok('Cache-Control: max-age=10, stale-if-error=20', 'Age: 100', 'ETag: "a"'), FAILED],
    miss(),
    validated([], { status: 503 }),
  ),
  ...['must-revalidate', 'proxy-revalidate', 's-maxage=10', 'no-cache'].map((word) =>
    row(
      '4.2.4',
      `never with ${word}`,
      [ok(`Cache-Control: max-age=10, ${word}`, 'Age: 100', 'ETag: "a"'), FAILED],
      miss(),
      validated([], { status: 503 }),
    ),
  ),
  row(
    '5861 3',
    'sends the stale copy while it asks for a newer one',
    [ok('Cache-Control: max-age=10, stale-while-revalidate=200', 'Age: 100', 'ETag: "a"'), ok(FRESH)],
    miss(),
    { method: 'GET', fields: [], from: 'validated', status: 200, body: '1' },
    hit([], { isAwaited: true, body: '2' }),
  ),
  row(
    '5861 3',
    'not beyond stale-while-revalidate',
    [ok('Cache-Control: max-age=10, stale-while-revalidate=20', 'Age: 100', 'ETag: "a"'), ok(FRESH)],
    miss(),
    validated([], { body: '2' }),
  ),
  row(
    '5861 3',
    'not with must-revalidate',
    [
      ok('Cache-Control: max-age=10, stale-while-revalidate=200, must-revalidate', 'Age: 100', 'ETag: "a"'),
      ok(FRESH),
    ],
    miss(),
    validated([], { body: '2' }),
  ),
];
