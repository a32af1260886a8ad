/** Who is let in: Require and the older Order, Allow and Deny (httpd-semantics 2.8, 10.6). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';

function passes(path: string, what: string, rows: string[] = []): DiffCase {
  return { name: `${path} passes: ${what}`, steps: [get(path, rows)], expect: ['200 web1'] };
}

function refused(path: string, what: string, rows: string[] = []): DiffCase {
  return { name: `${path} is refused: ${what}`, steps: [get(path, rows)], expect: ['403 -'] };
}

describeAlike({
  name: 'Require',
  config: `
Listen ${LISTEN}
SetEnvIf X-Key ^open$ letin
<Location /granted>
  Require all granted
</Location>
<Location /denied>
  Require all denied
</Location>
<Location /net>
  Require ip 10.0.0.0/8 127.0.0
</Location>
<Location /othernet>
  Require ip 10 192.168.0.0/255.255.0.0 2001:db8::/32
</Location>
<Location /local>
  Require local
</Location>
<Location /env>
  Require env letin
</Location>
<Location /method>
  Require method GET HEAD
</Location>
<Location /any>
  Require ip 10.0.0.1
  Require method POST
</Location>
<Location /all>
  <RequireAll>
    Require ip 127.0.0.1
    Require method GET
    Require not env letin
  </RequireAll>
</Location>
<Location /none>
  <RequireAll>
    Require all granted
    <RequireNone>
      Require ip 127.0.0.1
    </RequireNone>
  </RequireAll>
</Location>
<Location /denied/but/open>
  Require all granted
</Location>
<Location /expr>
  Require expr "%{QUERY_STRING} == 'letmein'"
</Location>
<Proxy http://${WEB1}/closed*>
  Require all denied
</Proxy>
ProxyPass / http://${WEB1}/
`,
  cases: [
    passes('/x', 'nothing required'),
    passes('/granted/x', 'all granted'),
    refused('/denied/x', 'all denied'),
    passes('/net/x', 'partial address'),
    refused('/othernet/x', 'other nets'),
    passes('/local/x', 'loopback is local'),
    refused('/env/x', 'variable not set'),
    passes('/env/x', 'variable set', ['X-Key: open']),
    passes('/method/x', 'method listed'),
    {
      name: 'a method that is not listed is refused',
      steps: [request('DELETE', '/method/x')],
      expect: ['403 -'],
    },
    refused('/any/x', 'neither of two'),
    {
      name: 'one of two is enough',
      steps: [request('POST', '/any/x', [], { body: 'b' })],
      expect: ['200 web1'],
    },
    passes('/all/x', 'all of three'),
    refused('/all/x', 'not of them', ['X-Key: open']),
    refused('/none/x', 'RequireNone'),
    passes('/denied/but/open/x', 'inner section replaces the outer'),
    refused('/expr/x', 'expression false'),
    passes('/expr/x?letmein', 'expression true'),
    refused('/closed/x', 'Proxy section by URL'),
    { name: 'HEAD is refused without a body', steps: [request('HEAD', '/denied/x')], expect: ['403 -'] },
    {
      name: 'a refused POST does not reach the member',
      steps: [request('POST', '/denied/x', [], { body: 'abc' })],
      expect: ['403 -'],
    },
  ],
});

describeAlike({
  name: 'Order, Allow and Deny',
  config: `
Listen ${LISTEN}
SetEnvIf X-Key ^open$ letin
<Location /da>
  Order deny,allow
  Deny from all
  Allow from 127.0.0.1
</Location>
<Location /ad>
  Order allow,deny
  Allow from 10.1
</Location>
<Location /all>
  Order allow,deny
  Allow from all
</Location>
<Location /bad>
  Order allow,deny
  Allow from all
  Deny from 127.0.0.0/8
</Location>
<Location /env>
  Order deny,allow
  Deny from all
  Allow from env=letin
</Location>
ProxyPass / http://${WEB1}/
`,
  cases: [
    passes('/da/x', 'allowed after denied'),
    refused('/ad/x', 'not allowed'),
    passes('/all/x', 'all allowed'),
    refused('/bad/x', 'denied after allowed'),
    refused('/env/x', 'variable not set'),
    passes('/env/x', 'variable set', ['X-Key: open']),
  ],
});
