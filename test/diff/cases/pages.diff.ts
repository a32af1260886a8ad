/** Pages that the server makes itself, and what may replace them (httpd-semantics 4.3, 2.1 ErrorDocument). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request } from '../harness/case.js';
import type { Script } from '../harness/origins.js';
import { DEAD, LISTEN, LOG_DIR, WEB1 } from '../harness/places.js';

describeAlike({
  name: 'canned pages',
  config: `
Listen ${LISTEN}
<Location /denied>
  Require all denied
</Location>
ProxyPass /dead/ http://${DEAD}/
ProxyPass /denied/ http://${WEB1}/
ProxyPass /ok/ http://${WEB1}/
`,
  cases: [
    { name: '404', steps: [get('/none')], expect: ['404 -'] },
    { name: '403', steps: [get('/denied/x')], expect: ['403 -'] },
    { name: '503', steps: [get('/dead/x')], expect: ['503 -'] },
    { name: '502', script: () => () => ({ cutAfter: 0 }), steps: [get('/ok/x')], expect: ['502 web1'] },
    { name: '400', steps: [get('/ok/%zz')], expect: ['400 -'] },
    { name: 'HEAD has no page', steps: [request('HEAD', '/none')], expect: ['404 -'] },
    { name: '404 for POST', steps: [request('POST', '/none', [], { body: 'b' })], expect: ['404 -'] },
    { name: 'markup of a path is escaped', steps: [get('/%3Cscript%3E')], expect: ['404 -'] },
  ],
});

describeAlike({
  name: 'Redirect',
  config: `
Listen ${LISTEN}
Redirect permanent /moved http://elsewhere.test/new
Redirect /found http://elsewhere.test/f
Redirect seeother /other http://elsewhere.test/o
Redirect gone /gone
`,
  cases: [
    { name: '301 with the remainder and the query', steps: [get('/moved/x?y=1')], expect: ['301 -'] },
    { name: '302', steps: [get('/found/')], expect: ['302 -'] },
    { name: '303', steps: [get('/other')], expect: ['303 -'] },
    { name: '410', steps: [get('/gone')], expect: ['410 -'] },
  ],
});

const FAILING: DiffCase = {
  name: 'leaves an error of the member alone',
  script: () => () => ({ status: 404, body: 'member says no\n' }),
  steps: [get('/ok/x')],
  expect: ['404 web1'],
};

describeAlike({
  name: 'ErrorDocument',
  config: `
Listen ${LISTEN}
ErrorDocument 404 "nothing <b>here</b>"
ErrorDocument 403 http://elsewhere.test/denied
ErrorDocument 503 /ok/sorry
<Location /denied>
  Require all denied
</Location>
<Location /special>
  ErrorDocument 404 "special"
</Location>
ProxyPass /dead/ http://${DEAD}/
ProxyPass /ok/ http://${WEB1}/
`,
  cases: [
    { name: 'answers with a text', steps: [get('/none')], expect: ['404 -'] },
    { name: 'answers with the text of a section', steps: [get('/special/x')], expect: ['404 -'] },
    { name: 'redirects to a full URL', steps: [get('/denied/x')], expect: ['302 -'] },
    { name: 'fetches a path, which may be proxied', steps: [get('/dead/x')], expect: ['200 web1'] },
    FAILING,
  ],
});

describeAlike({
  name: 'ErrorDocument with variables',
  config: `
Listen ${LISTEN}
ErrorDocument 404 "no %{REQUEST_URI} at %{HTTP_HOST}, %{REQUEST_STATUS} 50% 100%%"
ErrorDocument 403 "http://%{HTTP_HOST}/denied?u=%{escape:%{REQUEST_URI}}"
ErrorDocument 410 /ok/%{REQUEST_STATUS}?u=%{REQUEST_URI}
ErrorDocument 402 "/is words"
ErrorDocument 405 mailto:a@b.test
ErrorDocument 406 %{REQUEST_SCHEME}://x.test/
Redirect 410 /gone
Redirect 402 /pay
Redirect 405 /mail
Redirect 406 /scheme
<Location /denied>
  Require all denied
</Location>
<Location /special>
  ErrorDocument 404 "special %{req:X-In} %{HTTP_USER_AGENT}"
</Location>
<Location /plain>
  ErrorDocument 404 default
</Location>
ProxyPass /ok/ http://${WEB1}/
`,
  cases: [
    { name: 'tells the request in a text', steps: [get('/none?q=1')], expect: ['404 -'] },
    {
      name: 'tells a field in the text of a section',
      steps: [get('/special/x', ['X-In: <b>', 'User-Agent: me'])],
      expect: ['404 -'],
    },
    { name: 'returns to the canned page', steps: [get('/plain/x')], expect: ['404 -'] },
    { name: 'redirects to a URL made of the request', steps: [get('/denied/a%20b')], expect: ['302 -'] },
    { name: 'fetches a path made of the request', steps: [get('/gone/x')], expect: ['200 web1'] },
    { name: 'takes what has a blank for words', steps: [get('/pay')], expect: ['402 -'] },
    { name: 'takes any scheme for a URL', steps: [get('/mail')], expect: ['302 -'] },
    { name: 'takes a scheme that is not written for words', steps: [get('/scheme')], expect: ['406 -'] },
  ],
});

describeAlike({
  name: 'ProxyErrorOverride',
  config: `
Listen ${LISTEN}
ErrorDocument 404 "replaced"
ProxyErrorOverride On 404 500
ProxyPass / http://${WEB1}/
`,
  cases: [
    { ...FAILING, name: 'replaces a listed status', steps: [get('/x')] },
    {
      name: 'leaves others alone',
      script: () => () => ({ status: 410, body: 'gone\n' }),
      steps: [get('/x')],
      expect: ['410 web1'],
    },
    {
      name: 'uses the canned page where no ErrorDocument is',
      script: () => () => ({ status: 500, body: 'mine\n', fields: [['X-Mine', '1']] }),
      steps: [get('/x')],
      expect: ['500 web1'],
    },
  ],
});

const failsAs =
  (status: number): Script =>
  () => ({ status, body: 'mine\n' });

describeAlike({
  name: 'ProxyErrorOverride in sections',
  config: `
Listen ${LISTEN}
ProxyErrorOverride On 500
<Location /more>
  ProxyErrorOverride On 404
</Location>
<Location /on>
  ProxyErrorOverride On
</Location>
<Location /off>
  ProxyErrorOverride Off
</Location>
ProxyPass / http://${WEB1}/
`,
  cases: [
    ...['/more', '/on', '/off'].flatMap((path) =>
      [404, 500].map((status) => ({
        name: `${status} of ${path}`,
        script: () => failsAs(status),
        steps: [get(path)],
        expect: [`${status} web1`],
      })),
    ),
  ],
});

/** Members fail as they are asked to, and have a page for everything else. */
const faulty: Script = ({ line }) => {
  const [, status] = / \/on\/(\d+)/.exec(line) ?? [];
  return status === undefined
    ? { body: 'page\n' }
    : { status: Number(status), reason: 'Oops', body: 'fault\n' };
};

describeAlike({
  name: 'ProxyErrorOverride and a document of a member',
  config: `
Listen ${LISTEN}
ErrorDocument 403 /doc/no
ErrorDocument 404 /doc/none
ErrorDocument 500 /doc/fault
ErrorDocument 410 /plain/gone
ErrorDocument 503 /doc/down
Redirect 403 /no/x
Redirect 410 /no/y
Header always set X-Status "expr=%{REQUEST_STATUS}"
<LocationMatch ^/(doc|on)>
  ProxyErrorOverride On
</LocationMatch>
<Location /doc/no>
  ProxyErrorOverride On 404
</Location>
ProxyPass /no !
ProxyPass /dead/ http://${DEAD}/
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'keeps the status of the error',
      script: () => faulty,
      steps: [get('/on/404'), get('/on/500'), get('/no/z'), get('/dead/')],
      expect: ['404 web1+web1', '500 web1+web1', '404 web1', '503 web1'],
    },
    {
      name: 'not one that is not overridden where the document is',
      script: () => faulty,
      steps: [get('/no/x'), get('/no/y')],
      expect: ['200 web1', '200 web1'],
    },
  ],
});

for (const setting of [
  'ServerSignature On',
  'ServerSignature EMail\nServerAdmin me@x.test',
  'ServerTokens Prod',
]) {
  describeAlike({
    name: setting.replace('\n', ', '),
    // A log without sizes: the product's name is a part of these pages.
    config: `
Listen ${LISTEN}
${setting}
<VirtualHost *:*>
  ServerName www.example.com
  CustomLog ${LOG_DIR}/access.log "%r %>s"
  ProxyPass /dead/ http://${DEAD}/
</VirtualHost>
`,
    cases: [
      {
        name: 'shows on pages',
        steps: [get('/none'), get('/dead/x', [], { host: 'a.test:81' })],
        expect: ['404 -', '503 -'],
      },
    ],
  });
}

describeAlike({
  name: 'LimitRequestBody of what is answered here',
  config: `
Listen ${LISTEN}
ProxyPass /ok/ http://${WEB1}/
LimitRequestBody 10
<Location /more>
  LimitRequestBody 20
</Location>
<Location /any>
  LimitRequestBody 0
</Location>
<Location /closed>
  LimitRequestBody 3
  ErrorDocument 413 "too much"
</Location>
`,
  cases: (
    [
      ['POST', '/none', [404, 404, 413, 413]],
      ['POST', '/more/x', [404, 404, 404, 413]],
      ['POST', '/any/x', [404, 404, 404, 404]],
      ['POST', '/closed/x', [413, 413, 413, 413]],
      ['PUT', '/none', [405, 405, 413, 413]],
    ] as const
  ).map(([method, path, statuses]) => ({
    name: `${method} ${path}`,
    steps: [4, 10, 11, 21].map((size) => request(method, path, [], { body: 'b'.repeat(size) })),
    expect: statuses.map((status) => `${status} -`),
  })),
});

describeAlike({
  name: 'nocanon and what is asked for internally',
  config: `
Listen ${LISTEN}
ErrorDocument 410 /err/page?x=1
Redirect 410 /gone
<Location /again>
  RewriteEngine On
  RewriteRule .* /else
</Location>
ProxyPass /gone !
ProxyPass / http://${WEB1}/ nocanon
`,
  cases: [
    { name: 'an ErrorDocument', steps: [get('/gone/%41?q')], expect: ['200 web1'] },
    { name: 'another path after a rule', steps: [get('/again/%41')], expect: ['200 web1'] },
    { name: 'a path as it came', steps: [get('/%41%5b')], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'the path that is refused for an encoded slash',
  config: `
Listen ${LISTEN}
Header always set X-Path "expr=%{REQUEST_URI}"
ErrorDocument 404 "none at %{REQUEST_URI}"
LogFormat "%U %q %>s" path
CustomLog ${LOG_DIR}/access.log path
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'is shown decoded',
      steps: [get('/a%2fb?q'), get('/%41%2Fc%20d'), get('/b/../%2fc')],
      expect: ['404 -', '404 -', '404 -'],
    },
    { name: 'a bad one as it came', steps: [get('/a%zz')], expect: ['400 -'] },
  ],
});
