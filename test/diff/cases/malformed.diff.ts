/** Requests that must be refused (httpd-semantics 2.1, 4.1), and those that only look wrong. */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, raw } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';

/** A request by its lines; the empty line follows. */
function sent(name: string, lines: string[], expect: string): DiffCase {
  const method = lines[0]?.split(' ')[0] ?? 'GET';
  return { name, steps: [raw([...lines, '', ''], { method, patience: 3000 })], expect: [expect] };
}

const HOST = 'Host: www.example.com';

/** What both engines must refuse. */
const BOTH: DiffCase[] = [
  sent(
    'two differing Content-Length',
    ['POST /x HTTP/1.1', HOST, 'Content-Length: 3', 'Content-Length: 4', '', 'abcd'],
    '400 -',
  ),
  sent('Content-Length with a sign', ['POST /x HTTP/1.1', HOST, 'Content-Length: +2', '', 'ab'], '400 -'),
  sent(
    'Content-Length that is no number',
    ['POST /x HTTP/1.1', HOST, 'Content-Length: two', '', 'ab'],
    '400 -',
  ),
  sent('two Host fields', ['GET /x HTTP/1.1', HOST, 'Host: other.test'], '400 -'),
  sent('no Host field', ['GET /x HTTP/1.1', 'X-A: b'], '400 -'),
  sent('a Host with a blank', ['GET /x HTTP/1.1', 'Host: a b'], '400 -'),
  sent('a Host with a slash', ['GET /x HTTP/1.1', 'Host: a/b'], '400 -'),
  sent('another Transfer-Encoding', ['POST /x HTTP/1.1', HOST, 'Transfer-Encoding: gzip', '', 'x'], '400 -'),
  sent('a NUL in a value', ['GET /x HTTP/1.1', HOST, 'X-A: a\0b'], '400 -'),
  sent('a control byte in a value', ['GET /x HTTP/1.1', HOST, 'X-A: a\x01b'], '400 -'),
];

describeAlike({
  name: 'malformed requests on the default engine',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`,
  cases: [
    ...BOTH,
    sent('a long target', [`GET /${'a'.repeat(9000)} HTTP/1.1`, HOST], '414 -'),
    sent('a long field', ['GET /x HTTP/1.1', HOST, `X-Long: ${'b'.repeat(8300)}`], '400 -'),
    { name: 'serves on after refusals', steps: [get('/x')], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'malformed requests on the node engine',
  engine: 'node',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`,
  cases: [
    ...BOTH,
    sent('a space before the colon', ['GET /x HTTP/1.1', HOST, 'X-A : b'], '400 -'),
    sent('a field without a colon', ['GET /x HTTP/1.1', HOST, 'broken'], '400 -'),
    sent(
      'a bad chunk size',
      ['POST /x HTTP/1.1', HOST, 'Transfer-Encoding: chunked', '', 'zz', 'abc', '0', ''],
      '400 -',
    ),
    { name: 'serves on after refusals', steps: [get('/x')], expect: ['200 web1'] },
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
