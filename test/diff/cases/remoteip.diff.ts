/** Who the client is behind other balancers (httpd-semantics 2.13). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get } from '../harness/case.js';
import { LISTEN, LISTEN2, WEB1 } from '../harness/places.js';

function said(value: string, what: string): DiffCase {
  return {
    name: `${what}: ${value}`,
    steps: [get('/x', [`X-Forwarded-For: ${value}`])],
    expect: ['200 web1'],
  };
}

/** What is the same whatever the lists say. */
const VALUES: DiffCase[] = [
  { name: 'no header', steps: [get('/x')], expect: ['200 web1'] },
  said('9.9.9.9', 'one address'),
  said('8.8.8.8, 9.9.9.9', 'two addresses'),
  said('8.8.8.8, 10.1.2.3', 'a proxy at the end'),
  said('8.8.8.8 ,10.1.2.3,  10.9.9.9', 'blanks'),
  said('10.1.2.3', 'nothing but a proxy'),
  said('7.7.7.7, 10.0.0.1, 192.168.3.3, 10.0.0.2', 'a stranger between proxies'),
  said('8.8.8.8, nonsense', 'no address'),
  said('nonsense, 8.8.8.8', 'no address further left'),
  said('8.8.8.8, , 10.0.0.1', 'an empty item'),
  said('8.8.8.8:1234', 'a port'),
  said('999.8.8.8', 'a number too high'),
  said('2001:db8::1', 'IPv6'),
  said('[2001:db8::1]', 'IPv6 in brackets'),
  said('::ffff:8.8.8.8', 'IPv4 in IPv6'),
  said('fe80::1', 'IPv6 of a link'),
  said('192.168.1.1', 'a private address'),
  said('172.31.0.1', 'another private address'),
  said('172.32.0.1', 'one that is not private'),
  said('7.7.7.7, 10.3.3.3, 11.0.0.1, 10.0.0.2', 'both kinds of proxies'),
  said('5.5.5.5, 12.0.0.1, 6.6.6.6, 11.0.0.1', 'hops behind a stranger'),
  said('192.168.1.1, 12.0.0.2, 11.0.0.1', 'a private address behind proxies'),
  {
    name: 'several fields are one list',
    steps: [get('/x', ['X-Forwarded-For: 8.8.8.8', 'X-Forwarded-For: 10.0.0.9'])],
    expect: ['200 web1'],
  },
  {
    name: 'a list of proxies that the client made up',
    steps: [get('/x', ['X-Proxies: 1.2.3.4', 'X-Forwarded-For: 8.8.8.8'])],
    expect: ['200 web1'],
  },
];

const COMMON = `
Listen ${LISTEN}
RemoteIPHeader X-Forwarded-For
RemoteIPProxiesHeader X-Proxies
RequestHeader set X-Client "expr=%{REMOTE_ADDR}"
RequestHeader set X-Peer "expr=%{CONN_REMOTE_ADDR}"
Header set X-Note "expr=%{note:remoteip-proxy-ip-list}"
`;

const LISTS: [string, string][] = [
  ['internal proxies', 'RemoteIPInternalProxy 127.0.0.1 10.0.0.0/8'],
  ['trusted proxies', 'RemoteIPTrustedProxy 127.0.0.1 10.0.0.0/8 11.0.0.0/8'],
  ['no list of proxies', ''],
  [
    'internal and trusted proxies',
    'RemoteIPInternalProxy 127.0.0.1 10.0.0.0/8\nRemoteIPTrustedProxy 11.0.0.0/8 12.0.0.0/8',
  ],
  ['a client that is no proxy', 'RemoteIPTrustedProxy 10.0.0.0/8'],
];

for (const [name, lines] of LISTS) {
  describeAlike({
    name: `RemoteIPHeader with ${name}`,
    config: `${COMMON}${lines}\nProxyPass / http://${WEB1}/\n`,
    cases: VALUES,
  });
}

describeAlike({
  name: 'the address of RemoteIPHeader',
  config: `
Listen ${LISTEN}
Listen ${LISTEN2}
RemoteIPHeader X-Real-IP
RemoteIPInternalProxy 127.0.0.0/8
SetEnvIf Remote_Addr ^9\\. nine
<Location /require>
  Require ip 9.0.0.0/8
</Location>
<Location /env>
  Require env nine
</Location>
<Location /local>
  Require local
</Location>
<Location /allow>
  Order deny,allow
  Deny from all
  Allow from 9.9
</Location>
<Location /expr>
  Require expr "-R '9.0.0.0/8'"
</Location>
ProxyPass / http://${WEB1}/
<VirtualHost ${LISTEN2}>
  ServerName www.example.com
  RemoteIPHeader X-Other
</VirtualHost>
`,
  cases: [
    ...['/require', '/env', '/allow', '/expr'].map((path) => ({
      name: `counts for ${path}`,
      steps: [get(`${path}/x`, ['X-Real-IP: 9.9.1.1']), get(`${path}/x`, ['X-Real-IP: 8.1.1.1'])],
      expect: ['200 web1', '403 -'],
    })),
    {
      name: 'is not local',
      steps: [get('/local/x'), get('/local/x', ['X-Real-IP: 9.9.1.1'])],
      expect: ['200 web1', '403 -'],
    },
    {
      name: 'comes from the header that the vhost names',
      steps: [get('/x', ['X-Other: 7.7.7.7', 'X-Real-IP: 6.6.6.6'], { to: 'LISTEN2' })],
      expect: ['200 web1'],
    },
  ],
});
