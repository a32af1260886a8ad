/** Which virtual host serves a request (httpd-semantics 1.3). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get } from '../harness/case.js';
import { LISTEN, LISTEN2, LISTEN3, PORT, PORT2, WEB1, WEB2, WEB3, WEB4 } from '../harness/places.js';

function host(name: string, member: string, what: string, to = 'LISTEN'): DiffCase {
  return {
    name: `${what}: ${name} at ${to}`,
    steps: [get('/x', [], { host: name, to })],
    expect: [`200 ${member}`],
  };
}

describeAlike({
  name: 'virtual hosts by name',
  config: `
Listen ${LISTEN}
Listen ${LISTEN2}
Listen ${LISTEN3}
ProxyPass /main/ http://${WEB4}/
<VirtualHost *:${PORT}>
  ServerName first.test
  ProxyPass / http://${WEB1}/
</VirtualHost>
<VirtualHost *:${PORT}>
  ServerName second.test
  ServerAlias www.second.test *.second.example s?cond.test
  ProxyPass / http://${WEB2}/
</VirtualHost>
<VirtualHost *:${PORT}>
  ServerName third.test:8080
  ServerAlias late.second.example
  ProxyPass / http://${WEB3}/
</VirtualHost>
<VirtualHost _default_:${PORT2}>
  ServerName default.test
  ProxyPass / http://${WEB3}/
</VirtualHost>
`,
  cases: [
    host('first.test', 'web1', 'ServerName'),
    host('second.test', 'web2', 'another ServerName'),
    host('SECOND.Test', 'web2', 'in another case'),
    host('second.test:99', 'web2', 'port is ignored'),
    host('www.second.test', 'web2', 'ServerAlias'),
    host('a.b.second.example', 'web2', 'wildcard'),
    host('second.example', 'web1', 'wildcard wants a label'),
    host('sxcond.test', 'web2', 'question mark'),
    host('late.second.example', 'web2', 'first in order wins'),
    host('third.test', 'web3', 'ServerName with a port'),
    host('unknown.test', 'web1', 'first of the address is the default'),
    host('first.test.', 'web1', 'trailing dot'),
    host('first.test', 'web3', '_default_ takes any name', 'LISTEN2'),
    {
      name: 'an address without a virtual host is served by the main server',
      steps: [get('/main/x', [], { to: 'LISTEN3' }), get('/x', [], { to: 'LISTEN3' })],
      expect: ['200 web4', '404 -'],
    },
  ],
});

for (const [every, exact] of [
  ['*', `*:${PORT}`],
  ['*:*', `*:${PORT}`],
  ['127.0.0.1', LISTEN],
  [`*:${PORT}`, '127.0.0.1:*'],
] as const)
  for (const [first, second] of [
    [every, exact],
    [exact, every],
  ]) {
    const member = second === exact ? 'web2' : 'web1';
    describeAlike({
      name: `virtual hosts of ${first}, then ${second}`,
      config: `
Listen ${LISTEN}
<VirtualHost ${first}>
  ServerName first.test
  ProxyPass / http://${WEB1}/
</VirtualHost>
<VirtualHost ${second}>
  ServerName second.test
  ProxyPass / http://${WEB2}/
</VirtualHost>
`,
      cases: [host('first.test', member, 'the nearer'), host('second.test', member, 'the nearer')],
    });
  }

describeAlike({
  name: 'virtual hosts by address',
  config: `
Listen ${LISTEN}
<VirtualHost *:${PORT}>
  ServerName any.test
  ProxyPass / http://${WEB1}/
</VirtualHost>
<VirtualHost 127.0.0.1:${PORT}>
  ServerName exact.test
  ProxyPass / http://${WEB2}/
</VirtualHost>
<VirtualHost 127.0.0.1:${PORT}>
  ServerName other.test
  ProxyPass / http://${WEB3}/
</VirtualHost>
`,
  cases: [
    host('any.test', 'web2', 'a specific address hides the wildcard, whatever the name'),
    host('other.test', 'web3', 'names within the address'),
  ],
});

describeAlike({
  name: 'balancers of the main server and of virtual hosts',
  fresh: true,
  config: `
Listen ${LISTEN}
<Proxy balancer://shared>
  BalancerMember http://${WEB1} route=r1
  BalancerMember http://${WEB2} route=r2
</Proxy>
<VirtualHost *:*>
  ServerName a.test
  ProxyPass / balancer://shared/ stickysession=SID
</VirtualHost>
<VirtualHost *:*>
  ServerName b.test
  ProxyPass / balancer://shared/
</VirtualHost>
<VirtualHost *:*>
  ServerName c.test
  <Proxy balancer://shared>
    BalancerMember http://${WEB3}
  </Proxy>
  ProxyPass / balancer://shared/
</VirtualHost>
`,
  cases: [
    {
      name: 'share the counts of their members',
      steps: ['a', 'b', 'a', 'b'].map((name) => get('/x', [], { host: `${name}.test` })),
      expect: ['200 web1', '200 web2', '200 web1', '200 web2'],
    },
    {
      name: 'have settings of their own',
      steps: ['a', 'b', 'b'].map((name) => get('/x', ['Cookie: SID=1.r2'], { host: `${name}.test` })),
      expect: ['200 web2', '200 web1', '200 web1'],
    },
  ],
});
