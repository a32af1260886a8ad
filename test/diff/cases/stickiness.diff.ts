/** Session routes by cookie and by path parameter: the matrix of httpd-semantics 10.1. */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, times } from '../harness/case.js';
import { DEAD, LISTEN, WEB1, WEB2 } from '../harness/places.js';

function pool(settings: string): string {
  return `
Listen ${LISTEN}
<Proxy balancer://c>
  BalancerMember http://${WEB1} route=b1
  BalancerMember http://${WEB2} route=b2
  BalancerMember http://${DEAD} route=b9 redirect=b2 retry=5
  ProxySet ${settings}
</Proxy>
ProxyPass / balancer://c/
Header always set X-Routes "%{BALANCER_WORKER_ROUTE}e %{BALANCER_SESSION_ROUTE}e %{BALANCER_SESSION_STICKY}e %{BALANCER_ROUTE_CHANGED}e"
`;
}

/** A request by cookie, and the member that gets it from a fresh start. */
function cookie(value: string, member: string, what: string): DiffCase {
  return {
    name: `${what}: ${value} goes to ${member}`,
    steps: [get('/x', [`Cookie: ${value}`])],
    expect: [`200 ${member}`],
  };
}

function target(path: string, member: string, what: string, rows: string[] = []): DiffCase {
  return { name: `${what}: ${path} goes to ${member}`, steps: [get(path, rows)], expect: [`200 ${member}`] };
}

describeAlike({
  name: 'stickysession=JSESSIONID|jsessionid',
  fresh: true,
  config: pool('stickysession=JSESSIONID|jsessionid'),
  cases: [
    {
      name: 'takes turns without a cookie',
      steps: times(3, get('/x')),
      expect: ['200 web1', '200 web2', '200 web1'],
    },
    cookie('JSESSIONID=abc.b2', 'web2', 'route of the cookie'),
    cookie('foo=1; JSESSIONID=abc.b2; z=2', 'web2', 'cookie among others'),
    cookie('xJSESSIONID=abc.b2', 'web1', 'longer cookie name'),
    cookie('JSESSIONID=abc.zzz', 'web1', 'route of nobody'),
    cookie('JSESSIONID=abc', 'web1', 'value without a route'),
    cookie('JSESSIONID=a.b.b2', 'web1', 'route after the first separator'),
    cookie('JSESSIONID="abc.b2"', 'web1', 'quoted value'),
    cookie('JSESSIONID = abc.b2', 'web2', 'blanks around the equals sign'),
    cookie('JSESSIONID=abc.b2, z', 'web2', 'comma after the value'),
    cookie('jsessionid=abc.b2', 'web1', 'cookie name in another case'),
    cookie('JSESSIONID=abc.B2', 'web1', 'route in another case'),
    cookie('JSESSIONID=abc.b9', 'web2', 'dead member with a redirect'),
    target('/x;jsessionid=abc.b2', 'web2', 'path parameter'),
    target('/x;jsessionid=abc.b2?q=1', 'web2', 'path parameter before a query'),
    target('/x?jsessionid=abc.b2', 'web2', 'query parameter'),
    target('/x?a=1&jsessionid=abc.b2&c=d', 'web2', 'query parameter among others'),
    target('/x?JSESSIONID=abc.b2', 'web1', 'parameter name in another case'),
    target('/x?jsessionid=abc.b2', 'web2', 'parameter before cookie', ['Cookie: JSESSIONID=abc.b1']),
  ],
});

describeAlike({
  name: 'stickysession=sid',
  fresh: true,
  config: pool('stickysession=sid'),
  cases: [
    target('/x?xsid=a.b2', 'web2', 'parameter name as the end of a longer one'),
    target('/x;sid=a.b2;v=2', 'web1', 'semicolon within the route'),
    cookie('sid=1.b2', 'web2', 'one name for both'),
  ],
});

describeAlike({
  name: 'scolonpathdelim=On',
  fresh: true,
  config: pool('stickysession=sid scolonpathdelim=On'),
  cases: [
    target('/x;sid=a.b2;v=2', 'web2', 'semicolon after the route'),
    target('/x;v=1;sid=a.b2?w=1', 'web2', 'last of several parameters'),
  ],
});

describeAlike({
  name: 'stickysessionsep=Off',
  fresh: true,
  config: pool('stickysession=sid stickysessionsep=Off'),
  cases: [
    target('/x?sid=b2', 'web2', 'whole parameter'),
    cookie('sid=b2', 'web2', 'whole cookie'),
    cookie('sid=a.b2', 'web1', 'no separator is looked for'),
  ],
});

describeAlike({
  name: 'stickysessionsep=!',
  fresh: true,
  config: pool('stickysession=sid stickysessionsep=!'),
  cases: [cookie('sid=a.x!b2', 'web2', 'another separator'), cookie('sid=a.b2', 'web1', 'the usual one')],
});
