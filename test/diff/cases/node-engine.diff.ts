/**
 * What only the `node` engine can serve as httpd does: HTTP/1.0 clients, request targets in absolute form, `OPTIONS *`,
 * keep-alive details, interim responses (httpd-semantics 2.1, 4.1, 4.2). drover's text gets `EdgeEngine node`; httpd's does not.
 */
import { describeAlike } from '../harness/alike.js';
import { get, raw, request } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';

describeAlike({
  name: 'HTTP/1.0 clients',
  engine: 'node',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`,
  cases: [
    { name: 'are served and closed', steps: [raw(['GET /x HTTP/1.0', '', ''])], expect: ['200 web1'] },
    {
      name: 'are served with a Host',
      steps: [raw(['GET /x HTTP/1.0', 'Host: a.test', '', ''])],
      expect: ['200 web1'],
    },
    {
      name: 'get an unframed body where the member sent chunks',
      script: () => () => ({ framing: 'chunked', body: 'chunks\n' }),
      steps: [raw(['GET /x HTTP/1.0', 'Host: a.test', '', ''])],
      expect: ['200 web1'],
    },
    {
      name: 'may keep the connection',
      steps: [
        raw(['GET /1 HTTP/1.0', 'Host: a', 'Connection: keep-alive', '', ''], { on: 'k' }),
        raw(['GET /2 HTTP/1.0', 'Host: a', 'Connection: keep-alive', '', ''], { on: 'k' }),
      ],
      expect: ['200 web1', '200 web1'],
    },
  ],
});

describeAlike({
  name: 'other forms of request targets',
  engine: 'node',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`,
  cases: [
    {
      name: 'absolute form names the host',
      steps: [raw(['GET http://foo.bar/rr/raw?q HTTP/1.1', 'Host: zzz', '', ''])],
      expect: ['200 web1'],
    },
    { name: 'OPTIONS * is answered here', steps: [request('OPTIONS', '*')], expect: ['200 -'] },
  ],
});

describeAlike({
  name: 'keep-alive to clients',
  engine: 'node',
  config: `Listen ${LISTEN}\nMaxKeepAliveRequests 2\nKeepAliveTimeout 3\nProxyPass / http://${WEB1}/`,
  cases: [
    {
      name: 'ends after MaxKeepAliveRequests and says how many are left to who asks',
      steps: [1, 2, 3].map((number) => get(`/${number}`, ['Connection: keep-alive'], { on: 'k' })),
      expect: ['200 web1', '200 web1', '200 web1'],
    },
  ],
});

describeAlike({
  name: 'KeepAlive Off',
  engine: 'node',
  config: `Listen ${LISTEN}\nKeepAlive Off\nProxyPass / http://${WEB1}/`,
  cases: [{ name: 'closes after each response', steps: [get('/x')], expect: ['200 web1'] }],
});

describeAlike({
  name: 'interim responses',
  engine: 'node',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`,
  cases: [
    {
      name: 'pass Expect: 100-continue on and give the member’s answer',
      steps: [request('POST', '/x', ['Expect: 100-continue'], { body: 'after the 100' })],
      expect: ['200 web1'],
    },
    {
      name: 'pass from the member to the client',
      script: () => () => ({ interim: 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n' }),
      steps: [get('/x')],
      expect: ['200 web1'],
    },
    { name: 'are refused for another Expect', steps: [get('/x', ['Expect: more'])], expect: ['417 -'] },
  ],
});

describeAlike({
  name: 'bytes above ASCII in fields of members',
  engine: 'node',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/`,
  cases: [
    ...['caf\xe9', 'caf\xc3\xa9'].flatMap((word) =>
      (['GET', 'HEAD'] as const).map((method) => ({
        name: `${Buffer.from(word, 'latin1').toString('hex')} in an answer to ${method} whose body is late`,
        script: () => () => ({ fields: [['X-Word', word]] as [string, string][], bodyDelay: 30 }),
        steps: [request(method, '/x', [], { on: 'k' }), request(method, '/y', [], { on: 'k' })],
        expect: ['200 web1', '200 web1'],
      })),
    ),
  ],
});
