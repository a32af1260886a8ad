/** Members that answer wrongly, late, or not at all (httpd-semantics 3.9, 4.2). */
import { describeAlike } from '../harness/alike.js';
import { get, request, times } from '../harness/case.js';
import type { Answer, Script } from '../harness/origins.js';
import { LISTEN, WEB1, WEB2, WEB3, WEB4 } from '../harness/places.js';

const TWO = `
Listen ${LISTEN}
<Proxy balancer://c>
  BalancerMember http://${WEB1} timeout=3 retry=5
  BalancerMember http://${WEB2} timeout=3 retry=5
  ProxySet failonstatus=503,500 failontimeout=Off
</Proxy>
<Proxy balancer://t>
  BalancerMember http://${WEB3} timeout=3 retry=60
  BalancerMember http://${WEB4} timeout=3 retry=60
  ProxySet failontimeout=On
</Proxy>
ProxyPass /t/ balancer://t/
ProxyPass / balancer://c/
`;

/** The first request of a case gets the answer, the others the plain one. */
function first(answer: Answer): () => Script {
  return () => {
    let isFirst = true;
    return () => {
      if (!isFirst) return {};
      isFirst = false;
      return answer;
    };
  };
}

function onlyFrom(member: string, answer: Answer): () => Script {
  return () => (request) => (request.member === member ? answer : {});
}

describeAlike({
  name: 'a member that fails before its response',
  fresh: true,
  config: TWO,
  cases: [
    {
      name: 'cut before the status line: 502, member stays usable',
      script: first({ cutAfter: 0 }),
      steps: times(3, get('/x')),
      expect: ['502 web1', '200 web2', '200 web1'],
      errors: ['AH00898', 'AH01102'],
    },
    {
      name: 'cut before the status line of a POST: 502, not sent twice',
      script: first({ cutAfter: 0 }),
      steps: [request('POST', '/x', [], { body: 'abc' }), get('/x')],
      expect: ['502 web1', '200 web2'],
    },
    {
      name: 'silent for longer than its timeout: 502, member stays usable',
      script: first({ delay: 4000 }),
      steps: times(3, get('/x')),
      expect: ['502 web1', '200 web2', '200 web1'],
      errors: ['AH00898', 'AH01102'],
    },
    {
      name: 'silent with failontimeout=On: 502, member goes into error',
      script: first({ delay: 4000 }),
      steps: times(3, get('/t/x')),
      expect: ['502 web3', '200 web4', '200 web4'],
      errors: ['AH00898', 'AH01102', 'AH02460'],
    },
    {
      name: 'corrupt status line of another major version: 502',
      script: first({ raw: 'HTTP/9.1 200 OK\r\n\r\n', close: true }),
      steps: times(2, get('/x')),
      expect: ['502 web1', '200 web2'],
    },
    {
      name: 'header line without a colon: 502',
      script: first({ raw: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nbroken header\r\n\r\nok', close: true }),
      steps: times(2, get('/x')),
      expect: ['502 web1', '200 web2'],
    },
  ],
});

describeAlike({
  name: 'a member that fails within its response',
  fresh: true,
  config: TWO,
  cases: [
    {
      name: 'dies within a body of known length: the client sees it cut',
      script: first({ body: 'x'.repeat(1000), cutAfter: 400 }),
      steps: times(2, get('/x')),
      expect: ['200 web1 cut', '200 web2'],
    },
    {
      name: 'dies within a chunked body: the client sees no last chunk',
      script: first({ body: 'x'.repeat(1000), cutAfter: 400, framing: 'chunked' }),
      steps: times(2, get('/x')),
      expect: ['200 web1 cut', '200 web2'],
    },
  ],
});

describeAlike({
  name: 'failonstatus',
  fresh: true,
  config: TWO,
  cases: [
    {
      name: 'delivers the response and puts the member into error',
      script: onlyFrom('web1', { status: 503, reason: 'Busy', body: 'busy\n' }),
      steps: times(3, get('/x')),
      expect: ['503 web1', '200 web2', '200 web2'],
      errors: ['AH01174'],
    },
    {
      name: 'recovers all members when all are in error',
      script:
        () =>
        ({ line }) =>
          line.includes('/fail') ? { status: 500, body: 'no\n' } : {},
      steps: [get('/fail'), get('/fail'), get('/x')],
      expect: ['500 web1', '500 web2', '200 web2'],
    },
    {
      name: 'lets the member back after retry= seconds',
      script:
        () =>
        ({ line }) =>
          line.includes('/fail') ? { status: 503, body: 'no\n' } : {},
      steps: [get('/fail'), get('/x'), get('/x'), get('/x', [], { after: 5200 }), get('/x')],
      expect: ['503 web1', '200 web2', '200 web2', '200 web2', '200 web1'],
    },
    {
      name: 'leaves statuses that are not listed alone',
      script: onlyFrom('web1', { status: 502, reason: 'Bad', body: 'bad\n' }),
      steps: times(3, get('/x')),
      expect: ['502 web1', '200 web2', '502 web1'],
    },
  ],
});

describeAlike({
  name: 'max=1 with acquire=',
  fresh: true,
  config: `
Listen ${LISTEN}
<Proxy balancer://c>
  BalancerMember http://${WEB1} max=1 acquire=100
</Proxy>
ProxyPass / balancer://c/
`,
  cases: [
    {
      name: 'answers 503 to a second request that waits too long for the one connection',
      script:
        () =>
        ({ line }) =>
          line.includes('/slow') ? { held: true } : {},
      steps: [get('/slow', [], { beside: [get('/x')] })],
      expect: ['200 web1', '503 -'],
      errors: ['AH00941'],
    },
  ],
});

describeAlike({
  name: 'bybusyness',
  fresh: true,
  config: `
Listen ${LISTEN}
<Proxy balancer://c>
  BalancerMember http://${WEB1}
  BalancerMember http://${WEB2}
  BalancerMember http://${WEB3}
  ProxySet lbmethod=bybusyness
</Proxy>
ProxyPass / balancer://c/
`,
  cases: [
    {
      name: 'takes turns while idle',
      steps: times(4, get('/x')),
      expect: ['200 web1', '200 web2', '200 web3', '200 web1'],
    },
    {
      name: 'sends new requests past busy members',
      script:
        () =>
        ({ line }) =>
          line.includes('/slow') ? { held: true } : {},
      steps: [get('/slow', [], { beside: [get('/slow'), get('/a'), get('/b'), get('/c')] })],
      expect: ['200 web1+web2+web3+web3+web3', '200 -', '200 -', '200 -', '200 -'],
    },
  ],
});
