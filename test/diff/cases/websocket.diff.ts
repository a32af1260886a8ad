/**
 * Which requests may change the protocol of their connection, and what a member hears of them: mod_proxy's `upgrade=`, ws://
 * members, and what becomes of answers that are no 101 (httpd-semantics 2.4, 2.14). What goes through the tunnel afterwards
 * is tested in test/reg/websocket.reg.ts; here it is a response, as any client of the harness can read.
 */
import { describeAlike } from '../harness/alike.js';
import { get, request } from '../harness/case.js';
import type { Answer, SeenRequest } from '../harness/origins.js';
import { LISTEN, WEB1, WEB2, WEB3 } from '../harness/places.js';

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const ACCEPT = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const INSIDE = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside';

function switching(protocol: string, ...more: string[]): () => () => Answer {
  const lines = ['HTTP/1.1 101 Switching Protocols', `Upgrade: ${protocol}`, 'Connection: Upgrade', ...more];
  return () => () => ({ raw: `${lines.join('\r\n')}\r\n\r\n${INSIDE}`, close: true });
}

/** Says which fields of the handshake came. */
function telling(): (seen: SeenRequest) => Answer {
  return ({ fields }) => {
    const told = fields.filter(([name]) => /^(?:upgrade|connection|sec-websocket-.*|te)$/i.test(name));
    const text = told.map(([name, value]) => `${name.toLowerCase()}=${value}`).sort();
    return { body: `${text.join('\n')}\n` };
  };
}

for (const engine of ['uws', 'node'] as const) {
  describeAlike({
    name: `requests for an upgrade (${engine})`,
    engine,
    config: `Listen ${LISTEN}
ProxyPass /ws/ ws://${WEB1}/ws/
ProxyPass /up/ http://${WEB2}/up/ upgrade=websocket
ProxyPass /plain/ http://${WEB3}/plain/
Header set X-Rule yes
Header always set X-Always yes`,
    cases: [
      {
        name: 'a ws member is asked for it',
        script: telling,
        steps: [get('/ws/x', WEBSOCKET)],
        expect: ['200 web1'],
      },
      {
        name: 'a ws member serves what asks for nothing',
        script: telling,
        steps: [get('/ws/x'), request('POST', '/ws/x', [], { body: 'abc' })],
        expect: ['200 web1', '200 web1'],
      },
      {
        name: 'an http member with upgrade=websocket is asked for it',
        script: telling,
        steps: [get('/up/x', WEBSOCKET), get('/up/x')],
        expect: ['200 web2', '200 web2'],
      },
      {
        name: 'an http member without upgrade= is not',
        script: telling,
        steps: [get('/plain/x', WEBSOCKET)],
        expect: ['200 web3'],
      },
      {
        name: 'other protocols go no further',
        script: telling,
        steps: [
          get('/ws/x', ['Connection: Upgrade', 'Upgrade: chat']),
          get('/up/x', ['Connection: Upgrade', 'Upgrade: chat']),
          get('/plain/x', ['Connection: Upgrade', 'Upgrade: h2c']),
        ],
        expect: ['200 web1', '200 web2', '200 web3'],
      },
      {
        name: 'HEAD asks for none',
        script: telling,
        steps: [request('HEAD', '/plain/x', WEBSOCKET)],
        expect: ['200 web3'],
      },
      {
        name: 'with what else the client says',
        script: telling,
        steps: [
          get('/ws/x?a=b', [
            ...WEBSOCKET,
            'Sec-WebSocket-Protocol: chat, superchat',
            'Origin: http://shop.test',
            'Cookie: a=b',
          ]),
          get('/up/x', ['Connection: keep-alive, Upgrade', ...WEBSOCKET.slice(1)]),
        ],
        expect: ['200 web1', '200 web2'],
      },
      {
        name: 'what the member answers instead is passed on',
        script:
          () =>
          ({ line }) => {
            const status = Number(/\/(\d+)/.exec(line)?.[1]);
            return {
              status,
              reason: 'Said',
              fields: [['Location', `http://${line.length}/`]],
              body: `${status}\n`,
            };
          },
        steps: [400, 401, 403, 404, 426, 302, 500].map((status) => get(`/ws/${status}`, WEBSOCKET)),
        expect: ['400 web1', '401 web1', '403 web1', '404 web1', '426 web1', '302 web1', '500 web1'],
      },
      {
        name: 'another protocol than was asked for is a 502',
        script: switching('chat'),
        steps: [get('/ws/x', WEBSOCKET), get('/up/x', WEBSOCKET)],
        expect: ['502 web1', '502 web2'],
      },
      {
        name: 'a 101 that nobody asked for is a 502',
        script: switching('websocket', ACCEPT),
        steps: [get('/ws/x'), get('/plain/x')],
        expect: ['502 web1', '502 web3'],
      },
    ],
  });
}

describeAlike({
  name: 'upgrades that are tunnelled',
  engine: 'node',
  config: `Listen ${LISTEN}
ProxyPass /ws/ ws://${WEB1}/ws/
ProxyPass /any/ http://${WEB2}/any/ upgrade=ANY
ProxyPass /list/ http://${WEB3}/list/ upgrade=chat,websocket
Header set X-Rule yes
Header always set X-Always yes
ProxyVia On`,
  cases: [
    {
      name: 'a WebSocket’s bytes pass as they are',
      script: switching('websocket', ACCEPT, 'Sec-WebSocket-Protocol: chat'),
      steps: [get('/ws/x', WEBSOCKET)],
      expect: ['101 web1'],
    },
    {
      name: 'the name of the protocol is compared without case',
      script: switching('WebSocket', ACCEPT),
      steps: [get('/ws/x', WEBSOCKET)],
      expect: ['101 web1'],
    },
    {
      name: 'upgrade=ANY takes what the client asks for',
      script: switching('chat'),
      steps: [get('/any/x', ['Connection: Upgrade', 'Upgrade: chat'])],
      expect: ['101 web2'],
    },
    {
      name: 'a list takes each of its protocols',
      script: switching('chat'),
      steps: [get('/list/x', ['Connection: Upgrade', 'Upgrade: chat'])],
      expect: ['101 web3'],
    },
  ],
});

describeAlike({
  name: 'upgrades by RewriteRule and through a balancer',
  config: `Listen ${LISTEN}
RewriteEngine On
RewriteCond %{HTTP:Upgrade} =websocket [NC]
RewriteRule ^/app/(.*) ws://${WEB2}/$1 [P,L]
ProxyPass /app/ http://${WEB1}/
<Proxy balancer://many>
BalancerMember ws://${WEB1} route=one
BalancerMember ws://${WEB2} route=two
ProxySet stickysession=SID
</Proxy>
ProxyPass /many/ balancer://many/`,
  cases: [
    {
      name: 'the idiom sends them to another member than plain requests',
      script: telling,
      steps: [get('/app/x', WEBSOCKET), get('/app/x')],
      expect: ['200 web2', '200 web1'],
    },
    {
      name: 'stickiness holds for them',
      script: telling,
      steps: [
        get('/many/x', [...WEBSOCKET, 'Cookie: SID=a.two']),
        get('/many/x', [...WEBSOCKET, 'Cookie: SID=a.one']),
        get('/many/x', [...WEBSOCKET, 'Cookie: SID=a.two']),
      ],
      expect: ['200 web2', '200 web1', '200 web2'],
    },
  ],
});
