/** Failover: which member is asked next, what the client gets when none answers (httpd-semantics 3.9, 10.2). */
import { describeAlike } from '../harness/alike.js';
import { get, request, times } from '../harness/case.js';
import { DEAD, DEAD2, DEAD3, LISTEN, WEB1, WEB2 } from '../harness/places.js';

const NO_MEMBER = ['AH00957', 'AH00959', 'AH01114'];

function pool(lines: string[], settings = ''): string {
  const members = lines.map((line) => `  BalancerMember ${line}`);
  return [
    `Listen ${LISTEN}`,
    '<Proxy balancer://c>',
    ...members,
    settings,
    '</Proxy>',
    'ProxyPass / balancer://c/',
  ].join('\n');
}

function repeat(count: number, text: string): string[] {
  return Array.from({ length: count }, () => text);
}

describeAlike({
  name: 'a balancer with one dead member of three',
  fresh: true,
  config: pool([`http://${DEAD}`, `http://${WEB1}`, `http://${WEB2}`]),
  cases: [
    {
      name: 'fails over to the next member and leaves the dead one alone',
      steps: times(4, get('/x')),
      expect: ['200 web1', '200 web2', '200 web1', '200 web2'],
      errors: NO_MEMBER,
    },
    {
      name: 'replays the body of a POST',
      steps: [request('POST', '/x', [], { body: 'a'.repeat(20_000) }), get('/x')],
      expect: ['200 web1', '200 web2'],
      errors: NO_MEMBER,
    },
    {
      name: 'replays a chunked body',
      steps: [
        {
          method: 'PUT',
          send: 'PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n',
        },
        get('/x'),
      ],
      expect: ['200 web1', '200 web2'],
    },
  ],
});

describeAlike({
  name: 'a balancer whose members are all dead',
  // uWebSockets.js says close to HEAD and leaves the closing to the client.
  engine: 'node',
  fresh: true,
  config: pool([`http://${DEAD}`, `http://${DEAD2}`]),
  cases: [
    {
      name: 'answers 503 and tries both members at every request',
      steps: times(3, get('/x')),
      expect: ['503 -', '503 -', '503 -'],
      errors: [...repeat(6, 'AH00957'), ...repeat(6, 'AH00959'), ...repeat(6, 'AH01114')],
    },
    {
      name: 'answers HEAD without a body',
      steps: [request('HEAD', '/x')],
      expect: ['503 -'],
    },
  ],
});

describeAlike({
  name: 'forcerecovery=Off',
  fresh: true,
  config: pool([`http://${DEAD}`, `http://${DEAD2}`], 'ProxySet forcerecovery=Off'),
  cases: [
    {
      name: 'answers 503 at once while all members are in error',
      steps: times(3, get('/x')),
      expect: ['503 -', '503 -', '503 -'],
      errors: ['AH00957', 'AH00957', 'AH00959', 'AH00959', 'AH01114', 'AH01114', 'AH01170', 'AH01170'],
    },
  ],
});

describeAlike({
  name: 'a balancer of one dead member',
  fresh: true,
  config: pool([`http://${DEAD}`]),
  cases: [
    {
      name: 'tries its member once at every request',
      steps: times(2, get('/x')),
      expect: ['503 -', '503 -'],
      errors: ['AH00957', 'AH00957', 'AH00959', 'AH00959', 'AH01114', 'AH01114'],
    },
  ],
});

describeAlike({
  name: 'a balancer without members',
  fresh: true,
  config: pool([]),
  cases: [{ name: 'answers 503', steps: [get('/x')], expect: ['503 -'], errors: ['AH01171'] }],
});

describeAlike({
  name: 'a dead member without a balancer',
  fresh: true,
  config: `Listen ${LISTEN}\nProxyPass /dead/ http://${DEAD}/\nProxyPass / http://${WEB1}/`,
  cases: [
    {
      name: 'answers 503 and is never put into error',
      steps: [get('/dead/x'), get('/dead/x'), get('/y')],
      expect: ['503 -', '503 -', '200 web1'],
      errors: ['AH00957', 'AH00957', 'AH01114', 'AH01114'],
    },
  ],
});

describeAlike({
  name: 'maxattempts=1 over three dead members and one in the next set',
  fresh: true,
  config: pool(
    [`http://${DEAD}`, `http://${DEAD2}`, `http://${DEAD3}`, `http://${WEB1} lbset=1`],
    'ProxySet maxattempts=1',
  ),
  cases: [
    {
      name: 'gives up after two members, then reaches the next set',
      steps: times(3, get('/x')),
      expect: ['503 -', '200 web1', '200 web1'],
    },
  ],
});

describeAlike({
  name: 'retry=0 on a dead member',
  fresh: true,
  config: pool([`http://${DEAD} retry=0`, `http://${WEB1}`]),
  cases: [
    {
      name: 'is tried again whenever its turn comes',
      steps: times(4, get('/x')),
      expect: repeat(4, '200 web1'),
    },
  ],
});

describeAlike({
  name: 'status=+I on a dead member',
  fresh: true,
  config: pool([`http://${DEAD} status=+I`, `http://${WEB1}`]),
  cases: [
    {
      name: 'gives its failures to the client and stays in turn',
      steps: times(4, get('/x')),
      expect: ['503 -', '200 web1', '503 -', '200 web1'],
    },
  ],
});

describeAlike({
  name: 'timeout= of a balancer with no usable member',
  fresh: true,
  config: pool([`http://${DEAD}`], 'ProxySet timeout=1 forcerecovery=Off'),
  cases: [
    { name: 'waits for one, then answers 503', steps: times(2, get('/x')), expect: ['503 -', '503 -'] },
  ],
});

describeAlike({
  name: 'a member whose name does not resolve',
  fresh: true,
  config: pool(['http://nonexist.invalid:8080', `http://${WEB1}`]),
  cases: [
    {
      name: 'answers 500 without failover, then is left alone',
      steps: times(3, get('/x')),
      expect: ['500 -', '200 web1', '200 web1'],
    },
  ],
});

describeAlike({
  name: 'nofailover=On with a dead routed member',
  fresh: true,
  config: pool(
    [`http://${WEB1} route=r1`, `http://${DEAD} route=r9`],
    'ProxySet stickysession=SID nofailover=On',
  ),
  cases: [
    {
      name: 'answers 503 to the sessions of the dead member',
      steps: times(2, get('/x', ['Cookie: SID=1.r9'])),
      expect: ['503 -', '503 -'],
      errors: ['AH00957', 'AH00959', 'AH01114', 'AH01167', 'AH01167'],
    },
    {
      name: 'balances a session whose route nobody has',
      steps: [get('/x', ['Cookie: SID=1.zz']), get('/x', ['Cookie: SID=1.r1'])],
      expect: ['200 web1', '200 web1'],
    },
  ],
});
