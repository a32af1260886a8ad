/** Header and RequestHeader (httpd-semantics 2.6, 10.3). */
import { describeAlike } from '../harness/alike.js';
import { get, request } from '../harness/case.js';
import { DEAD, LISTEN, WEB1 } from '../harness/places.js';

describeAlike({
  name: 'Header and RequestHeader',
  config: `
Listen ${LISTEN}
RequestHeader set X-Early early-value early
SetEnv FROM_SETENV set
SetEnvIf X-Flag "^(\\w+)$" FLAG=$1 FLAGGED
SetEnvIfNoCase User-Agent BOT IS_BOT
SetEnvIf Request_URI "/secret" SECRET=yes
<Proxy balancer://c>
  BalancerMember http://${WEB1} route=r1
  ProxySet stickysession=SID
</Proxy>
<Location /act>
  Header set X-Set one
  Header append X-Set two
  Header merge X-Set two
  Header add X-Set three
  Header setifempty X-Set nope
  Header setifempty X-New fresh
  Header echo ^X-Echo
  Header edit Location ^http: https:
  Header edit* X-Ed a b
  Header edit X-Ed2 a b
  Header unset X-Rm
  Header edit Set-Cookie ^(.*)$ "$1; Secure"
  Header set X-Not-Nope yes env=!NOPE
  Header set X-Nope yes env=NOPE
  Header set X-Percent "100%%"
  Header always set X-Always both
</Location>
<Location /env>
  Header set X-Flag-Is "%{FLAG}e" env=FLAGGED
  Header set X-Unset "%{NOTHING}e"
  Header set X-Setenv "%{FROM_SETENV}e"
  Header set X-Bot yes env=IS_BOT
  Header set X-Balancer "%{BALANCER_NAME}e %{BALANCER_WORKER_ROUTE}e %{BALANCER_ROUTE_CHANGED}e"
  RequestHeader set X-Route "%{BALANCER_WORKER_ROUTE}e"
  RequestHeader set X-Flag-Is "%{FLAG}e" env=FLAGGED
  Header set X-Secret "%{SECRET}e" env=SECRET
</Location>
<Location /req>
  RequestHeader append X-Forwarded-Proto https
  RequestHeader merge X-Forwarded-Proto https
  RequestHeader edit X-Ed foo bar
  RequestHeader edit* X-Eds foo bar
  RequestHeader unset Accept
  RequestHeader set X-Set "a b"
  RequestHeader add X-Add 1
  RequestHeader add X-Add 2
  RequestHeader setifempty X-Maybe filled
  RequestHeader unset X-Forwarded-For
</Location>
ProxyPass /act/dead http://${DEAD}/
ProxyPass / balancer://c/
`,
  cases: [
    {
      name: 'applies every action to a response',
      script: () => () => ({
        fields: [
          ['X-SIE', ''],
          ['Location', 'http://a/b'],
          ['X-Ed', 'aaa'],
          ['X-Ed2', 'aaa'],
          ['X-Rm', '1'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2; path=/'],
        ],
      }),
      steps: [get('/act/x', ['X-Echo-Me: hi', 'X-Echo: there'])],
      expect: ['200 web1'],
    },
    {
      name: 'applies Header to an error of the member',
      script: () => () => ({ status: 404, body: 'none\n' }),
      steps: [get('/act/x')],
      expect: ['404 web1'],
    },
    {
      name: 'applies only Header always to an error of its own',
      steps: [get('/act/dead/x')],
      expect: ['503 -'],
    },
    {
      name: 'replaces and appends to fields of the member',
      script: () => () => ({
        fields: [
          ['X-Set', 'zero'],
          ['X-Always', 'member'],
          ['X-New', 'old'],
        ],
      }),
      steps: [get('/act/x')],
      expect: ['200 web1'],
    },
    {
      name: 'sets by a variable of SetEnvIf',
      steps: [get('/env/x', ['X-Flag: blue'])],
      expect: ['200 web1'],
    },
    {
      name: 'leaves conditional rules out',
      steps: [get('/env/x', ['X-Flag: not one word'])],
      expect: ['200 web1'],
    },
    {
      name: 'matches without case',
      steps: [get('/env/secret', ['User-Agent: MyBot/2'])],
      expect: ['200 web1'],
    },
    {
      name: 'edits request fields',
      steps: [
        get('/req/x', [
          'X-Forwarded-Proto: http',
          'X-Ed: foofoo',
          'X-Eds: foofoo',
          'Accept: */*',
          'X-Add: 0',
          'X-Maybe: mine',
          'X-Forwarded-For: 1.2.3.4',
        ]),
      ],
      expect: ['200 web1'],
    },
    { name: 'sets request fields that are not there', steps: [get('/req/x')], expect: ['200 web1'] },
    { name: 'acts on HEAD too', steps: [request('HEAD', '/act/x')], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'Header with expressions and times',
  config: `
Listen ${LISTEN}
Header set X-Expr "expr=%{REQUEST_METHOD}-%{HTTP_HOST}-%{tolower:ABC}"
Header set X-Ok yes "expr=%{REQUEST_STATUS} == 200"
Header set X-Bad yes "expr=%{REQUEST_STATUS} >= 400"
Header set X-Times "%t %D"
RequestHeader set X-Scheme "expr=%{REQUEST_SCHEME}"
<If "%{QUERY_STRING} =~ /debug=(\\w+)/">
  Header set X-Debug "expr=%{REQUEST_URI}"
</If>
<Else>
  Header set X-Debug off
</Else>
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'evaluates for each response',
      steps: [get('/x'), get('/x?debug=on')],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'sees the status',
      script: () => () => ({ status: 404, body: 'n\n' }),
      steps: [get('/x')],
      expect: ['404 web1'],
    },
  ],
});

describeAlike({
  name: 'Header of server, vhost and sections',
  config: `
Listen ${LISTEN}
Header add X-Order server
RequestHeader set X-From server
<VirtualHost *:*>
  ServerName www.example.com
  Header add X-Order vhost
  <Proxy *>
    Header add X-Order proxy
    RequestHeader set X-From proxy
  </Proxy>
  <Location />
    Header add X-Order root
  </Location>
  <Location /deep>
    Header add X-Order deep
    RequestHeader set X-From deep
    Header unset X-Gone
  </Location>
  ProxyPass / http://${WEB1}/
</VirtualHost>
`,
  cases: [
    {
      name: 'runs from the outer to the inner',
      steps: [get('/x'), get('/deep/x')],
      expect: ['200 web1', '200 web1'],
    },
  ],
});
