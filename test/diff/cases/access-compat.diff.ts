/** Order, Allow, Deny, Satisfy beside Require, and rules for some methods only (httpd-semantics 2.8, 10.6). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, request } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';

const OPEN = ['X-Key: open'];
const BAD = ['X-Bad: 1'];

/** What a path gives to a client with no mark, one that is let in by a variable, and one that is marked bad. */
function gives(path: string, plain: number, open: number, bad: number): DiffCase {
  return {
    name: `${path} gives ${plain}, ${open} and ${bad}`,
    steps: [[], OPEN, BAD].map((rows) => request('GET', `${path}/x`, rows)),
    expect: [plain, open, bad].map((status) => (status === 200 ? '200 web1' : `${status} -`)),
  };
}

/** Statuses of GET, POST, PUT and a method of nobody's. */
function byMethod(path: string, statuses: number[], rows: string[] = []): DiffCase {
  const methods = ['GET', 'POST', 'PUT', 'BREW'];
  return {
    name: `${path} gives ${statuses.join(', ')} by method${rows.length > 0 ? ' to who has the key' : ''}`,
    steps: methods.map((method) => {
      const hasBody = method === 'POST' || method === 'PUT';
      return request(method, `${path}/x`, rows, hasBody ? { body: 'b' } : {});
    }),
    expect: statuses.map((status) => (status === 200 ? '200 web1' : `${status} -`)),
  };
}

const MARKS = `
Listen ${LISTEN}
SetEnvIf X-Key ^open$ letin
SetEnvIf X-Bad ^1$ bad
ProxyPass / http://${WEB1}/
`;

describeAlike({
  name: 'Order, Allow and Deny in every order',
  config: `${MARKS}
<Location /nenv>
  Order allow,deny
  Allow from env=!bad
</Location>
<Location /mutual>
  Order mutual-failure
  Allow from all
  Deny from env=bad
</Location>
<Location /mutual-alone>
  Order mutual-failure
</Location>
<Location /unordered>
  Deny from env=bad
</Location>
<Location /allow-alone>
  Allow from 10.1
</Location>
<Location /v6>
  Order deny,allow
  Deny from all
  Allow from ::1 2001:db8::/32 127.0.0.0/255.255.0.0
</Location>
<Location /twice>
  Order deny,allow
  Order allow,deny
</Location>
<Location /outer>
  Order deny,allow
  Deny from all
</Location>
<Location /outer/replaced>
  Order allow,deny
  Allow from all
</Location>
<Location /outer/kept>
  Header set X-Inner yes
</Location>
<Location /outer/forgotten>
  Allow from env=letin
</Location>
<If "%{QUERY_STRING} == 'if'">
  Order deny,allow
  Deny from all
</If>
<Proxy http://${WEB1}/prox>
  Order deny,allow
  Deny from all
</Proxy>
`,
  cases: [
    gives('/nenv', 200, 200, 403),
    gives('/mutual', 200, 200, 403),
    gives('/mutual-alone', 403, 403, 403),
    gives('/unordered', 200, 200, 403),
    gives('/allow-alone', 200, 200, 200),
    gives('/v6', 200, 200, 200),
    gives('/twice', 403, 403, 403),
    gives('/outer', 403, 403, 403),
    gives('/outer/replaced', 200, 200, 200),
    gives('/outer/kept', 403, 403, 403),
    gives('/outer/forgotten', 200, 200, 200),
    gives('/prox', 403, 403, 403),
    { name: 'within If', steps: [request('GET', '/x?if')], expect: ['403 -'] },
  ],
});

describeAlike({
  name: 'Order beside Require',
  config: `${MARKS}
<Location /all>
  Order allow,deny
  Allow from env=letin
  Require env letin
</Location>
<Location /require-fails>
  Order allow,deny
  Allow from all
  Require env letin
</Location>
<Location /order-fails>
  Order allow,deny
  Allow from env=letin
  Require all granted
</Location>
<Location /any>
  Order allow,deny
  Allow from env=letin
  Require env bad
  Satisfy any
</Location>
<Location /any-without-require>
  Order deny,allow
  Deny from all
  Satisfy any
</Location>
<Location /any-without-order>
  Satisfy any
  Require env letin
</Location>
<Location /any-denied>
  Order deny,allow
  Deny from env=bad
  Satisfy any
  Require all denied
</Location>
<Location /satisfy-all>
  Satisfy any
  Satisfy all
  Order deny,allow
  Deny from all
  Require all granted
</Location>
`,
  cases: [
    gives('/all', 403, 200, 403),
    gives('/require-fails', 403, 200, 403),
    gives('/order-fails', 403, 200, 403),
    gives('/any', 403, 200, 200),
    gives('/any-without-require', 200, 200, 200),
    gives('/any-without-order', 200, 200, 200),
    gives('/any-denied', 200, 200, 403),
    gives('/satisfy-all', 403, 403, 403),
  ],
});

describeAlike({
  name: 'Limit and LimitExcept',
  config: `${MARKS}
<Location /limit>
  <Limit POST PUT>
    Order deny,allow
    Deny from all
  </Limit>
</Location>
<Location /except>
  <LimitExcept GET POST>
    Order deny,allow
    Deny from all
  </LimitExcept>
</Location>
<Location /require>
  <Limit GET>
    Require env letin
  </Limit>
</Location>
<Location /beside>
  Require env bad
  <Limit GET>
    Require env letin
  </Limit>
</Location>
<Location /within>
  <RequireAll>
    Require all granted
    <Limit GET>
      Require env letin
    </Limit>
  </RequireAll>
</Location>
<Location /around>
  <Limit GET>
    <RequireAll>
      Require all granted
      Require env letin
    </RequireAll>
  </Limit>
</Location>
<Location /own>
  <Limit BREW>
    Require all denied
  </Limit>
</Location>
<Location /nested>
  <LimitExcept GET>
    <Limit POST PUT>
      Require all denied
    </Limit>
  </LimitExcept>
</Location>
<Location /order>
  Order allow,deny
  Allow from all
  <Limit POST>
    Order deny,allow
    Deny from all
  </Limit>
</Location>
<Location /satisfy>
  Order deny,allow
  Deny from all
  Require all granted
  <Limit POST>
    Satisfy any
  </Limit>
</Location>
<Location /headers>
  <Limit POST>
    Header set X-Limit yes
  </Limit>
</Location>
`,
  cases: [
    byMethod('/limit', [200, 403, 403, 200]),
    byMethod('/except', [200, 200, 403, 403]),
    byMethod('/require', [403, 200, 200, 200]),
    byMethod('/require', [200, 200, 200, 200], OPEN),
    byMethod('/beside', [403, 403, 403, 403]),
    byMethod('/beside', [200, 403, 403, 403], OPEN),
    byMethod('/within', [403, 200, 200, 200]),
    byMethod('/around', [403, 200, 200, 200]),
    byMethod('/own', [200, 200, 200, 403]),
    byMethod('/nested', [200, 403, 403, 200]),
    byMethod('/order', [200, 200, 200, 200]),
    byMethod('/satisfy', [403, 200, 403, 403]),
    { name: 'HEAD goes with GET', steps: [request('HEAD', '/except/x')], expect: ['200 web1'] },
    byMethod('/headers', [200, 200, 200, 200]),
  ],
});

describeAlike({
  name: 'what is logged of refusals',
  fresh: true,
  config: `${MARKS}
<Location /compat>
  Order deny,allow
  Deny from all
</Location>
<Location /any>
  Order deny,allow
  Deny from all
  Satisfy any
  Require env bad
</Location>
`,
  cases: [
    { name: 'AH01797', steps: [request('GET', '/compat/x')], expect: ['403 -'], errors: ['AH01797'] },
    {
      name: 'both, when either would do',
      steps: [request('GET', '/any/x')],
      expect: ['403 -'],
      errors: ['AH01630', 'AH01797'],
    },
    {
      name: 'the one that refuses, even when the other lets in',
      steps: [request('GET', '/any/x', BAD)],
      expect: ['200 web1'],
      errors: ['AH01797'],
    },
  ],
});
