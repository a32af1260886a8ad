/** URLs that are known only when a request comes: `[P]` and `$1` in a host, variables in ProxyPass and its kin. */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request } from '../harness/case.js';
import { DEAD, LISTEN, WEB1, WEB2, WEB3, WEB4, WEBPORT1 } from '../harness/places.js';

function goes(target: string, expected: string, what: string, rows: string[] = []): DiffCase {
  return { name: `${target}: ${what}`, steps: [get(target, rows)], expect: [expected] };
}

for (const engine of ['uws', 'node'] as const)
  describeAlike({
    name: `hosts that only requests name (${engine})`,
    engine,
    config: `
Listen ${LISTEN}
<Proxy balancer://bal>
  BalancerMember http://${WEB2}
</Proxy>
ProxyPass /known http://${WEB3}/deep
RewriteEngine On
RewriteRule ^/p/(.*)$ http://${WEB1}/pp/$1 [P]
RewriteRule ^/var/(.*)$ http://%{HTTP:X-To}/$1 [P]
RewriteRule ^/bal/(.*)$ http://${WEB2}/$1 [P]
RewriteRule ^/deep/(.*)$ http://${WEB3}/deep/$1 [P]
RewriteRule ^/else/(.*)$ http://${WEB3}/else/$1 [P]
RewriteRule ^/none/(.*)$ balancer://none/$1 [P]
RewriteRule ^/odd/(.*)$ odd://${WEB1}/$1 [P]
RewriteRule ^/user/(.*)$ http://a:b@${WEB1}/$1 [P]
RewriteRule ^/case/(.*)$ HTTP://LOCALHOST:${WEBPORT1}/$1 [P]
RewriteRule ^/dead/(.*)$ http://${DEAD}/$1 [P]
RewriteRule ^/tls/(.*)$ https://${WEB1}/$1 [P]
ProxyPassMatch ^/host/([^/]*):([^/]*)(/.*)$ http://$1:$2$3
ProxyPassMatch ^/end/([^/]*)(/.*)$ http://$1$2
<Location /place>
  RewriteEngine On
  RewriteRule ^(.*)$ http://${WEB4}/place/$1 [P]
</Location>
<Proxy http://${WEB4}>
  RequestHeader set X-Proxy section
</Proxy>
`,
    cases: [
      goes('/p/a%20b?c=d', '200 web1', 'a host of its own'),
      { name: 'two requests', steps: [get('/p/1'), get('/p/2')], expect: ['200 web1', '200 web1'] },
      { name: 'a body', steps: [request('POST', '/p/x', [], { body: 'body' })], expect: ['200 web1'] },
      goes('/var/x', '200 web1', 'named by a field', [`X-To: ${WEB1}`]),
      goes('/var/x', '200 web4', 'a <Proxy> section holds', [`X-To: ${WEB4}`]),
      goes('/bal/x', '200 web2', 'a member of a balancer by itself'),
      goes('/deep/x', '200 web3', 'a member that a line names'),
      goes('/else/x', '200 web3', 'another path of its host'),
      goes('/place/x', '200 web4', 'in a section'),
      goes('/case/x', '200 web1', 'a host in capitals'),
      goes('/user/x', '200 web1', 'a user in the URL'),
      goes('/dead/x', '503 -', 'nobody there'),
      { name: 'nobody there, twice', steps: [get('/dead/1'), get('/dead/2')], expect: ['503 -', '503 -'] },
      goes('/none/x', '500 -', 'a balancer that is not there'),
      goes('/odd/x', '500 -', 'a scheme that nobody serves'),
      goes('/tls/x', '500 -', 'without SSLProxyEngine'),
      goes(`/host/${WEB1}/a%20b/c`, '200 web1', 'host and port by ProxyPassMatch'),
      goes(`/end/${WEB1}/a`, '200 web1', 'host by ProxyPassMatch'),
      goes('/var/x', '400 -', 'no host'),
      goes('/var/x', '500 -', 'a port that is none', ['X-To: 127.0.0.1:x']),
      goes('/var/x', '400 -', 'a port that is too high', ['X-To: 127.0.0.1:99999']),
      goes('/var/x', '500 -', 'a name that is none', ['X-To: no_such.invalid']),
      goes('/end/a%20b/x', '500 -', 'a blank in the host'),
      goes('/end/a%0d%0aX:%20y/x', '500 -', 'a line break in the host'),
    ],
  });

describeAlike({
  name: 'errors of hosts that only requests name',
  fresh: true,
  config: `
Listen ${LISTEN}
RewriteEngine On
RewriteRule ^/dead/(.*)$ http://${DEAD}/$1 [P]
RewriteRule ^/tls/(.*)$ https://${WEB1}/$1 [P]
`,
  cases: [
    {
      name: 'a refused connection is said each time',
      steps: [get('/dead/1'), get('/dead/2')],
      expect: ['503 -', '503 -'],
      errors: ['AH00957', 'AH00957', 'AH01114', 'AH01114'],
    },
    {
      name: 'TLS without SSLProxyEngine',
      steps: [get('/tls/1')],
      expect: ['500 -'],
      errors: ['AH00961', 'AH01961'],
    },
  ],
});

describeAlike({
  name: 'variables in ProxyPass and its kin',
  config: `
Listen ${LISTEN}
ProxyPassInterpolateEnv On
SetEnvIf X-To (.*) to=$1
SetEnvIf X-Path (.*) path=$1
RewriteEngine On
RewriteRule ^/rewritten/([^/]*) - [E=name:$1]
<Proxy balancer://bal>
  BalancerMember http://${WEB2}
</Proxy>
ProxyPass /to http://\${to}/x interpolate
ProxyPass /plain http://${WEB1}/\${path}/y
ProxyPass /inner http://${WEB1}/\${path}/y interpolate
ProxyPass /raw http://${WEB1}/\${path}/y interpolate nocanon
ProxyPass /bal balancer://bal/\${path} interpolate
ProxyPassMatch ^/match/(.*)$ http://${WEB3}/\${path}/$1 interpolate
ProxyPass /rewritten http://${WEB1}/\${name} interpolate
ProxyPass /\${path} http://${WEB4}/fake interpolate
ProxyPassReverse /\${path}/z http://member.test/\${path} interpolate
ProxyPassReverse /lit http://other.test/\${path}
ProxyPassReverseCookiePath /\${path} /public-\${path} interpolate
ProxyPassReverseCookieDomain member.test \${to} interpolate
<Location /off>
  ProxyPassInterpolateEnv Off
  ProxyPass http://${WEB1}/\${path} interpolate
</Location>
<Location /on>
  ProxyPass http://${WEB1}/\${path} interpolate
</Location>
`,
  cases: [
    goes('/to/a?b', '200 web3', 'the host', [`X-To: ${WEB3}`]),
    goes('/plain/a', '200 web1', 'not asked for', ['X-Path: p']),
    goes('/inner/a', '200 web1', 'in the path', ['X-Path: p']),
    goes('/inner/a', '200 web1', 'not set'),
    goes('/inner/a%20b', '200 web1', 'with blanks', ['X-Path: p q']),
    goes('/raw/a%41b', '200 web1', 'nocanon', ['X-Path: p']),
    goes('/bal/a', '200 web2', 'a balancer', ['X-Path: p']),
    goes('/fake/a', '200 web4', 'the path asked for', ['X-Path: fake']),
    goes('/match/a', '200 web3', 'beside groups', ['X-Path: p']),
    goes('/rewritten/n/a', '200 web1', 'set by a rule'),
    goes('/off/a', '200 web1', 'switched off in a section', ['X-Path: p']),
    goes('/on/a', '200 web1', 'in a section', ['X-Path: p']),
    ...(['http://member.test/p/q', 'http://other.test/p/q', `http://other.test/\${path}/q`] as const).map(
      (location): DiffCase => ({
        name: `Location: ${location}`,
        steps: [get('/inner/a', ['X-Path: p', 'X-To: public.test'])],
        expect: ['302 web1'],
        script: () => () => ({
          status: 302,
          reason: 'Found',
          fields: [
            ['Location', location],
            ['Set-Cookie', 'a=b; Path=/p/x; Domain=member.test'],
          ],
        }),
      }),
    ),
  ],
});
