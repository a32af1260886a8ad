/**
 * What a TLS connection is agreed on, and what is told of it, beside mod_ssl: versions and ciphers by vhost, SSL_*
 * variables in fields, logs and expressions, names in the hello that are missing or do not fit.
 */
import { describeAlike } from '../harness/alike.js';
import { authority } from '../harness/authority.js';
import { type DiffCase, get } from '../harness/case.js';
import type { TlsDial } from '../harness/client.js';
import {
  CERT,
  KEY,
  LISTEN,
  LISTEN_TLS,
  LISTEN2,
  LISTEN3,
  LOG_DIR,
  PORT,
  PORT_TLS,
  PORT2,
  PORT3,
  WEB1,
} from '../harness/places.js';

const file = (name: string): string => `"${authority().path(name)}"`;

/** RSA; `one` and `two` of the authority are EC. */
const RSA = `SSLEngine on\nSSLCertificateFile "${CERT}"\nSSLCertificateKeyFile "${KEY}"`;
const ec = (name: string): string =>
  `SSLEngine on\nSSLCertificateFile ${file(`${name}.pem`)}\nSSLCertificateKeyFile ${file(`${name}.key`)}`;

const vhost = (port: string, name: string, words: string): string => `
<VirtualHost *:${port}>
  ServerName ${name}
  ${words}
  ProxyPass / http://${WEB1}/
</VirtualHost>`;

const VARIABLES = [
  'HTTPS',
  'SSL_PROTOCOL',
  'SSL_CIPHER',
  'SSL_CIPHER_EXPORT',
  'SSL_CIPHER_USEKEYSIZE',
  'SSL_CIPHER_ALGKEYSIZE',
  'SSL_COMPRESS_METHOD',
  'SSL_SECURE_RENEG',
  'SSL_SESSION_RESUMED',
  'SSL_TLS_SNI',
  'SSL_CLIENT_VERIFY',
  'SSL_CLIENT_S_DN',
  'SSL_SERVER_M_VERSION',
  'SSL_SERVER_M_SERIAL',
  'SSL_SERVER_S_DN',
  'SSL_SERVER_S_DN_CN',
  'SSL_SERVER_I_DN',
  'SSL_SERVER_I_DN_CN',
  'SSL_SERVER_V_START',
  'SSL_SERVER_V_END',
  'SSL_SERVER_A_SIG',
  'SSL_SERVER_A_KEY',
  'SSL_SERVER_SAN_DNS_0',
  'SSL_NONSENSE',
];

const told = (port: string, name: string, words: string): string =>
  vhost(
    port,
    name,
    `${words}
${VARIABLES.map((variable) => `RequestHeader set X-${variable.replaceAll('_', '-')} "%{${variable}}s"`).join('\n')}
Header set X-Cipher "%{SSL_PROTOCOL}s %{SSL_CIPHER}s"
Header set X-Expr "expr=%{SSL_PROTOCOL}/%{SSL:SSL_CIPHER_USEKEYSIZE}/%{SSL_TLS_SNI}"
CustomLog "${LOG_DIR}/access.log" "%v %{SSL_PROTOCOL}x %{SSL_CIPHER}x %{SSL_SERVER_S_DN_CN}x %{SSL_NONE}x %{version}c %{cipher}c %>s"
RewriteEngine on
RewriteCond %{SSL:SSL_PROTOCOL} =TLSv1.2
RewriteRule ^/which$ /old [PT]
<If "%{SSL_CIPHER_USEKEYSIZE} -lt 256">
  Header set X-Weak yes
</If>`,
  );

const over = (dial: TlsDial, host: string, target = '/x', to = 'LISTEN_TLS') =>
  get(target, [], { to, tls: { name: host, ...dial }, host });

describeAlike({
  name: 'variables of a TLS connection',
  engine: 'node',
  config: () => `
Listen ${LISTEN_TLS} https
Listen ${LISTEN}
${told(PORT_TLS, 'one.test', `SSLHonorCipherOrder off\n${ec('one')}`)}
${told(PORT, 'plain.test', '')}
`,
  cases: [
    {
      name: 'are told with TLS 1.3',
      steps: [over({ version: 'TLSv1.3' }, 'one.test')],
      expect: ['200 web1'],
    },
    {
      name: 'are told with TLS 1.2',
      steps: [over({ version: 'TLSv1.2' }, 'one.test')],
      expect: ['200 web1'],
    },
    {
      name: 'are told of each cipher',
      steps: [
        over({ version: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' }, 'one.test'),
        over({ version: 'TLSv1.3', ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }, 'one.test'),
        over({ version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }, 'one.test'),
        over({ version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }, 'one.test'),
      ],
      expect: ['200 web1', '200 web1', '200 web1', '200 web1'],
    },
    {
      name: 'are told without a name in the hello',
      steps: [get('/x', [], { to: 'LISTEN_TLS', tls: { version: 'TLSv1.3' }, host: 'one.test' })],
      expect: ['200 web1'],
    },
    {
      name: 'are what conditions look at',
      steps: [
        over({ version: 'TLSv1.2' }, 'one.test', '/which'),
        over({ version: 'TLSv1.3' }, 'one.test', '/which'),
      ],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'are not there without TLS',
      steps: [get('/x', [], { host: 'plain.test' }), get('/which', [], { host: 'plain.test' })],
      expect: ['200 web1', '200 web1'],
    },
  ],
});

const agreed = (name: string, to: string, dial: TlsDial, expect: string): DiffCase => ({
  name,
  steps: [over(dial, 'one.test', '/x', to)],
  expect: [expect],
});

describeAlike({
  name: 'versions and ciphers',
  engine: 'node',
  config: () => `
Listen ${LISTEN} https
Listen ${LISTEN2} https
Listen ${LISTEN3} https
Listen ${LISTEN_TLS} https
${vhost(PORT, 'one.test', `${ec('one')}\nSSLProtocol TLSv1.2`)}
${vhost(PORT2, 'one.test', `${ec('one')}\nSSLProtocol all -TLSv1.2`)}
${vhost(PORT3, 'one.test', `${ec('one')}\nSSLCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256\nSSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384\nSSLHonorCipherOrder on`)}
${vhost(PORT_TLS, 'one.test', `SSLHonorCipherOrder off\nSSLCertificateFile "${CERT}"\nSSLCertificateKeyFile "${KEY}"\n${ec('one')}`)}
`,
  cases: [
    agreed('are TLS 1.2 alone where the vhost says so', 'LISTEN', { version: 'TLSv1.2' }, '200 web1'),
    agreed('are not TLS 1.3 there', 'LISTEN', { version: 'TLSv1.3' }, 'closed -'),
    agreed('are the best that both have', 'LISTEN', {}, '200 web1'),
    agreed('are TLS 1.3 alone where TLS 1.2 is taken away', 'LISTEN2', { version: 'TLSv1.3' }, '200 web1'),
    agreed('are not TLS 1.2 there', 'LISTEN2', { version: 'TLSv1.2' }, 'closed -'),
    agreed('are not TLS 1.1 anywhere', 'LISTEN_TLS', { version: 'TLSv1.1' }, 'closed -'),
    agreed(
      'are of the server’s order with SSLHonorCipherOrder',
      'LISTEN3',
      { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384' },
      '200 web1',
    ),
    agreed(
      'are of the server’s order with SSLHonorCipherOrder, with TLS 1.3',
      'LISTEN3',
      { version: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256' },
      '200 web1',
    ),
    agreed(
      'are none where the client has none of them',
      'LISTEN3',
      { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' },
      'closed -',
    ),
    agreed(
      'are none where the client has none of them, with TLS 1.3',
      'LISTEN3',
      { version: 'TLSv1.3', ciphers: 'TLS_CHACHA20_POLY1305_SHA256' },
      'closed -',
    ),
    agreed(
      'are of the client’s order with SSLHonorCipherOrder off',
      'LISTEN_TLS',
      { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384' },
      '200 web1',
    ),
    agreed(
      'go with the RSA certificate of two, where the client wants it',
      'LISTEN_TLS',
      { version: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
      '200 web1',
    ),
    agreed(
      'go with the EC certificate of two, where the client wants it',
      'LISTEN_TLS',
      { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      '200 web1',
    ),
  ],
});

describeAlike({
  name: 'names in the hello, strictly',
  engine: 'node',
  config: () => `
Listen ${LISTEN_TLS} https
${vhost(PORT_TLS, 'one.test', `${ec('one')}\nSSLStrictSNIVHostCheck on`)}
${vhost(PORT_TLS, 'two.test', ec('two'))}
${vhost(PORT_TLS, 'www.example.com', RSA)}
`,
  cases: [
    {
      name: 'must be there',
      steps: [
        get('/x', [], { to: 'LISTEN_TLS', tls: {}, host: 'one.test' }),
        get('/x', [], { to: 'LISTEN_TLS', tls: {}, host: 'two.test' }),
      ],
      expect: ['403 -', '403 -'],
    },
    {
      name: 'are taken where they are',
      steps: [over({}, 'one.test'), over({}, 'two.test'), over({ name: 'TWO.test' }, 'two.TEST')],
      expect: ['200 web1', '200 web1', '200 web1'],
    },
    {
      name: 'find a certificate of another kind of key',
      steps: (['TLSv1.2', 'TLSv1.3'] as const).map((version) => over({ version }, 'www.example.com')),
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'must be the ones that are asked for',
      steps: [get('/x', [], { to: 'LISTEN_TLS', tls: { name: 'two.test' }, host: 'one.test' })],
      expect: ['421 -'],
    },
  ],
});

describeAlike({
  name: 'plain HTTP to a TLS port',
  engine: 'node',
  config: () => `
Listen ${LISTEN_TLS} https
${vhost(PORT_TLS, 'one.test', ec('one'))}
`,
  cases: [
    {
      name: 'is told so',
      steps: [get('/x', [], { to: 'LISTEN_TLS', host: 'one.test' })],
      expect: ['400 -'],
    },
  ],
});
