/** What the client gets of a member's response (httpd-semantics 4.2, 10.5). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request } from '../harness/case.js';
import type { FieldList } from '../harness/message.js';
import type { Answer } from '../harness/origins.js';
import { LISTEN, LISTEN2, WEB1, WEB2 } from '../harness/places.js';

function answered(
  name: string,
  answer: Answer,
  expect = `${answer.status ?? 200} web1`,
  method = 'GET',
): DiffCase {
  return { name, script: () => () => answer, steps: [request(method, '/rr/x')], expect: [expect] };
}

function fields(name: string, list: FieldList): DiffCase {
  return answered(name, { fields: list });
}

/** A response that names its members by address, which differ per server. */
function located(name: string, field: string, value: (port: string) => string): DiffCase {
  return {
    name,
    script: () => (seen) => {
      const host = seen.fields.find(([key]) => key.toLowerCase() === 'host')?.[1] ?? '';
      return { status: 302, reason: 'Found', body: '', fields: [[field, value(host)]] };
    },
    steps: [get('/rr/x')],
    expect: ['302 web1'],
  };
}

describeAlike({
  name: 'a response of a member',
  config: `
Listen ${LISTEN}
ProxyPass /rr http://${WEB1}
`,
  cases: [
    answered('keeps a reason phrase of the member', { reason: 'Very Fine' }),
    answered('keeps a status that is not registered', { status: 299, reason: 'Odd' }),
    answered('passes 404 with its body', { status: 404, body: 'mine\n' }),
    answered('passes 401 with its challenge', {
      status: 401,
      fields: [['WWW-Authenticate', 'Basic realm="x"']],
    }),
    answered('closes after a 500 of the member', { status: 500, reason: 'Broken', body: 'b\n' }),
    answered('closes after a 503 of the member', { status: 503, reason: 'Busy', body: 'b\n' }),
    answered('closes after a 500 whose body comes later', { status: 500, body: 'b\n', bodyDelay: 30 }),
    answered('passes a body that comes later', { body: 'later\n', bodyDelay: 30 }),
    answered('passes chunks that come later', { body: 'later\n', bodyDelay: 30, framing: 'chunked' }),
    answered('passes 502 of the member', { status: 502, reason: 'Mine', body: 'b\n' }),
    answered('passes 204 without a body', { status: 204 }),
    answered('passes 304 without a body', { status: 304, fields: [['ETag', '"a"']] }),
    answered('passes a chunked body', { framing: 'chunked', body: 'chunked body\n' }),
    answered('drops trailers', { framing: 'chunked', body: 'b\n', trailers: 'X-Trailer: 1\r\n' }),
    answered('passes a body that ends with the connection', { framing: 'close', body: 'to the end\n' }),
    answered('passes a body of a coding that is not known', {
      framing: 'close',
      fields: [['Transfer-Encoding', 'identity']],
      body: 'as it is\n',
    }),
    answered('passes an empty body', { body: '' }),
    answered('passes a large body', { body: 'l'.repeat(300_000) }),
    answered('passes a large chunked body', { body: 'm'.repeat(300_000), framing: 'chunked' }),
    answered('answers HEAD with the length of the member', { body: 'twelve bytes' }, '200 web1', 'HEAD'),
    fields('keeps Server and other fields of the member', [
      ['Server', 'foo/1'],
      ['X-Powered-By', 'bar'],
      ['ETag', '"e"'],
      ['Cache-Control', 'no-store'],
    ]),
    fields('keeps two Set-Cookie apart', [
      ['Set-Cookie', 'a=b; path=/'],
      ['X-Between', '1'],
      ['Set-Cookie', 'c=d; HttpOnly'],
    ]),
    fields('keeps repeated fields apart', [
      ['X-Twice', 'one'],
      ['X-Twice', 'two'],
    ]),
    fields('drops Connection, what it names, and other hop-by-hop fields', [
      ['Connection', 'X-Zap'],
      ['X-Zap', '1'],
      ['Keep-Alive', 'timeout=5'],
      ['Upgrade', 'h2c'],
      ['Proxy-Authenticate', 'Basic'],
    ]),
    fields('rewrites dates of old forms', [
      ['Last-Modified', 'Sunday, 06-Nov-94 08:49:37 GMT'],
      ['Expires', 'Sun Nov  6 08:49:37 1994'],
    ]),
    fields('keeps an empty field', [['X-Empty', '']]),
    fields('leaves foreign Location alone', [['Location', 'http://other.test/foo']]),
    {
      name: 'answers with both Content-Length and chunked as chunked',
      script: () => () => ({
        raw: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
        close: true,
      }),
      steps: [get('/rr/x')],
      expect: ['200 web1'],
    },
    {
      name: 'takes an HTTP/1.0 response',
      script: () => () => ({ raw: 'HTTP/1.0 200 Fine\r\nContent-Type: text/plain\r\n\r\nold', close: true }),
      steps: [get('/rr/x'), get('/rr/y')],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'reuses the connection to the member',
      steps: [get('/rr/x'), get('/rr/y'), get('/rr/z')],
      expect: ['200 web1', '200 web1', '200 web1'],
      check: (seen) => {
        const reuse = seen.map((one) => one.seen[0]?.reuse);
        if (!(reuse[2] === (reuse[1] ?? 0) + 1)) throw new Error(`not reused: ${reuse.join()}`);
      },
    },
  ],
});

describeAlike({
  name: 'ProxyPassReverse',
  config: `
Listen ${LISTEN}
Listen ${LISTEN2}
<Proxy balancer://rr>
  BalancerMember http://${WEB1}
</Proxy>
ProxyPass /rr balancer://rr
ProxyPassReverse /rr balancer://rr
ProxyPass /lone/ http://${WEB2}/
ProxyPassReverse /lone/ http://${WEB2}/
ProxyPassReverse /paths /inner
ProxyPassReverseCookieDomain internal.example .public.example
ProxyPassReverseCookiePath /app /
`,
  cases: [
    located('maps Location of the member', 'Location', (host) => `http://${host}/foo/bar?x=1`),
    located('maps Content-Location', 'Content-Location', (host) => `http://${host}/foo`),
    located('maps the host in another case', 'Location', (host) => `HTTP://${host}/Foo`),
    located('maps the root', 'Location', (host) => `http://${host}/`),
    located('leaves another port alone', 'Location', () => 'http://127.0.0.1:1/foo'),
    located('leaves a foreign host alone', 'Location', () => 'http://other.test/foo'),
    located('leaves a relative Location alone', 'Location', () => '/foo/bar'),
    located('maps a path by a path', 'Location', () => '/inner/x'),
    fields('maps domain and path of cookies', [
      ['Set-Cookie', 'a=b; path=/app/x; Domain=internal.example; Secure'],
      ['Set-Cookie', 'c=d; Path=/other; domain=Internal.Example'],
      ['Set-Cookie', 'e=f; domain=x.internal.example; path=/'],
    ]),
  ],
});
