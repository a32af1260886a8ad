/** Who the client is behind other balancers (httpd-semantics 2.13). */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, raw } from '../harness/case.js';
import { LISTEN, LISTEN2, WEB1 } from '../harness/places.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'drover-remoteip-'));
chmodSync(FOLDER, 0o755);
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));

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

/** Lists of proxies in files, as the two servers read them. */
function listed(): string {
  writeFileSync(
    join(FOLDER, 'internal'),
    '# within the house\n\n127.0.0.1\n  10.0.0.0/8   # and a comment\n#12.0.0.0/8\n',
    { mode: 0o644 },
  );
  writeFileSync(join(FOLDER, 'trusted'), '11.0.0.0/8 12.0.0.0/255.0.0.0\n2001:db8::/32', { mode: 0o644 });
  return `RemoteIPInternalProxyList ${FOLDER}/internal\nRemoteIPTrustedProxyList ${FOLDER}/trusted`;
}

describeAlike({
  name: 'RemoteIPHeader with lists in files',
  config: () => `${COMMON}${listed()}\nProxyPass / http://${WEB1}/\n`,
  cases: [...VALUES, said('7.7.7.7, 2001:db8::5', 'IPv6 in a list')],
});

describeAlike({
  name: 'RemoteIPHeader with an address that only looks like one of IPv4',
  config: `${COMMON}RemoteIPTrustedProxy 127.0.0.1 8.0.0.0/8\nProxyPass / http://${WEB1}/\n`,
  cases: [said('7.7.7.7, ::8.8.8.8', 'it is not public'), said('7.7.7.7, ::ffff:8.8.8.8', 'this is one')],
});

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

/** Version 2 of the PROXY protocol: version and command, family, what follows. */
function binary(command: number, family: number, rest: number[]): string {
  const fixed = [0x20 + command, family, rest.length >> 8, rest.length & 255, ...rest];
  return `\r\n\r\n\0\r\nQUIT\n${String.fromCharCode(...fixed)}`;
}

/** 9.8.7.6 port 1000 to 1.2.3.4 port 80. */
const ENDS4 = [9, 8, 7, 6, 1, 2, 3, 4, 0x03, 0xe8, 0, 80];
/** 2001:db8::5 port 1000 to ::1 port 80. */
const ENDS6 = [
  0x20,
  1,
  0x0d,
  0xb8,
  ...Array<number>(11).fill(0),
  5,
  ...Array<number>(15).fill(0),
  1,
  3,
  232,
  0,
  80,
];
const ASKS = 'GET /x HTTP/1.1\r\nHost: www.example.com\r\n\r\n';

function header(name: string, bytes: string, outcome: string): DiffCase {
  return { name, steps: [raw([`${bytes}${ASKS}`])], expect: [outcome] };
}

describeAlike({
  name: 'RemoteIPProxyProtocol',
  engine: 'node',
  config: `
Listen ${LISTEN}
RemoteIPProxyProtocol On
RequestHeader set X-Client "expr=%{REMOTE_ADDR}"
ProxyPass / http://${WEB1}/
`,
  cases: [
    header('a line of IPv4', 'PROXY TCP4 9.8.7.6 1.2.3.4 1000 80\r\n', '200 web1'),
    header('a line of IPv6', 'PROXY TCP6 2001:db8::5 ::1 1000 80\r\n', '200 web1'),
    header('a line without addresses', 'PROXY UNKNOWN\r\n', 'closed -'),
    header('binary, IPv4', binary(1, 0x11, ENDS4), '200 web1'),
    header('binary, IPv6', binary(1, 0x21, ENDS6), '200 web1'),
    header('binary, with more behind the addresses', binary(1, 0x11, [...ENDS4, 4, 0, 1, 9]), '200 web1'),
    header('binary, of the balancer itself', binary(0, 0, []), '200 web1'),
    header('no header', '', 'closed -'),
    header('an address that is none', 'PROXY TCP4 9.8.7.600 1.2.3.4 1000 80\r\n', 'closed -'),
    header('a port that is none', 'PROXY TCP4 9.8.7.6 1.2.3.4 x 80\r\n', 'closed -'),
    header('a family that is none', 'PROXY TCP5 9.8.7.6 1.2.3.4 1000 80\r\n', 'closed -'),
    header('binary, too short for its addresses', binary(1, 0x11, [9, 8, 7, 6]), 'closed -'),
  ],
});

describeAlike({
  name: 'RemoteIPProxyProtocolExceptions',
  engine: 'node',
  config: `
Listen ${LISTEN}
RemoteIPProxyProtocol On
RemoteIPProxyProtocolExceptions 127.0.0.0/8
RequestHeader set X-Client "expr=%{REMOTE_ADDR}"
ProxyPass / http://${WEB1}/
`,
  cases: [header('begin without a header', '', '200 web1')],
});
