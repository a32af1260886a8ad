/** Requests that must be refused (httpd-semantics 2.1, 4.1), and those that only look wrong. */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, raw } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';

/** A request by the lines of its head, and its body. */
function sent(name: string, lines: string[], expect: string, body = ''): DiffCase {
  const method = lines[0]?.split(' ')[0] ?? 'GET';
  return { name, steps: [raw([...lines, '', body], { method })], expect: [expect] };
}

const HOST = 'Host: www.example.com';
const POST = ['POST /x HTTP/1.1', HOST];
const GET = ['GET /x HTTP/1.1', HOST];
const NO_CHUNKS = '0\r\n\r\n';
const CONFIG = `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`;

/** What uWebSockets.js lets through and drover's guard must refuse; the node engine refuses it too. */
const GUARDED: DiffCase[] = [
  sent('two differing Content-Length', [...POST, 'Content-Length: 3', 'Content-Length: 4'], '400 -', 'abc'),
  sent('two equal Content-Length', [...POST, 'Content-Length: 3', 'Content-Length: 3'], '400 -', 'abc'),
  sent(
    'two differing Content-Length of HEAD',
    ['HEAD /x HTTP/1.1', HOST, 'Content-Length: 3', 'Content-Length: 4'],
    '400 -',
  ),
  sent('two Host fields', [...GET, 'Host: other.test'], '400 -'),
  sent('a Host with a blank', ['GET /x HTTP/1.1', 'Host: a b'], '400 -'),
  sent('a Host with a slash', ['GET /x HTTP/1.1', 'Host: a/b'], '400 -'),
  sent('Transfer-Encoding: gzip', [...POST, 'Transfer-Encoding: gzip'], '400 -', NO_CHUNKS),
  sent('a method that is no token', ['G@T /x HTTP/1.1', HOST], '400 -'),
];

/** What uWebSockets.js refuses by itself. */
const PARSED: DiffCase[] = [
  sent('a list of Content-Length', [...POST, 'Content-Length: 3, 3'], '400 -', 'abc'),
  sent('Content-Length with a sign', [...POST, 'Content-Length: +2'], '400 -', 'ab'),
  sent('Content-Length that is no number', [...POST, 'Content-Length: two'], '400 -', 'ab'),
  sent('no Host field', ['GET /x HTTP/1.1', 'X-A: b'], '400 -'),
  sent('a bad chunk size', [...POST, 'Transfer-Encoding: chunked'], '400 -', 'zz\r\nabc\r\n0\r\n\r\n'),
];

const SERVES_ON: DiffCase = { name: 'serves on after refusals', steps: [get('/x')], expect: ['200 web1'] };

describeAlike({
  name: 'malformed requests on the default engine',
  config: CONFIG,
  cases: [
    ...GUARDED,
    sent('a long target', [`GET /${'a'.repeat(9000)} HTTP/1.1`, HOST], '414 -'),
    sent('a long field', [...GET, `X-Long: ${'b'.repeat(8300)}`], '400 -'),
    SERVES_ON,
  ],
});

describeAlike({
  name: 'requests that the default engine refuses by itself',
  loosely: 'uWebSockets.js answers them with a page of its own and tells nobody',
  config: CONFIG,
  cases: [...PARSED, SERVES_ON],
});

describeAlike({
  name: 'malformed requests on the node engine',
  engine: 'node',
  config: CONFIG,
  cases: [
    ...GUARDED,
    ...PARSED,
    sent('a NUL in a value', [...GET, 'X-A: a\0b'], '400 -'),
    sent('a control byte in a value', [...GET, 'X-A: a\x01b'], '400 -'),
    sent('a space before the colon', [...GET, 'X-A : b'], '400 -'),
    sent('a field without a colon', [...GET, 'broken'], '400 -'),
    SERVES_ON,
  ],
});

describeAlike({
  name: 'limits on requests',
  config: `
Listen ${LISTEN}
LimitRequestLine 200
LimitRequestFieldSize 100
LimitRequestFields 10
ProxyPass / http://${WEB1}/
`,
  cases: [
    sent('a request line over the limit', [`GET /${'a'.repeat(250)} HTTP/1.1`, HOST], '414 -'),
    sent('a field over the limit', ['GET /x HTTP/1.1', HOST, `X-Long: ${'b'.repeat(150)}`], '400 -'),
    sent(
      'too many fields',
      ['GET /x HTTP/1.1', HOST, ...Array.from({ length: 12 }, (_, n) => `X-${n}: 1`)],
      '400 -',
    ),
    sent('a request within the limits', ['GET /x HTTP/1.1', HOST, `X-Long: ${'b'.repeat(80)}`], '200 web1'),
  ],
});
