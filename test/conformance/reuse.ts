/** RFC 9111 4.1, 5.2.1, 5.4 and RFC 9110 13: variants, what a client asks for, and its conditions. */
import { FRESH, hit, miss, ok, type Row, row, STALE, validated } from './row.js';

const TAGGED = ok(FRESH, 'ETag: "a"', 'Last-Modified: {now-5000}');
const WEAK = ok(FRESH, 'ETag: W/"a"');
const NOT_MODIFIED = (...fields: string[]) => ({ status: 304, fields });

function asked(
  section: string,
  what: string,
  fields: string[],
  answers: Row['answers'],
  goesOn: boolean,
): Row {
  return row(section, what, answers, miss(), goesOn ? miss(fields) : hit(fields));
}

const VARIES = ok(FRESH, 'Vary: X-A');

const MADE_IN_2025 = ok(
  'Date: Wed, 01 Jan 2025 00:00:00 GMT',
  'Cache-Control: max-age=2000000000',
  'ETag: "a"',
);
const SHOWS_2025 = 'Date: ^Wed, 01 Jan 2025 00:00:00 GMT$';

export const REUSE: Row[] = [
  row('4.1', 'reuses for the same value', [VARIES], miss(['X-A: 1']), hit(['X-A: 1'])),
  row('4.1', 'does not for another value', [VARIES], miss(['X-A: 1']), miss(['X-A: 2'])),
  row('4.1', 'does not for an absent field', [VARIES], miss(['X-A: 1']), miss()),
  row('4.1', 'reuses when it was absent both times', [VARIES], miss(), hit()),
  row(
    '4.1',
    'keeps several variants',
    [VARIES],
    miss(['X-A: 1']),
    miss(['X-A: 2']),
    hit(['X-A: 1'], { body: '1' }),
    hit(['X-A: 2'], { body: '2' }),
  ),
  row('4.1', 'names have no case', [ok(FRESH, 'Vary: x-a')], miss(['X-A: 1']), hit(['x-A: 1'])),
  row(
    '4.1',
    'compares all that are named',
    [ok(FRESH, 'Vary: X-A, X-B')],
    miss(['X-A: 1', 'X-B: 1']),
    miss(['X-A: 1', 'X-B: 2']),
    hit(['X-A: 1', 'X-B: 1']),
  ),
  row(
    '4.1',
    'takes several lines for one field',
    [ok(FRESH, 'Vary: X-A', 'Vary: X-B')],
    miss(['X-A: 1', 'X-B: 1']),
    miss(['X-A: 1', 'X-B: 2']),
  ),
  row(
    '4.1',
    'ignores fields that are not named',
    [VARIES],
    miss(['X-A: 1', 'X-C: 1']),
    hit(['X-A: 1', 'X-C: 2']),
  ),
  row('4.1', 'blanks around commas change nothing', [VARIES], miss(['X-A: 1,2']), hit(['X-A: 1, 2'])),
  row(
    '4.1',
    'languages have no case',
    [ok(FRESH, 'Vary: Accept-Language')],
    miss(['Accept-Language: en, de']),
    hit(['Accept-Language:  eN ,  De']),
    miss(['Accept-Language: de, en']),
  ),
  row('4.1', 'another order is another value', [VARIES], miss(['X-A: 1, 2']), miss(['X-A: 2, 1'])),
  ...['*, *', ', *', '*, X-A'].map((value) =>
    row(
      '4.1',
      `"${value}" is never reused`,
      [ok(FRESH, `Vary: ${value}`)],
      miss(['X-A: 1']),
      miss(['X-A: 1']),
    ),
  ),
  ...[
    ['*', '*'],
    ['', '*'],
  ].map(([one, two]) =>
    row(
      '4.1',
      `lines of "${one}" and "${two}" are never reused`,
      [ok(FRESH, `Vary: ${one}`, `Vary: ${two}`)],
      miss(['X-A: 1']),
      miss(['X-A: 1']),
    ),
  ),
  row(
    '4.1',
    'compares three in any order',
    [ok(FRESH, 'Vary: X-A, X-B, X-C')],
    miss(['X-A: 1', 'X-B: 2', 'X-C: 3']),
    hit(['X-C: 3', 'X-A: 1', 'X-B: 2']),
    miss(['X-A: 1', 'X-B: 4', 'X-C: 3']),
  ),
  row(
    '4.1',
    'reuses when one of three was absent both times',
    [ok(FRESH, 'Vary: X-A, X-B, X-C')],
    miss(['X-A: 1', 'X-C: 3']),
    hit(['X-A: 1', 'X-C: 3']),
  ),
  row(
    '4.3.1',
    'a validation has the fields that select the variant',
    [ok(...STALE, 'ETag: "a"', 'Vary: X-A'), NOT_MODIFIED(FRESH, 'ETag: "a"', 'Vary: X-A')],
    miss(['X-A: 1']),
    validated(['X-A: 1'], { status: 200, body: '1' }),
  ),
  row('4.1', '* is never reused', [ok(FRESH, 'Vary: *')], miss(), miss()),
  row('4.1', '* among others is never reused', [ok(FRESH, 'Vary: X-A, *')], miss(), miss()),
  row(
    '4.1',
    'a list that grows tells all of it apart',
    [VARIES, ok(FRESH, 'Vary: X-A, X-B')],
    miss(['X-A: 1']),
    miss(['X-A: 2', 'X-B: 1']),
    miss(['X-A: 2', 'X-B: 2']),
  ),
  asked('5.2.1.4', 'no-cache of the client is heeded', ['Cache-Control: no-cache'], [ok(FRESH)], true),
  asked('5.4', 'so is Pragma', ['Pragma: no-cache'], [ok(FRESH)], true),
  asked(
    '5.4',
    'but not beside Cache-Control',
    ['Pragma: no-cache', 'Cache-Control: max-age=50'],
    [ok(FRESH)],
    false,
  ),
  asked('5.2.1.5', 'no-store of the client goes past', ['Cache-Control: no-store'], [ok(FRESH)], true),
  asked('5.2.1.1', 'max-age that is old enough', ['Cache-Control: max-age=50'], [ok(FRESH)], false),
  asked('5.2.1.1', 'max-age=0', ['Cache-Control: max-age=0'], [ok(FRESH)], true),
  asked('5.2.1.1', 'max-age younger than it is', ['Cache-Control: max-age=10'], [ok(FRESH, 'Age: 20')], true),
  asked('5.2.1.3', 'min-fresh that it has', ['Cache-Control: min-fresh=10'], [ok(FRESH)], false),
  asked('5.2.1.3', 'min-fresh that it has not', ['Cache-Control: min-fresh=1000'], [ok(FRESH)], true),
  asked('5.2.1.2', 'max-stale allows it', ['Cache-Control: max-stale=1000'], [ok(...STALE)], false),
  asked(
    '5.2.1.2',
    'max-stale without a number allows any',
    ['Cache-Control: max-stale'],
    [ok(...STALE)],
    false,
  ),
  asked('5.2.1.2', 'max-stale that is too short', ['Cache-Control: max-stale=10'], [ok(...STALE)], true),
  ...['must-revalidate', 'proxy-revalidate', 's-maxage=10']
    .map((word) =>
      asked(
        '4.2.4',
        `${word} allows no stale copy`,
        ['Cache-Control: max-stale=1000'],
        [ok(`Cache-Control: max-age=10, ${word}`, 'Age: 100', 'ETag: "a"')].map((a) => a),
        true,
      ),
    )
    .map((one) => ({
      ...one,
      steps: one.steps.map((s, i) => (i === 1 ? { ...s, from: 'validated' as const } : s)),
    })),
  row(
    '5.2.1.7',
    'only-if-cached without a copy is 504',
    [ok(FRESH)],
    hit(['Cache-Control: only-if-cached'], { status: 504 }),
  ),
  asked('5.2.1.7', 'only-if-cached with one', ['Cache-Control: only-if-cached'], [ok(FRESH)], false),
  row(
    '5.2.1.7',
    'only-if-cached with a stale one is 504',
    [ok(...STALE)],
    miss(),
    hit(['Cache-Control: only-if-cached'], { status: 504 }),
  ),
  // conditions
  row(
    '4.3.2',
    'If-None-Match that matches is 304',
    [TAGGED],
    miss(),
    hit(['If-None-Match: "a"'], { status: 304, shows: ['ETag: "a"'] }),
  ),
  row('4.3.2', 'If-None-Match compares weakly', [WEAK], miss(), hit(['If-None-Match: "a"'], { status: 304 })),
  row(
    '4.3.2',
    'If-None-Match compares a weak one weakly',
    [TAGGED],
    miss(),
    hit(['If-None-Match: W/"a"'], { status: 304 }),
  ),
  row(
    '4.3.2',
    'If-None-Match finds it in a list',
    [TAGGED],
    miss(),
    hit(['If-None-Match: "x", "a"'], { status: 304 }),
  ),
  row('4.3.2', 'If-None-Match: * is 304', [TAGGED], miss(), hit(['If-None-Match: *'], { status: 304 })),
  row(
    '4.3.2',
    'If-None-Match that does not match',
    [TAGGED],
    miss(),
    hit(['If-None-Match: "b"'], { status: 200 }),
  ),
  row('4.3.2', 'tags have a case', [TAGGED], miss(), hit(['If-None-Match: "A"'], { status: 200 })),
  row(
    '9110 13.1.3',
    'If-Modified-Since at its date is 304',
    [TAGGED],
    miss(),
    hit(['If-Modified-Since: {now-4999}'], { status: 304 }),
  ),
  row(
    '9110 13.1.3',
    'If-Modified-Since before it',
    [TAGGED],
    miss(),
    hit(['If-Modified-Since: {now-6000}'], { status: 200 }),
  ),
  row(
    '9110 13.1.3',
    'If-Modified-Since counts by Date where there is no Last-Modified',
    [ok(FRESH)],
    miss(),
    hit(['If-Modified-Since: {now+10}'], { status: 304 }),
  ),
  row(
    '9110 13.1.3',
    'a broken If-Modified-Since does not count',
    [TAGGED],
    miss(),
    hit(['If-Modified-Since: x'], { status: 200 }),
  ),
  row(
    '9110 13.2.2',
    'If-None-Match goes before If-Modified-Since',
    [TAGGED],
    miss(),
    hit(['If-None-Match: "b"', 'If-Modified-Since: {now+10}'], { status: 200 }),
  ),
  row(
    '9110 13.1.1',
    'If-Match that does not match is 412',
    [TAGGED],
    miss(),
    hit(['If-Match: "b"'], { status: 412 }),
  ),
  row('9110 13.1.1', 'If-Match that matches', [TAGGED], miss(), hit(['If-Match: "a"'], { status: 200 })),
  row(
    '9110 13.1.4',
    'If-Unmodified-Since before its date is 412',
    [TAGGED],
    miss(),
    hit(['If-Unmodified-Since: {now-6000}'], { status: 412 }),
  ),
  row(
    '4.3.2',
    'a 304 has Age and Cache-Control',
    [TAGGED],
    miss(),
    hit(['If-None-Match: "a"'], { status: 304, shows: ['Age: \\d', 'Cache-Control: max-age'] }),
  ),
  row(
    '4.3.2',
    'answers a condition by HEAD',
    [TAGGED],
    miss(),
    hit(['If-None-Match: "a"'], { status: 304, method: 'HEAD' }),
  ),
  ...['GET', 'HEAD'].map((method) =>
    row('9110 6.6.1', `Date of ${method} is when the response was made`, [MADE_IN_2025], miss(), {
      ...hit([], { shows: [SHOWS_2025, 'Age: [1-9]\\d{7}'] }),
      method,
    }),
  ),
  row(
    '9110 6.6.1',
    'Date of a 304 is that of what is stored',
    [MADE_IN_2025],
    miss(),
    hit(['If-None-Match: "a"'], { status: 304, shows: [SHOWS_2025] }),
  ),
  row(
    '9110 6.6.1',
    'Date of a range is that of what is stored',
    [MADE_IN_2025],
    miss(),
    hit(['Range: bytes=0-0'], { status: 206, body: '1', shows: [SHOWS_2025, 'Content-Length: ^1$'] }),
  ),
];
