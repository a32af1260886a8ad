/** What the member gets: request line, fields, body (httpd-semantics 4.1). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, raw, request } from '../harness/case.js';
import { LISTEN, LISTEN2, PORT, PORT2, WEB1 } from '../harness/places.js';

const CASES: DiffCase[] = [
  {
    name: 'adds the X-Forwarded fields',
    steps: [get('/x', ['User-Agent: t/1', 'Accept: */*'])],
    expect: ['200 web1'],
  },
  {
    name: 'appends to X-Forwarded fields of the client',
    steps: [
      get('/x', ['X-Forwarded-For: 9.8.7.6', 'X-Forwarded-Host: first.test', 'X-Forwarded-Server: s.test']),
    ],
    expect: ['200 web1'],
  },
  {
    name: 'drops Connection and what it names, and other hop-by-hop fields',
    steps: [
      get('/x', [
        'Connection: keep-alive, X-Gone',
        'X-Gone: 1',
        'X-Stays: 1',
        'Proxy-Connection: keep-alive',
        'TE: trailers',
        'Upgrade: foo',
      ]),
    ],
    expect: ['200 web1'],
  },
  {
    name: 'joins repeated fields',
    steps: [get('/x', ['X-Many: a', 'X-Other: o', 'X-Many: b', 'Accept: text/html', 'Accept: */*'])],
    expect: ['200 web1'],
  },
  {
    name: 'passes Authorization, Proxy-Authorization, Cookie, Via and Referer',
    steps: [
      get('/x', [
        'Authorization: Basic YTpi',
        'Proxy-Authorization: Basic YTpi',
        'Cookie: a=b; c="d e"',
        'Via: 1.1 other',
        'Referer: http://r.test/"q"',
      ]),
    ],
    expect: ['200 web1'],
  },
  { name: 'passes an empty field', steps: [get('/x', ['X-Empty:', 'X-Blank:   '])], expect: ['200 web1'] },
  {
    name: 'counts Max-Forwards down',
    steps: [get('/x', ['Max-Forwards: 5'])],
    expect: ['200 web1'],
  },
  { name: 'refuses Max-Forwards: 0', steps: [get('/x', ['Max-Forwards: 0'])], expect: ['400 -'] },
  {
    name: 'passes POST with a body',
    steps: [request('POST', '/x', ['Content-Type: text/plain'], { body: 'a=1&b=2' })],
    expect: ['200 web1'],
  },
  {
    name: 'passes POST with an empty body',
    steps: [request('POST', '/x', [], { body: '' })],
    expect: ['200 web1'],
  },
  {
    name: 'passes a body larger than what is held back for failover',
    steps: [request('PUT', '/x', [], { body: 'z'.repeat(70_000) })],
    expect: ['200 web1'],
  },
  {
    name: 'passes a chunked body',
    steps: [
      raw(
        [
          'POST /x HTTP/1.1',
          'Host: www.example.com',
          'Transfer-Encoding: chunked',
          '',
          '5',
          'hello',
          '6',
          ' world',
          '0',
          '',
          '',
        ],
        { method: 'POST' },
      ),
    ],
    expect: ['200 web1'],
  },
  {
    name: 'passes a large chunked body',
    steps: [
      raw(
        [
          'POST /x HTTP/1.1',
          'Host: www.example.com',
          'Transfer-Encoding: chunked',
          '',
          '9c40',
          'y'.repeat(40_000),
          '0',
          '',
          '',
        ],
        { method: 'POST' },
      ),
    ],
    expect: ['200 web1'],
  },
  {
    name: 'passes GET with a body',
    steps: [request('GET', '/x', [], { body: 'why not' })],
    expect: ['200 web1'],
  },
  ...['HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'PUT', 'PROPFIND'].map(
    (method): DiffCase => ({
      name: `passes ${method}`,
      steps: [request(method, '/x')],
      expect: ['200 web1'],
    }),
  ),
  {
    name: 'takes requests one after the other on a connection',
    steps: [
      get('/1', [], { on: 'a' }),
      request('POST', '/2', [], { body: 'b', on: 'a' }),
      get('/3', [], { on: 'a' }),
    ],
    expect: ['200 web1', '200 web1', '200 web1'],
  },
  { name: 'closes when the client asks', steps: [get('/x', ['Connection: close'])], expect: ['200 web1'] },
  {
    name: 'takes a Host with a port',
    steps: [get('/x', [], { host: 'www.example.com:8123' })],
    expect: ['200 web1'],
  },
  {
    name: 'takes a Host in upper case',
    steps: [get('/x', [], { host: 'WWW.Example.COM' })],
    expect: ['200 web1'],
  },
];

describeAlike({
  name: 'a request to a member',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`,
  cases: CASES,
});

describeAlike({
  name: 'settings of the request to a member',
  config: `
Listen ${LISTEN}
Listen ${LISTEN2}
<VirtualHost *:${PORT}>
  ServerName keep.test
  ProxyPreserveHost On
  ProxyVia On
  ProxyPass / http://${WEB1}/
</VirtualHost>
<VirtualHost *:${PORT2}>
  ServerName bare.test
  ProxyAddHeaders Off
  ProxyVia Block
  ProxyPass / http://${WEB1}/ disablereuse=On
</VirtualHost>
`,
  cases: [
    {
      name: 'ProxyPreserveHost On keeps the Host',
      steps: [get('/x', [], { host: 'kept.test:99' })],
      expect: ['200 web1'],
    },
    { name: 'ProxyVia On adds Via both ways', steps: [get('/x', ['Via: 1.0 first'])], expect: ['200 web1'] },
    {
      name: 'ProxyAddHeaders Off adds nothing',
      steps: [get('/x', ['X-Forwarded-For: 1.2.3.4'], { to: 'LISTEN2' })],
      expect: ['200 web1'],
    },
    {
      name: 'ProxyVia Block drops Via',
      steps: [get('/x', ['Via: 1.0 first'], { to: 'LISTEN2' })],
      expect: ['200 web1'],
    },
  ],
});

describeAlike({
  name: 'ProxyVia Full',
  config: `Listen ${LISTEN}\nProxyVia Full\nProxyPass / http://${WEB1}/`,
  cases: [{ name: 'names the product', steps: [get('/x')], expect: ['200 web1'] }],
});
