/**
 * Clients' certificates beside mod_ssl: who is let in by SSLVerifyClient, depth and revocation lists, in both versions of
 * TLS; what members are told of the client; and what sections ask for.
 */
import { describeAlike } from '../harness/alike.js';
import { authority } from '../harness/authority.js';
import { type DiffCase, get } from '../harness/case.js';
import type { TlsDial } from '../harness/client.js';
import { LISTEN_TLS, LOG_DIR, PORT_TLS, WEB1 } from '../harness/places.js';

const file = (name: string): string => `"${authority().path(name)}"`;

const vhost = (name: string, words: string): string => `
<VirtualHost *:${PORT_TLS}>
  ServerName ${name}.one.test
  SSLEngine on
  SSLCertificateFile ${file('one.pem')}
  SSLCertificateKeyFile ${file('one.key')}
  SSLCACertificateFile ${file('ca.pem')}
  RequestHeader set X-Verify "%{SSL_CLIENT_VERIFY}s"
  RequestHeader set X-Client "%{SSL_CLIENT_S_DN}s"
  RequestHeader set X-Client-CN "%{SSL_CLIENT_S_DN_CN}s"
  RequestHeader set X-Client-Issuer "%{SSL_CLIENT_I_DN}s"
  RequestHeader set X-Client-Serial "%{SSL_CLIENT_M_SERIAL}s"
  RequestHeader set X-Client-Dates "%{SSL_CLIENT_V_START}s %{SSL_CLIENT_V_END}s %{SSL_CLIENT_V_REMAIN}s"
  RequestHeader set X-Client-Algorithms "%{SSL_CLIENT_A_SIG}s %{SSL_CLIENT_A_KEY}s %{SSL_CLIENT_M_VERSION}s"
  CustomLog "${LOG_DIR}/access.log" "%v %{SSL_CLIENT_VERIFY}x %{SSL_CLIENT_S_DN}x %u %>s"
  ${words}
  ProxyPass / http://${WEB1}/
</VirtualHost>`;

const config = (): string => `
LogFormat "%v %>s" short
Listen ${LISTEN_TLS} https
${vhost(
  'open',
  `<Location /asked>
    SSLVerifyClient require
    SSLVerifyDepth 1
  </Location>
  <Location /verified>
    Require ssl-verify-client
  </Location>`,
)}
${vhost(
  'optional',
  `<Location /verified>
    Require ssl-verify-client
  </Location>
  <Location /asked>
    SSLVerifyClient require
  </Location>
  <Location /named>
    SSLRequire %{SSL_CLIENT_S_DN_CN} eq "drover.client"
  </Location>
  <Location /ordered>
    SSLRequire %{SSL_CLIENT_S_DN_CN} gt "zzzzzzzzz" and %{SSL_CIPHER_USEKEYSIZE} -ge 128
  </Location>
  <Location /expr>
    Require expr %{SSL_CLIENT_S_DN_CN} == 'drover.client'
  </Location>
  SSLVerifyClient optional`,
)}
${vhost('require', 'SSLVerifyClient require')}
${vhost('lax', 'SSLVerifyClient optional_no_ca')}
${vhost('deep', 'SSLVerifyClient require\nSSLVerifyDepth 2')}
${vhost('crl', `SSLVerifyClient require\nSSLCARevocationFile ${file('crl.pem')}\nSSLCARevocationCheck leaf`)}
${vhost('user', 'SSLVerifyClient require\nSSLUserName SSL_CLIENT_S_DN_CN')}
${vhost(
  'fake',
  `SSLVerifyClient optional
  SSLOptions +FakeBasicAuth
  <Location />
    AuthType Basic
    AuthName "by certificate"
    AuthBasicProvider file
    AuthUserFile ${file('fake.users')}
    Require valid-user
  </Location>`,
)}
${vhost(
  'env',
  `SSLVerifyClient require
  SSLOptions +StdEnvVars +ExportCertData
  RequestHeader set X-Env-Cert "%{SSL_CLIENT_CERT}e"
  RequestHeader set X-Tag-Cert "%{SSL_CLIENT_CERT}s"
  RequestHeader set X-Env-DN "%{SSL_CLIENT_S_DN}e"
  RequestHeader set X-Env-CN "%{SSL_CLIENT_S_DN_CN}e"
  RequestHeader set X-Env-Server "%{SSL_SERVER_S_DN}e"
  RequestHeader set X-Env-Issuer "%{SSL_CLIENT_I_DN_CN}e"
  RequestHeader set X-Env-San "%{SSL_SERVER_SAN_DNS_0}e %{SSL_SERVER_SAN_DNS_1}e"`,
)}
`;

const to = (vhostName: string, dial: TlsDial, target = '/x') =>
  get(target, [], {
    to: 'LISTEN_TLS',
    tls: { name: `${vhostName}.one.test`, ...dial },
    host: `${vhostName}.one.test`,
  });

/** Both versions, since the client's certificate comes at different moments in them. */
const both = (name: string, vhostName: string, client: string | undefined, expect: string): DiffCase => ({
  name,
  steps: (['TLSv1.2', 'TLSv1.3'] as const).map((version) =>
    to(vhostName, { version, ...(client === undefined ? {} : { client }) }),
  ),
  expect: [expect, expect],
});

describeAlike({
  name: 'clients’ certificates',
  engine: 'node',
  config,
  cases: [
    both('are not asked for without SSLVerifyClient', 'open', 'client', '200 web1'),
    both('are told to members', 'require', 'client', '200 web1'),
    both('that are missing end the handshake where they are required', 'require', undefined, 'closed -'),
    both('of an unknown authority end the handshake', 'require', 'stranger', 'closed -'),
    both('that have expired end the handshake', 'require', 'old', 'closed -'),
    both('that come by too many others end the handshake', 'require', 'deep', 'closed -'),
    both('that come by as many others as SSLVerifyDepth says are taken', 'deep', 'deep', '200 web1'),
    both('need not be there where they are optional', 'optional', undefined, '200 web1'),
    both('are taken where they are optional', 'optional', 'client', '200 web1'),
    both('must be good where they are optional', 'optional', 'stranger', 'closed -'),
    both('of a known authority are taken with optional_no_ca', 'lax', 'client', '200 web1'),
    both('need not be there with optional_no_ca', 'lax', undefined, '200 web1'),
    both('must not have expired with optional_no_ca', 'lax', 'old', 'closed -'),
    both('that are revoked end the handshake', 'crl', 'revoked', 'closed -'),
    both('that are not revoked are taken', 'crl', 'client', '200 web1'),
    both('name the user with SSLUserName', 'user', 'client', '200 web1'),
    both('are in the environment with StdEnvVars and ExportCertData', 'env', 'client', '200 web1'),
    {
      name: 'are what Require ssl-verify-client wants',
      steps: [
        to('optional', { client: 'client' }, '/verified'),
        to('optional', {}, '/verified'),
        to('open', { client: 'client' }, '/verified'),
      ],
      expect: ['200 web1', '403 -', '403 -'],
    },
    {
      name: 'are what SSLRequire looks at',
      steps: [
        to('optional', { client: 'client' }, '/named'),
        to('optional', { client: 'good' }, '/named'),
        to('optional', {}, '/named'),
        to('optional', { client: 'client' }, '/ordered'),
        to('optional', { client: 'good' }, '/ordered'),
      ],
      expect: ['200 web1', '403 -', '403 -', '200 web1', '403 -'],
    },
    {
      name: 'are what Require expr looks at',
      steps: [to('optional', { client: 'client' }, '/expr'), to('optional', { client: 'good' }, '/expr')],
      expect: ['200 web1', '403 -'],
    },
    {
      name: 'are logins with FakeBasicAuth',
      steps: [to('fake', { client: 'client' }), to('fake', { client: 'good' }), to('fake', {})],
      expect: ['200 web1', '401 -', '401 -'],
    },
    {
      name: 'cannot be said in a login of one’s own with FakeBasicAuth',
      steps: [
        get('/x', [`Authorization: Basic ${Buffer.from('/CN=drover.client:password').toString('base64')}`], {
          to: 'LISTEN_TLS',
          tls: { name: 'fake.one.test' },
          host: 'fake.one.test',
        }),
      ],
      expect: ['403 -'],
    },
    {
      name: 'are not asked for again by a section, with TLS 1.3',
      steps: [to('open', { version: 'TLSv1.3', client: 'client' }, '/asked')],
      expect: ['403 -'],
    },
    {
      name: 'that the vhost has asked for are what a section wants, with TLS 1.2',
      steps: [to('optional', { version: 'TLSv1.2', client: 'client' }, '/asked')],
      expect: ['200 web1'],
    },
  ],
});
