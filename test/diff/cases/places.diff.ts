/** Settings of a server that sections change: names and ports in URLs, signatures of pages, levels of the error log. */
import { describeAlike } from '../harness/alike.js';
import { get } from '../harness/case.js';
import { DEAD, LISTEN, WEB1, WEB2, WEBPORT1 } from '../harness/places.js';

describeAlike({
  name: 'UseCanonicalName and ServerSignature in sections',
  config: `
Listen ${LISTEN}
ServerTokens Prod
ServerName canonical.test:8123
ServerAdmin admin@canonical.test
ProxyPass /no !
ProxyPass / http://${WEB1}/
Redirect /no/moved /else
<Location /no/canonical>
  UseCanonicalName On
  ServerSignature On
  Redirect 301 /there
</Location>
<Location /no/page>
  ServerSignature EMail
</Location>
<Location /no/page/off>
  ServerSignature Off
</Location>
<Location /named>
  UseCanonicalName On
  RequestHeader set X-Name "expr=%{SERVER_NAME}:%{SERVER_PORT}"
</Location>
<If "req('X-If') == 'on'">
  UseCanonicalName On
  ServerSignature On
</If>
RequestHeader set X-Name "expr=%{SERVER_NAME}:%{SERVER_PORT}"
`,
  cases: [
    { name: 'a redirect by the name asked for', steps: [get('/no/moved/a')], expect: ['302 -'] },
    { name: 'a redirect by the canonical name', steps: [get('/no/canonical')], expect: ['301 -'] },
    { name: 'a page with an address', steps: [get('/no/page/x')], expect: ['404 -'] },
    { name: 'a page without a signature', steps: [get('/no/page/off')], expect: ['404 -'] },
    { name: 'the innermost section counts', steps: [get('/no/page')], expect: ['404 -'] },
    { name: 'in a condition', steps: [get('/no/x', ['X-If: on'])], expect: ['404 -'] },
    { name: 'variables by the canonical name', steps: [get('/named/x')], expect: ['200 web1'] },
    { name: 'variables by the name asked for', steps: [get('/other')], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'early headers',
  config: `
Listen ${LISTEN}
Header always set X-Always "early %{REQUEST_METHOD}s" early
Header always append X-Always twice early
Header set X-Lost lost early
RequestHeader set X-Request early early
RequestHeader append X-Request late
<Location /denied>
  Header always set X-Section section early
  Require all denied
</Location>
ProxyPass /no !
ProxyPass / http://${WEB1}/
`,
  cases: [
    { name: 'with an answer of a member', steps: [get('/x')], expect: ['200 web1'] },
    { name: 'with a refusal', steps: [get('/denied')], expect: ['403 -'] },
    { name: 'with what is not there', steps: [get('/no')], expect: ['404 -'] },
  ],
});

describeAlike({
  name: 'LogLevel in sections',
  fresh: true,
  config: `
Listen ${LISTEN}
LogLevel warn
ProxyPass / http://${DEAD}/
<Location /loud>
  Require all denied
</Location>
<Location /quiet>
  LogLevel crit
  Require all denied
</Location>
<Location /quiet/proxy>
  LogLevel authz_core:error
</Location>
<Location /module>
  LogLevel authz_core:emerg
  Require all denied
</Location>
`,
  cases: [
    { name: 'said', steps: [get('/loud')], expect: ['403 -'], errors: ['AH01630'] },
    { name: 'not said', steps: [get('/quiet')], expect: ['403 -'], errors: [] },
    { name: 'said again by a module', steps: [get('/quiet/proxy')], expect: ['403 -'], errors: ['AH01630'] },
    { name: 'not said by a module', steps: [get('/module')], expect: ['403 -'], errors: [] },
  ],
});

describeAlike({
  name: 'Proxy and ProxyMatch',
  config: `
Listen ${LISTEN}
ProxyPass /one/ http://${WEB1}/
ProxyPass /two/ http://${WEB2}/
RequestHeader append X-Seen server
<ProxyMatch "^http://[^/]+/(?<part>[a-z]+)">
  RequestHeader append X-Seen match
  Header set X-Part "%{MATCH_PART}e"
</ProxyMatch>
<Proxy "http://127.0.0.1:${WEBPORT1}/*">
  RequestHeader append X-Seen glob
</Proxy>
<ProxyMatch "/end$">
  RequestHeader append X-Seen end
</ProxyMatch>
<ProxyMatch /closed>
  Require all denied
</ProxyMatch>
<ProxyMatch ^/one>
  RequestHeader append X-Seen never
</ProxyMatch>
<Location /one/>
  RequestHeader append X-Seen location
</Location>
<Location /two/closed/open>
  Require all granted
</Location>
`,
  cases: [
    { name: 'a pattern of the whole URL', steps: [get('/one/abc')], expect: ['200 web1'] },
    { name: 'a pattern that fails', steps: [get('/one/1')], expect: ['200 web1'] },
    { name: 'two patterns', steps: [get('/two/a/end')], expect: ['200 web2'] },
    { name: 'the query is no part of it', steps: [get('/two/a?/end')], expect: ['200 web2'] },
    { name: 'access', steps: [get('/one/closed'), get('/two/closed')], expect: ['403 -', '403 -'] },
    { name: 'a Location comes after it', steps: [get('/two/closed/open')], expect: ['200 web2'] },
  ],
});
