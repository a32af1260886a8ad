/**
 * Virtual hosts by TLS on the default engine, beside mod_ssl: certificates by name, names that do not fit together, what
 * is said of the connection to members and clients, what only TLS may see, and the idioms around https.
 */
import { describeAlike } from '../harness/alike.js';
import { authority } from '../harness/authority.js';
import { get } from '../harness/case.js';
import type { TlsDial } from '../harness/client.js';
import { LISTEN, LISTEN_TLS, PORT, PORT_TLS, WEB1, WEB2 } from '../harness/places.js';

const shows = (name: string): string =>
  `SSLEngine on\nSSLCertificateFile "${authority().path(`${name}.pem`)}"\nSSLCertificateKeyFile "${authority().path(`${name}.key`)}"`;

const over = (dial: TlsDial, host: string, target = '/x', rows: string[] = []) =>
  get(target, rows, { to: 'LISTEN_TLS', tls: dial, host });

const config = (): string => `
Listen ${LISTEN}
Listen ${LISTEN_TLS} https
<VirtualHost *:${PORT_TLS}>
  ServerName one.test
  ServerAlias *.one.test
  ${shows('one')}
  ProxyPass / http://${WEB1}/one/
</VirtualHost>
<VirtualHost *:${PORT_TLS}>
  ServerName two.test
  ${shows('two')}
  RequestHeader set X-Forwarded-Proto https
  Header always set Strict-Transport-Security "max-age=31536000; includeSubDomains"
  ProxyPass / http://${WEB2}/two/
</VirtualHost>
<VirtualHost *:${PORT_TLS}>
  ServerName also.two.test
  ${shows('two')}
  RewriteEngine on
  RewriteCond %{HTTPS} =on
  RewriteRule ^/secure$ /was-secure [PT]
  RequestHeader set X-Scheme expr=%{REQUEST_SCHEME}
  RequestHeader set X-Https expr=%{HTTPS}
  RequestHeader set X-Tagged "%{HTTPS}s"
  <If "%{HTTPS} == 'on'">
    Header set X-If-Https yes
  </If>
  <Location /ssl>
    SSLRequireSSL
  </Location>
  <Location /provider>
    Require ssl
  </Location>
  ProxyPass / http://${WEB2}/also/
</VirtualHost>
<VirtualHost *:${PORT}>
  ServerName one.test
  RewriteEngine on
  RewriteCond %{HTTPS} !=on
  RewriteRule ^/?(.*) https://%{SERVER_NAME}/$1 [R=301,L]
</VirtualHost>
<VirtualHost *:${PORT}>
  ServerName two.test
  Redirect permanent / https://two.test/
</VirtualHost>
<VirtualHost *:${PORT}>
  ServerName also.two.test
  RequestHeader set X-Scheme expr=%{REQUEST_SCHEME}
  RequestHeader set X-Https expr=%{HTTPS}
  <If "%{HTTPS} == 'on'">
    Header set X-If-Https yes
  </If>
  <Location /ssl>
    SSLRequireSSL
  </Location>
  <Location /provider>
    Require ssl
  </Location>
  <Location /either>
    <RequireAny>
      Require ssl
      Require ip 127.0.0.1
    </RequireAny>
  </Location>
  ProxyPass / http://${WEB2}/plain/
</VirtualHost>
`;

describeAlike({
  name: 'virtual hosts by TLS',
  config,
  cases: [
    {
      name: 'show a certificate each, by the name in the hello',
      steps: [over({ name: 'one.test' }, 'one.test'), over({ name: 'two.test' }, 'two.test')],
      expect: ['200 web1', '200 web2'],
    },
    {
      name: 'are found by an alias with a wildcard',
      steps: [over({ name: 'www.one.test' }, 'www.one.test'), over({ name: 'a.b.one.test' }, 'one.test')],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'show the first one’s certificate for another name, and for none',
      steps: [over({ name: 'other.test' }, 'one.test'), over({}, 'one.test')],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'serve an unknown Host by the first one, over its own handshake',
      steps: [over({ name: 'one.test' }, 'unknown.test'), over({}, '127.0.0.1')],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'send a request away that names one of another certificate',
      steps: [over({ name: 'one.test' }, 'two.test'), over({ name: 'two.test' }, 'one.test')],
      expect: ['421 -', '421 -'],
    },
    {
      name: 'send a request away that names one of another certificate, without a name in the hello',
      steps: [over({}, 'two.test'), over({ name: 'unknown.test' }, 'two.test')],
      expect: ['421 -', '421 -'],
    },
    {
      name: 'take requests for each other where they show the same',
      steps: [over({ name: 'two.test' }, 'also.two.test'), over({ name: 'also.two.test' }, 'two.test')],
      expect: ['200 web2', '200 web2'],
    },
    {
      name: 'speak TLS 1.2 and 1.3',
      steps: [
        over({ name: 'one.test', version: 'TLSv1.2' }, 'one.test'),
        over({ name: 'one.test', version: 'TLSv1.3' }, 'one.test'),
      ],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'refuse TLS 1.0 and 1.1',
      steps: [
        over({ name: 'one.test', version: 'TLSv1' }, 'one.test'),
        over({ name: 'one.test', version: 'TLSv1.1' }, 'one.test'),
      ],
      expect: ['closed -', 'closed -'],
    },
    {
      name: 'tell members that the client came by https',
      steps: [over({ name: 'two.test' }, 'two.test')],
      expect: ['200 web2'],
      check: ([one]) => {
        if (
          !one?.seen[0]?.fields.some(
            ([name, value]) => /^x-forwarded-proto$/i.test(name) && value === 'https',
          )
        )
          throw new Error('no X-Forwarded-Proto');
      },
    },
    {
      name: 'say by Strict-Transport-Security that they want https, on errors too',
      script: () => () => ({ status: 404 }),
      steps: [over({ name: 'two.test' }, 'two.test')],
      expect: ['404 web2'],
    },
    {
      name: 'know their scheme in expressions, tags and sections',
      steps: [over({ name: 'also.two.test' }, 'also.two.test'), get('/x', [], { host: 'also.two.test' })],
      expect: ['200 web2', '200 web2'],
    },
    {
      name: 'know HTTPS in conditions of rewrites',
      steps: [over({ name: 'also.two.test' }, 'also.two.test', '/secure')],
      expect: ['200 web2'],
    },
    {
      name: 'send plain requests to https by mod_rewrite and by mod_alias',
      steps: [get('/a?b=c', [], { host: 'one.test' }), get('/a?b=c', [], { host: 'two.test' })],
      expect: ['301 -', '301 -'],
    },
    {
      name: 'keep what SSLRequireSSL guards from plain requests',
      steps: [
        get('/ssl/x', [], { host: 'also.two.test' }),
        over({ name: 'also.two.test' }, 'also.two.test', '/ssl/x'),
      ],
      expect: ['403 -', '200 web2'],
    },
    {
      name: 'keep what Require ssl guards from plain requests',
      steps: [
        get('/provider/x', [], { host: 'also.two.test' }),
        over({ name: 'also.two.test' }, 'also.two.test', '/provider/x'),
      ],
      expect: ['403 -', '200 web2'],
    },
    {
      name: 'let in plainly whoever else is let in',
      steps: [get('/either/x', [], { host: 'also.two.test' })],
      expect: ['200 web2'],
    },
    {
      name: 'keep a connection for several requests, which may name whom they may',
      steps: ['two.test', 'also.two.test', 'one.test'].map((host) =>
        get('/x', [], { to: 'LISTEN_TLS', tls: { name: 'two.test' }, on: 'c', host }),
      ),
      expect: ['200 web2', '200 web2', '421 -'],
    },
  ],
});
