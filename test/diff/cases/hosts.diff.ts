/** Which Host fields, targets and methods are refused, and what of a refused request the log still knows. */
import { describeAlike } from '../harness/alike.js';
import { get, raw, request } from '../harness/case.js';
import { LISTEN, LOG_DIR, WEB1 } from '../harness/places.js';

const FINE = [
  ...[
    '.www.example.com',
    '[::ffff:1.2.3.4]:80',
    '-',
    'a.',
    'a.b-c_d.e:00080',
    '300.1.1.1',
    'a.b.:80',
    '[::1]',
  ],
];
const REFUSED = [
  ...['www.example.com:', 'www.example.com:0', 'www.example.com:70000', 'www.example.com:x', '1.2.3', '12'],
  ...[
    'www.1x',
    'www.x1.-a',
    '1.2.3.04',
    '[1::zz]',
    '[::1',
    '.',
    'a..',
    'a..b',
    '*.x',
    'a~b',
    'h@i',
    'a,b',
    '',
  ],
];

describeAlike({
  name: 'Host fields',
  config: `
Listen ${LISTEN}
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'takes what httpd takes',
      steps: FINE.map((host) => get('/x', [], { host })),
      expect: FINE.map(() => '200 web1'),
    },
    {
      name: 'refuses what httpd refuses',
      steps: REFUSED.map((host) => get('/x', [], { host })),
      expect: REFUSED.map(() => '400 -'),
    },
  ],
});

describeAlike({
  name: 'Targets and methods on the node engine',
  engine: 'node',
  config: `
Listen ${LISTEN}
Header always set X-Marked yes
Header set X-Success yes
LogFormat "%{X-Id}i %{User-Agent}i %r %>s" refused
CustomLog ${LOG_DIR}/access.log refused
ProxyPass /local !
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'refuses a fragment',
      steps: [get('/x#y'), get('/x?y#z')],
      expect: ['400 -', '400 -'],
    },
    {
      name: 'takes the host of an absolute target, in lower case, for Host',
      steps: [get('HTTP://WWW.Other.TEST:81/x', ['X-Id: absolute'])],
      expect: ['200 web1'],
    },
    {
      name: 'takes no body with TRACE, and marks no echo of its own',
      steps: [request('TRACE', '/local', [], { body: 'abc' })],
      expect: ['413 -'],
    },
    {
      name: 'logs the line of a request that is none',
      steps: [
        raw(['GET /a FOO/1.1', 'Host: www.example.com', 'X-Id: one', '', '']),
        raw(['GET /b HTTP/1.1', 'Host: www.example.com', 'X-Id: two', 'User-Agent: me', 'Bad Field', '', '']),
      ],
      expect: ['400 -', '400 -'],
    },
  ],
});

describeAlike({
  name: 'HttpProtocolOptions RegisteredMethods',
  config: `
Listen ${LISTEN}
HttpProtocolOptions RegisteredMethods
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'answers 501 to methods that nobody knows, proxied or not',
      steps: [
        request('M-SEARCH', '/x'),
        request('PATCH', '/x'),
        request('REPORT', '/x'),
        request('LINK', '/x'),
      ],
      expect: ['501 -', '200 web1', '200 web1', '501 -'],
    },
  ],
});

describeAlike({
  name: 'Proxies of the main server and of a vhost',
  config: `
Listen ${LISTEN}
RemoteIPInternalProxy 192.168.0.0/16 127.0.0.1
<VirtualHost *>
  RemoteIPHeader X-Forwarded-For
  RemoteIPTrustedProxy 8.8.8.0/24
  Header always set X-Client "%{REMOTE_ADDR}s"
  ProxyPass / http://${WEB1}/
</VirtualHost>
`,
  cases: [
    {
      name: 'trusts both',
      steps: [
        get('/a', ['X-Forwarded-For: 9.9.9.9, 8.8.8.9']),
        get('/b', ['X-Forwarded-For: 7.7.7.7, 10.0.0.1, 8.8.8.9']),
        get('/c%zz', ['X-Forwarded-For: 9.9.9.9']),
      ],
      expect: ['200 web1', '200 web1', '400 -'],
    },
  ],
});
