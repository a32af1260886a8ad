/** The list of differences that do not count: what it hides, what it must not hide, and its copy for people. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldList } from './message.js';
import { normaliseFields, normaliseLog, normaliseText, RULES } from './normalise.js';
import { leavePlaces, makePlaces, type Places } from './places.js';

describe('normalisation', () => {
  let places: Places;
  before(async () => {
    places = await makePlaces({ cert: 'site.crt', key: 'site.key' });
  });
  after(() => leavePlaces(places));

  const response = (fields: FieldList, status = 200, method = 'GET'): FieldList =>
    normaliseFields(fields, 'response', { status, method, engine: 'uws' }, places);
  const request = (fields: FieldList): FieldList =>
    normaliseFields(fields, 'request', { status: 200, method: 'GET', engine: 'uws' }, places);

  it('stands in the README word for word', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../../test/diff/README.md'), 'utf8');
    const rows = RULES.map(({ name, why }) => `- **${name}**: ${why}\n`);
    assert.deepEqual(
      rows.filter((row) => !readme.includes(row)),
      [],
    );
    assert.equal(readme.match(/^- \*\*/gm)?.length, rows.length);
  });

  it('hides case and order of field names, but not the order of equal names', () => {
    assert.deepEqual(
      response([
        ['X-B', '1'],
        ['x-a', '2'],
        ['X-b', '0'],
      ]),
      [
        ['x-a', '2'],
        ['x-b', '1'],
        ['x-b', '0'],
      ],
    );
  });

  it('hides framing, except the length that HEAD and 304 report', () => {
    const framed: FieldList = [
      ['Content-Length', '5'],
      ['Transfer-Encoding', 'chunked'],
    ];
    assert.deepEqual(response(framed), []);
    assert.deepEqual(response(framed, 200, 'HEAD'), [['content-length', '5']]);
    assert.deepEqual(response(framed, 304), [['content-length', '5']]);
  });

  it('hides the name of the product, but not a Server field of a member', () => {
    assert.deepEqual(response([['Server', 'Apache/2.4.71 (Debian) OpenSSL/3.0.19']]), [
      ['server', '{product}'],
    ]);
    assert.deepEqual(response([['Server', 'drover/0.1.0']]), [['server', '{product}']]);
    assert.deepEqual(response([['Server', 'foo/1']]), [['server', 'foo/1']]);
  });

  it('hides Connection: keep-alive to members, but not close', () => {
    assert.deepEqual(request([['Connection', 'Keep-Alive']]), []);
    assert.deepEqual(request([['Connection', 'close']]), [['connection', 'close']]);
  });

  it('hides the announcement of keep-alive to clients on the uws engine only', () => {
    const announced: FieldList = [
      ['Keep-Alive', 'timeout=5'],
      ['Connection', 'Keep-Alive'],
    ];
    assert.deepEqual(response(announced), []);
    const node = normaliseFields(
      announced,
      'response',
      { status: 200, method: 'GET', engine: 'node' },
      places,
    );
    assert.deepEqual(node, [
      ['connection', 'keep-alive'],
      ['keep-alive', 'timeout=5'],
    ]);
    assert.deepEqual(response([['Connection', 'close']]), [['connection', 'close']]);
  });

  it('hides the order of log lines', () => {
    assert.deepEqual(normaliseLog('b 2\na 1\n', places), ['a 1', 'b 2']);
  });

  it('joins repeated request fields, cookies by their pairs', () => {
    assert.deepEqual(
      request([
        ['X-A', '1'],
        ['Cookie', 'a=b'],
        ['X-A', '2'],
        ['Cookie', 'c=d'],
      ]),
      request([
        ['x-a', '1, 2'],
        ['cookie', 'a=b, c=d'],
      ]),
    );
  });

  it('shows addresses by name', () => {
    const [web1] = places.origins.members;
    assert.equal(
      normaliseText(
        `http://127.0.0.1:${web1?.port}/x on ${places.names.get('LISTEN')} in ${places.root}/logs`,
        places,
      ),
      'http://127.0.0.1:{web1}/x on 127.0.0.1:{listen} in {root}/logs',
    );
  });

  it('hides the time of a log line and the fields marked as of the moment', () => {
    assert.deepEqual(normaliseLog('[20/Nov/2026:23:19:43 +0000] D=1234 O=99 B=5', places), [
      '[{time}] D={n} O={n} B=5',
    ]);
    assert.deepEqual(response([['X-Took', 'D=12 t=1763680783000000']]), [['x-took', 'D={n} t={n}']]);
  });

  it('hides no number of a request or a body that looks like them', () => {
    assert.equal(normaliseText('GET /x?t=1&T=2 D=3', places), 'GET /x?t=1&T=2 D=3');
    assert.deepEqual(request([['X-T', 'a T=1']]), [['x-t', 'a T=1']]);
  });

  it('hides when a response was made, but not that it says so, nor how often', () => {
    const at = ['Date', 'Fri, 20 Nov 2026 23:19:43 GMT'] as const;
    assert.deepEqual(response([]), []);
    assert.deepEqual(response([[...at], [...at]]), [
      ['date', '{date}'],
      ['date', '{date}'],
    ]);
  });
});
