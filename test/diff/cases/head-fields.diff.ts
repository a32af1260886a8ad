/** What becomes of fields that rules and the server both have a say in; most of these were found by random configurations. */
import { describeAlike } from '../harness/alike.js';
import { get, raw, request } from '../harness/case.js';
import { DEAD, LISTEN, WEB1 } from '../harness/places.js';

describeAlike({
  name: 'Server and Content-Type by rules',
  config: `
Listen ${LISTEN}
Header always set X-Marked yes
<Location /server>
  Header always set Server always
  Header set Server onsuccess
</Location>
<Location /append>
  Header append Server tail
</Location>
<Location /type>
  Header always set Content-Type a/b
</Location>
<Location /edit>
  Header always edit Content-Type "html|plain" "HTML"
</Location>
<Location /gone>
  Header always unset Content-Type
</Location>
<Location /ifempty>
  Header always setifempty Content-Type x/y
</Location>
<Location /more>
  Header always append Content-Type more
  Header always add Content-Type more
</Location>
<LocationMatch "/denied$">
  Require all denied
</LocationMatch>
<Location /order>
  Header set X-Which onsuccess
  Header note X-From-Member seen
  Header always set X-Seen "expr=<%{note:seen}>"
  Header always set X-Asked 1 "expr=req('X-A') == '1'"
  Header setifempty Vary Accept
</Location>
<Location /host>
  Header always set X-Host "expr=%{req:Host} %{HTTP_HOST}"
</Location>
ProxyPass /server/dead http://${DEAD}/
ProxyPass /type/dead http://${DEAD}/
ProxyPass /local !
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'lets rules name the server where a request is proxied',
      steps: [get('/server/x'), get('/server/dead'), get('/server/denied'), get('/append/x')],
      expect: ['200 web1', '503 -', '403 -', '200 web1'],
    },
    {
      name: 'adds to the Server of the member',
      script: () => () => ({ fields: [['Server', 'member']] }),
      steps: [get('/append/x'), get('/server/x')],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'has one Content-Type, whichever table a rule names',
      steps: ['type', 'edit', 'gone', 'ifempty', 'more'].map((place) => get(`/${place}/x`)),
      expect: Array.from({ length: 5 }, () => '200 web1'),
    },
    {
      name: 'has one Content-Type on pages of its own',
      steps: ['type', 'edit', 'gone', 'ifempty', 'more'].map((place) => get(`/${place}/denied`)),
      expect: Array.from({ length: 5 }, () => '403 -'),
    },
    {
      name: 'gives a type to the page of a member that is gone',
      steps: [get('/type/dead')],
      expect: ['503 -'],
    },
    {
      name: 'runs rules of always before those of onsuccess',
      script: () => () => ({ fields: [['X-From-Member', 'one']] }),
      steps: [get('/order/x', ['X-A: 1'])],
      expect: ['200 web1'],
    },
    { name: 'says nothing of Host in Vary', steps: [get('/host/x')], expect: ['200 web1'] },
    {
      name: 'marks its own answers to OPTIONS, but not to OPTIONS for a proxied path',
      steps: [request('OPTIONS', '/local'), request('OPTIONS', '/x', ['Max-Forwards: 0'])],
      expect: ['200 -', '200 -'],
    },
  ],
});

describeAlike({
  name: 'Fields of requests that rules change',
  config: `
Listen ${LISTEN}
ProxyMaxForwards 5
<Location /host>
  RequestHeader set Host rule.test
  ProxyPreserveHost On
</Location>
<Location /other>
  RequestHeader set Host rule.test
</Location>
<Location /nohost>
  RequestHeader unset Host
  ProxyPreserveHost On
</Location>
<Location /repeated>
  RequestHeader append X-A more
  RequestHeader merge X-B two
  RequestHeader edit* X-C "t" "q"
  RequestHeader edit X-D "^(.*)$" "<$1>"
</Location>
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'forwards the Host that a rule has set',
      steps: [get('/host'), get('/other'), get('/nohost'), get('/host', ['X-Forwarded-Host: before.test'])],
      expect: Array.from({ length: 4 }, () => '200 web1'),
    },
    {
      name: 'works on all values of a repeated field',
      steps: [
        get('/repeated', [
          ...['X-A: one', 'X-A: two', 'X-B: one', 'X-B: two'],
          ...['X-C: two', 'X-C: tthree', 'X-D: one', 'X-D: two'],
        ]),
      ],
      expect: ['200 web1'],
    },
    {
      name: 'counts Max-Forwards down, and refuses what is no number',
      steps: ['3', '+3', 'x', '-1', '3,4', '99999999999999999999', '00', ''].map((value) =>
        get('/x', [`Max-Forwards: ${value}`]),
      ),
      expect: ['200 web1', '200 web1', ...Array.from({ length: 6 }, () => '400 -')],
    },
    { name: 'begins with ProxyMaxForwards', steps: [get('/x')], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'Early rules and the path as it was sent',
  config: `
Listen ${LISTEN}
SetEnvIf Request_URI "(.*)" SENT=$1
SetEnvIfExpr "%{REQUEST_URI} =~ /(.*)/" ALSO=$1
SetEnvIf X-Mark "^(.*)$" MARK=$1
Header always set X-Sent "%{SENT}e"
Header always set X-Also "%{ALSO}e"
Header always set X-Mark "%{MARK}e"
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'shows SetEnvIf the path before it is decoded',
      steps: [get('/img/b/admin%3f'), get('/a/..//%61dmin%20f?q')],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'runs early rules for a path that is refused',
      steps: [get('/a%zz', ['X-Mark: here']), get('/a%2fb', ['X-Mark: here'])],
      expect: ['400 -', '404 -'],
    },
  ],
});

describeAlike({
  name: 'Answers of members with odd beginnings and errors',
  config: `
Listen ${LISTEN}
ProxyErrorOverride On
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'says what is allowed on its own page of 405 and 501',
      script: () => (seen) => ({
        status: seen.line.includes('/501') ? 501 : 405,
        fields: [['Allow', 'GET, PUT']],
      }),
      steps: [get('/405'), get('/501')],
      expect: ['405 web1', '501 web1'],
    },
    {
      name: 'passes over an empty line before the status line',
      script: () => () => ({ raw: '\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' }),
      steps: [get('/x')],
      expect: ['200 web1'],
    },
    {
      name: 'passes on what came of a last answer that was cut',
      script: () => () => ({ status: 503, cutAfter: 3 }),
      steps: [raw(['GET /x HTTP/1.1', 'Host: www.example.com', 'Connection: close', '', ''])],
      expect: ['503 web1'],
    },
  ],
});

describeAlike({
  name: 'Answers of members that break',
  engine: 'node',
  loosely: 'httpd adds Expires to the page of a body that breaks at once',
  config: `
Listen ${LISTEN}
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'answers 502 where a chunked body is none from its first byte on, and cuts where it breaks later',
      script: () => (seen) => ({
        raw: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${seen.line.includes('/late') ? '2\r\nok\r\n' : ''}zz\r\n`,
        close: true,
      }),
      steps: [get('/early'), get('/late')],
      expect: ['502 web1', '200 web1 cut'],
    },
  ],
});

describeAlike({
  name: 'A ServerName with a scheme, and echoed fields',
  config: `
Listen ${LISTEN}
ServerName https://canon.test:8443
Header echo ^X-A
Header always set X-Scheme "%{REQUEST_SCHEME}s %{SERVER_NAME}s %{SERVER_PORT}s %{HTTPS}s"
RewriteEngine on
RewriteRule ^/moved /x [R]
ProxyPass / http://${WEB1}/
ProxyPassReverse / http://${WEB1}/
`,
  cases: [
    {
      name: 'speaks of itself by that scheme, whatever the client came by',
      script: () => () => ({ fields: [['Content-Location', '/here']] }),
      steps: [get('/moved'), get('/x')],
      expect: ['302 -', '200 web1'],
    },
    {
      name: 'echoes all values of a repeated field in one',
      steps: [get('/x', ['X-A: one', 'X-A: two', 'x-b: no'])],
      expect: ['200 web1'],
    },
  ],
});
