/** Members by AJP (httpd-semantics 2.15): what a container is told, what becomes of its answers, and of its failures. */
import { describeAlike } from '../harness/alike.js';
import { get, request, times } from '../harness/case.js';
import type { Answer, Script } from '../harness/origins.js';
import { AJP1, AJP2, DEAD, LISTEN, WEB1 } from '../harness/places.js';

const ONE = `
Listen ${LISTEN}
SetEnv AJP_colour blue
SetEnv other thing
ProxyPass /secret/ ajp://${AJP1}/app/ secret=between-us
ProxyPass /pinged/ ajp://${AJP2}/ ping=2
ProxyPass /dead/ ajp://${DEAD}/
ProxyPass /plain/ http://${WEB1}/
<Location /rules/>
  RequestHeader set X-Set yes
  RequestHeader unset X-Gone
  Header set X-Out done
  ProxyPass ajp://${AJP1}/rules/
  ProxyPassReverse ajp://${AJP1}/rules/
</Location>
ProxyPass / ajp://${AJP1}/
`;

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

describeAlike({
  name: 'a request by AJP',
  config: ONE,
  ajp: ['ajp1', 'ajp2'],
  cases: [
    {
      name: 'is told with its fields, and nothing is added',
      steps: [get('/x', ['Accept: */*', 'X-Own: 1'])],
      expect: ['200 ajp1'],
    },
    {
      name: 'has its query as an attribute',
      steps: [get('/x?a=1&b=%20'), get('/x?')],
      expect: ['200 ajp1', '200 ajp1'],
    },
    { name: 'shows a secret and the path of the member', steps: [get('/secret/y')], expect: ['200 ajp1'] },
    {
      name: 'comes after a ping where one is asked for',
      steps: times(2, get('/pinged/y')),
      expect: ['200 ajp2', '200 ajp2'],
    },
    { name: 'has its path encoded anew', steps: [get('/a%20b/%5bc%5d;d=e')], expect: ['200 ajp1'] },
    ...['HEAD', 'OPTIONS', 'DELETE', 'PROPFIND', 'REPORT'].map((method) => ({
      name: `has a code for its method: ${method}`,
      steps: [request(method, '/x')],
      expect: ['200 ajp1'],
    })),
    ...['PATCH', 'BREW'].map((method) => ({
      name: `has the name of a method without a code: ${method}`,
      steps: [request(method, '/x')],
      expect: ['200 ajp1'],
    })),
    {
      name: 'brings a body of known length',
      steps: [
        request('POST', '/x', [], { body: 'a body' }),
        request('PUT', '/x', [], { body: 'z'.repeat(30_000) }),
      ],
      expect: ['200 ajp1', '200 ajp1'],
    },
    {
      name: 'brings a chunked body',
      steps: [
        {
          method: 'POST',
          send: 'POST /x HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
        },
      ],
      expect: ['200 ajp1'],
    },
    {
      name: 'brings no body where it says so',
      steps: [request('POST', '/x', [], { body: '' })],
      expect: ['200 ajp1'],
    },
    {
      name: 'names the host it came to',
      steps: [get('/x', [], { host: 'shop.test:8080' })],
      expect: ['200 ajp1'],
    },
    {
      name: 'has fields as rules have left them',
      steps: [get('/rules/x', ['X-Gone: 1', 'Cookie: a=b'])],
      expect: ['200 ajp1'],
    },
    {
      name: 'has a field twice, and one without a value',
      steps: [get('/x', ['X-Own: 1', 'X-Own: 2', 'X-None:'])],
      expect: ['200 ajp1'],
    },
    {
      name: 'has the fields that have codes',
      steps: [
        get('/x', [
          'Accept: text/html',
          'Accept-Charset: utf-8',
          'Accept-Encoding: br',
          'Accept-Language: de',
          'Authorization: Basic eDp5',
          'Cookie: a=b; c=d',
          'Pragma: no-cache',
          'Referer: http://shop.test/',
          'User-Agent: of/1.0',
        ]),
      ],
      expect: ['200 ajp1'],
    },
    {
      name: 'has the type of its body',
      steps: [
        request('POST', '/x', ['Content-Type: application/x-www-form-urlencoded'], { body: 'a=1&b=2' }),
      ],
      expect: ['200 ajp1'],
    },
    { name: 'to a member that refuses connections is a 503', steps: [get('/dead/x')], expect: ['503 -'] },
  ],
});

describeAlike({
  name: 'an answer by AJP',
  config: ONE,
  ajp: ['ajp1', 'ajp2'],
  cases: [
    {
      name: 'is passed with its status and its fields',
      script: () => () => ({
        status: 404,
        reason: 'Not Here',
        fields: [
          ['X-A', '1'],
          ['Set-Cookie', 'a=b'],
          ['Set-Cookie', 'c=d'],
        ],
      }),
      steps: [get('/x')],
      expect: ['404 ajp1'],
    },
    {
      name: 'has the reason that the container says',
      script: () => () => ({ status: 200, reason: '200' }),
      steps: [get('/x')],
      expect: ['200 ajp1'],
    },
    ...[206, 301, 400, 401, 409, 500, 503].map((status) => ({
      name: `has any status: ${status}`,
      script: () => () => ({ status, reason: 'Said', fields: [['X-A', '1']] as [string, string][] }),
      steps: [get('/x')],
      expect: [`${status} ajp1`],
    })),
    {
      name: 'may be long',
      script: () => () => ({ body: 'y'.repeat(200_000) }),
      steps: [get('/x')],
      expect: ['200 ajp1'],
    },
    {
      name: 'has no body where there is none',
      script: () => () => ({ status: 204 }),
      steps: [get('/x')],
      expect: ['204 ajp1'],
    },
    {
      name: 'is not modified',
      script: () => () => ({ status: 304, fields: [['ETag', '"a"']] }),
      steps: [get('/x')],
      expect: ['304 ajp1'],
    },
    {
      name: 'has its Location turned round',
      script: () => () => ({ status: 302, reason: 'Found', fields: [['Location', '/rules/there']] }),
      steps: [get('/rules/x')],
      expect: ['302 ajp1'],
    },
  ],
});

const TWO = `
Listen ${LISTEN}
<Proxy balancer://c>
  BalancerMember ajp://${AJP1} timeout=3 retry=60
  BalancerMember ajp://${AJP2} timeout=3 retry=60
</Proxy>
<Proxy balancer://s>
  BalancerMember ajp://${AJP1} route=one
  BalancerMember ajp://${AJP2} route=two
  ProxySet stickysession=JSESSIONID|jsessionid
</Proxy>
<Proxy balancer://p>
  BalancerMember ajp://${DEAD} ping=5
  BalancerMember ajp://${AJP2} ping=5
</Proxy>
ProxyPass /s/ balancer://s/
ProxyPass /p/ balancer://p/
ProxyPass / balancer://c/
`;

describeAlike({
  name: 'containers in a balancer',
  fresh: true,
  config: TWO,
  ajp: ['ajp1', 'ajp2'],
  cases: [
    {
      name: 'take turns',
      steps: times(4, get('/x')),
      expect: ['200 ajp1', '200 ajp2', '200 ajp1', '200 ajp2'],
    },
    {
      name: 'have their sessions by cookie and by path',
      steps: [
        get('/s/x', ['Cookie: JSESSIONID=abc.two']),
        get('/s/x;jsessionid=abc.one'),
        get('/s/x', ['Cookie: JSESSIONID=abc.two']),
      ],
      expect: ['200 ajp2', '200 ajp1', '200 ajp2'],
    },
    {
      name: 'stand in for one that refuses connections',
      steps: times(2, get('/p/x')),
      expect: ['200 ajp2', '200 ajp2'],
      errors: ['AH00896', 'AH00957', 'AH00959'],
    },
    {
      name: 'stand in for one that is gone before its answer',
      script: first({ cutAfter: 0 }),
      steps: times(2, get('/x')),
      expect: ['200 ajp1+ajp2', '200 ajp2'],
      errors: ['AH00878', 'AH00992', 'AH01030'],
    },
    {
      name: 'do not stand in where a body was sent',
      script: first({ cutAfter: 0 }),
      steps: [request('POST', '/x', [], { body: 'abc' }), get('/x')],
      expect: ['500 ajp1', '200 ajp2'],
      errors: ['AH00878', 'AH00992', 'AH01030'],
    },
    {
      name: 'stand in for one that is silent',
      script: first({ raw: '' }),
      steps: times(2, get('/x')),
      expect: ['200 ajp1+ajp2', '200 ajp2'],
      errors: ['AH00878', 'AH00992', 'AH01030'],
    },
    {
      name: 'pass on an error that is an answer',
      script: first({ status: 500, reason: 'Oops' }),
      steps: times(2, get('/x')),
      expect: ['500 ajp1', '200 ajp2'],
    },
  ],
});
