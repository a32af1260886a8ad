/** Members by TLS (SSLProxy*): which certificates are taken, which name is asked for, and what a refusal looks like. */

import { describeAlike } from '../harness/alike.js';
import { authority } from '../harness/authority.js';
import { get, request, times } from '../harness/case.js';
import { DEAD, LISTEN, secure, WEB1 } from '../harness/places.js';

const secured = {
  good: () => authority().pair('good'),
  named: () => authority().pair('named'),
  other: () => authority().pair('other'),
  old: () => authority().pair('old'),
  deep: () => authority().pair('deep'),
  revoked: () => authority().pair('revoked'),
  stranger: () => authority().pair('stranger'),
  mutual: () => ({
    ...authority().pair('good'),
    ca: authority().pair('ca').cert,
    requestCert: true,
    rejectUnauthorized: true,
  }),
  ancient: () => ({ ...authority().pair('good'), maxVersion: 'TLSv1.2' as const }),
  modern: () => ({ ...authority().pair('good'), minVersion: 'TLSv1.3' as const }),
};

/** `ProxyPass /NAME/` to a member, within a server or a section. */
const to = (name: string): string => `https://localhost:${secure(name)}`;

const section = (name: string, member: string, words: string): string => `
<Proxy balancer://${name}>
  BalancerMember ${to(member)}
  ${words}
</Proxy>
ProxyPass /${name}/ balancer://${name}/`;

const trust = (): string =>
  `SSLProxyVerify require\nSSLProxyCACertificateFile "${authority().path('ca.pem')}"`;

const config = (): string => `
Listen ${LISTEN}
SSLProxyEngine on
${['good', 'named', 'other', 'old', 'deep'].map((name) => `ProxyPass /${name}/ ${to(name)}/`).join('\n')}
ProxyPass /address/ https://127.0.0.1:${secure('good')}/
ProxyPass /dead/ https://${DEAD}/
ProxyPass /plain/ https://${WEB1}/
${section('trusted', 'good', trust())}
${section('stranger', 'good', `SSLProxyVerify require\nSSLProxyCACertificateFile "${authority().path('other.pem')}"`)}
${section('nobody', 'good', 'SSLProxyVerify require')}
${section('lax', 'good', 'SSLProxyVerify optional_no_ca')}
${section('hashed', 'good', `SSLProxyVerify require\nSSLProxyCACertificatePath "${authority().path('hashed')}"`)}
${section('hashed-stranger', 'stranger', `SSLProxyVerify require\nSSLProxyCheckPeerName off\nSSLProxyCACertificatePath "${authority().path('hashed')}"`)}
${section('lax-self', 'stranger', 'SSLProxyVerify none\nSSLProxyCheckPeerName off')}
${section('shallow', 'deep', trust())}
${section('deeper', 'deep', `${trust()}\nSSLProxyVerifyDepth 2`)}
${section('expired', 'old', 'SSLProxyCheckPeerExpire off')}
${section('expired-trusted', 'old', `${trust()}\nSSLProxyCheckPeerExpire off`)}
${section('anyname', 'other', 'SSLProxyCheckPeerName off')}
${section('cn', 'other', 'SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN on')}
${section('cn-ok', 'named', 'SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN on')}
${section('nocn', 'other', 'SSLProxyCheckPeerCN off')}
${section('both-off', 'other', 'SSLProxyCheckPeerCN off\nSSLProxyCheckPeerName off')}
${section('name-on', 'other', 'SSLProxyCheckPeerCN off\nSSLProxyCheckPeerName on')}
${section('engine-off', 'named', 'SSLProxyEngine off')}
${section('alone', 'mutual', '')}
${section('mutual', 'mutual', `SSLProxyMachineCertificateFile "${authority().path('machine.pem')}"`)}
${section('old-version', 'modern', 'SSLProxyProtocol TLSv1.2')}
${section('new-version', 'ancient', 'SSLProxyProtocol TLSv1.3')}
${section('ciphers', 'ancient', 'SSLProxyProtocol TLSv1.2\nSSLProxyCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256')}
${section('crl', 'revoked', `${trust()}\nSSLProxyCARevocationFile "${authority().path('crl.pem')}"\nSSLProxyCARevocationCheck chain`)}
${section('crl-ok', 'good', `${trust()}\nSSLProxyCARevocationFile "${authority().path('crl.pem')}"\nSSLProxyCARevocationCheck chain`)}
<Location /host/>
  ProxyPass ${to('good')}/host/
  ProxyPreserveHost On
</Location>
`;

const taken = (name: string, sentence: string) => ({
  name: sentence,
  steps: times(2, get(`/${name}/x`)),
  expect: ['200 web1', '200 web1'],
});
const refusedFor = (name: string, sentence: string) => ({
  name: sentence,
  steps: [get(`/${name}/x`)],
  expect: ['500 -'],
});

describeAlike({
  name: 'a member by TLS',
  config,
  secured,
  cases: [
    taken('good', 'is taken by a name of its certificate'),
    taken('named', 'is taken by its common name, where there is no other'),
    refusedFor('other', 'is refused for its name'),
    refusedFor('old', 'is refused for its dates'),
    taken('deep', 'is not asked for its authority, as long as nobody says so'),
    { name: 'that refuses connections is a 503', steps: [get('/dead/x')], expect: ['503 -'] },
    taken('trusted', 'is taken by its authority'),
    refusedFor('stranger', 'is refused for an authority that nobody trusts'),
    taken('hashed', 'is taken by an authority in a directory by hash'),
    refusedFor('hashed-stranger', 'is refused where that directory does not have its authority'),
    taken('lax-self', 'is taken though it signs itself, where nobody asks'),
    refusedFor('nobody', 'is refused where nobody is trusted'),
    taken('lax', 'is taken from any authority with optional_no_ca'),
    refusedFor('shallow', 'is refused for a chain that is longer than the depth'),
    taken('deeper', 'is taken with a chain that is as long as the depth'),
    taken('expired', 'is taken whatever its dates, where they are not asked for'),
    refusedFor('expired-trusted', 'is refused for its dates by OpenSSL all the same'),
    taken('anyname', 'is taken whatever its name, where it is not asked for'),
    refusedFor('cn', 'is refused for its common name'),
    taken('cn-ok', 'is taken by its common name alone'),
    taken('nocn', 'is not asked for its name with SSLProxyCheckPeerCN off'),
    taken('both-off', 'is not asked for its name with both checks off'),
    refusedFor('name-on', 'is asked for its name with SSLProxyCheckPeerName on'),
    refusedFor('engine-off', 'is not spoken to without SSLProxyEngine'),
    taken('mutual', 'is shown a certificate'),
    refusedFor('old-version', 'is refused for its protocol version: too new'),
    refusedFor('new-version', 'is refused for its protocol version: too old'),
    taken('ciphers', 'is offered the ciphers that are asked for'),
    refusedFor('crl', 'is refused when it is on the revocation list'),
    taken('crl-ok', 'is taken when it is not on the revocation list'),
    {
      name: 'is asked for the client’s name with ProxyPreserveHost',
      steps: [get('/host/x', [], { host: 'a.wild.test' })],
      expect: ['200 web1'],
    },
    {
      name: 'is refused for the client’s name with ProxyPreserveHost',
      steps: [get('/host/x', [], { host: 'a.b.wild.test' })],
      expect: ['500 -'],
    },
    {
      name: 'gets bodies',
      steps: [request('POST', '/good/x', [], { body: 'x'.repeat(40_000) })],
      expect: ['200 web1'],
    },
    {
      name: 'gives bodies',
      script: () => () => ({ body: 'y'.repeat(300_000), framing: 'chunked' }),
      steps: [get('/good/x')],
      expect: ['200 web1'],
    },
    {
      name: 'may close',
      script: () => () => ({ close: true }),
      steps: times(2, get('/good/x')),
      expect: ['200 web1', '200 web1'],
    },
  ],
});

describeAlike({
  name: 'members by TLS in a balancer',
  fresh: true,
  config: `
Listen ${LISTEN}
SSLProxyEngine on
<Proxy balancer://c>
  BalancerMember ${to('other')}
  BalancerMember http://${WEB1}
</Proxy>
ProxyPass / balancer://c/
`,
  secured,
  cases: [
    {
      name: 'are in error after a handshake that failed, and the request is not given to another one',
      steps: times(3, get('/x')),
      expect: ['500 -', '200 web1', '200 web1'],
      errors: ['AH00898', 'AH01084', 'AH01097'],
    },
  ],
});
