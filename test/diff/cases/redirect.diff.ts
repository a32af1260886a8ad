/** Where clients are sent away: Redirect and its kin (httpd-semantics 2.9, 1.5). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request } from '../harness/case.js';
import { LISTEN, LISTEN2, WEB1 } from '../harness/places.js';

function sent(target: string, status: number, what: string): DiffCase {
  return { name: `${target}: ${what}`, steps: [get(target)], expect: [`${status} -`] };
}

describeAlike({
  name: 'Redirect',
  config: `
Listen ${LISTEN}
Redirect permanent /moved http://elsewhere.test/new
Redirect 307 /t7 http://e.test/x?own=1
Redirect 308 /t8 /local
Redirect seeother /see http://e.test/s
Redirect /slash/ http://e.test/s/
Redirect /multi//x http://e.test/m
Redirect /frag http://e.test/x#frag
Redirect gone /gone
Redirect 404 /four
Redirect 451 /law
Redirect 418 /none
RedirectPermanent /perm http://e.test/p
RedirectTemp /temp http://e.test/t
RedirectMatch ^/rm/(.*)\\.gif$ http://e.test/$1.jpg
RedirectMatch permanent /anywhere http://e.test:80/any
RedirectMatch ^/rq/(.*) "http://e.test/$1?a=1&b c"
RedirectMatch ^/rl/(.*) /l/$1
RedirectMatch 410 ^/rgone
RedirectMatch ^/rbad/(.*) $1
Header always set X-A a
Header set X-B b
ErrorDocument 404 "nothing"
ProxyPass /both http://${WEB1}/
Redirect /both http://elsewhere.test/
`,
  cases: [
    sent('/moved/x?y=1', 301, 'the rest and the query go along'),
    { name: 'any method', steps: [request('POST', '/moved', [], { body: 'x' })], expect: ['301 -'] },
    sent('/movedx', 404, 'only whole segments'),
    sent('/moved/%3Cb%3E%22x%22/%e4;=@&$', 301, 'the rest is escaped, and in the page too'),
    sent('/t7/?a', 307, 'a query of its own stays alone'),
    sent('/see/a?', 303, 'an empty query goes along too'),
    sent('/see/a', 303, 'see other'),
    sent('/slash', 404, 'a slash at the end is needed'),
    sent('//slash//b', 302, 'slashes are merged'),
    sent('/multi///x/z', 302, 'runs of slashes are one'),
    sent('/frag/a?b', 302, 'what follows goes behind the fragment'),
    sent('/gone/x', 410, 'gone'),
    sent('/four', 404, 'with the document of that status'),
    sent('/law', 451, 'its page'),
    sent('/perm/x', 301, 'RedirectPermanent'),
    sent('/temp/x', 302, 'RedirectTemp'),
    sent('/rm/x.gif?y=1', 302, 'a group of a pattern'),
    sent('/foo/anywhere/x?q', 301, 'a pattern without anchors; the default port goes'),
    sent('/rq/b%20c%25?c', 302, 'path escaped, query left alone'),
    sent('/rl/x%20y?z', 302, 'a path becomes a URL of this server'),
    sent('/rgone', 410, 'a pattern without URL'),
    sent('/rbad/x', 500, 'neither a URL nor a path'),
    {
      name: 'a path on this server keeps the port asked for',
      steps: [get('/t8/x?y', [], { host: 'a.test:8080' }), get('/t8/x', [], { host: 'a.test' })],
      expect: ['308 -', '308 -'],
    },
    { name: 'ProxyPass comes before', steps: [get('/both/x')], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'Redirect in sections',
  config: `
Listen ${LISTEN}
Redirect /over http://server.test/
<Location /loc>
  Redirect 301 http://l.test/%{REQUEST_URI}?%{QUERY_STRING}
  Header always set X-Loc 1
</Location>
<Location /esc>
  Redirect "http://x.test/%{unescape:%{QUERY_STRING}}"
</Location>
<Location /list>
  RedirectMatch ^/list/m/(.*) http://lm.test/$1
  Redirect 301 /list/p http://lp.test/
</Location>
<Location /deny>
  Redirect 301 http://d.test/
  Require all denied
</Location>
<Location /rel>
  Redirect 302 /rel2
</Location>
<Location /asis>
  RedirectRelative On
  Redirect 302 /rel2
</Location>
<Location /gone>
  Redirect gone
</Location>
<Location /empty>
  Redirect "%{env:NOPE}"
</Location>
<Location /two>
  Redirect http://one.test/
  Redirect /two/x http://two.test/
</Location>
<Location /over>
  Redirect http://section.test/
</Location>
<LocationMatch ^/m/(?<it>[^/]+)>
  Redirect "/n/%{env:MATCH_IT}"
</LocationMatch>
<If "%{QUERY_STRING} == 'if'">
  Redirect http://if.test/
</If>
<Location /pd>
  Redirect /pd/x http://pd.test/
  Redirect /pd http://pd2.test/
  Require all denied
</Location>
<Location /pd/x>
  Require all granted
  Redirect /pd/x http://pd3.test/
</Location>
<Location /pe>
  Redirect http://pe.test/
</Location>
<Location /part>
  Redirect 403 /part/x
  Redirect gone /part/y
</Location>
ProxyPass /pd http://${WEB1}/
ProxyPass /pe http://${WEB1}/
`,
  cases: [
    sent('/loc/x?y=1', 301, 'the URL is an expression'),
    sent('/esc?a%20b%22%0d%0aX', 302, 'its value is escaped'),
    sent('/list/m/a%20b?q', 302, 'a pattern'),
    sent('/list/p/x', 301, 'a path'),
    sent('/list/q', 404, 'neither'),
    sent('/deny', 301, 'before access is checked'),
    sent('/rel/x?y', 302, 'made absolute'),
    sent('/rel/x?', 302, 'with an empty query'),
    sent('/asis?y', 302, 'RedirectRelative'),
    sent('/gone/x', 410, 'a status alone'),
    sent('/part/x/z', 403, 'a status with a path'),
    sent('/part/y', 410, 'the same by name'),
    sent('/part/z', 404, 'beside those paths'),
    sent('/empty', 500, 'an expression that gives nothing'),
    sent('/two/x', 302, 'the one without a path wins'),
    sent('/over/x', 302, 'the section wins over the server'),
    sent('/m/q%20r/s', 302, 'a named group of the section'),
    sent('/anything?if', 302, 'within If'),
    sent('/pd/x', 302, 'inner section first, over ProxyPass'),
    sent('/pd/y', 403, 'after access when it would be proxied'),
    sent('/pe/y', 302, 'an expression over ProxyPass'),
  ],
});

describeAlike({
  name: 'Redirect and virtual hosts',
  config: `
Listen ${LISTEN}
Listen ${LISTEN2}
Redirect /a http://main.test/
Redirect /b http://main.test/
<VirtualHost ${LISTEN}>
  ServerName www.example.com
  Redirect /a http://vhost.test/
</VirtualHost>
<VirtualHost ${LISTEN2}>
  ServerName www.example.com
  Redirect permanent / https://www.example.com/
</VirtualHost>
`,
  cases: [
    sent('/a/x', 302, "the vhost's first"),
    sent('/b/x', 302, "then the main server's"),
    {
      name: 'a whole vhost moves to https',
      steps: [get('/x?y', [], { to: 'LISTEN2' }), get('/a', [], { to: 'LISTEN2' })],
      expect: ['301 -', '301 -'],
    },
  ],
});

describeAlike({
  name: 'Redirect, rules and <If>',
  config: `
Listen ${LISTEN}
RewriteEngine On
RewriteRule ^/pt/(.*) /to/$1 [PT]
RewriteRule ^/no/ - [F]
RewriteRule ^/away/ http://e.test/ [R]
<If "%{QUERY_STRING} == 'no'">
  Redirect 403
  Header always set X-If 1
</If>
<ElseIf "%{QUERY_STRING} == 'mine'">
  Header always set X-Mine 1
  ErrorDocument 403 "mine"
</ElseIf>
<If "%{REQUEST_URI} == '/pt/if'">
  Redirect 410
</If>
<If "%{REQUEST_URI} == '/to/late'">
  Redirect 410
</If>
<Location /pt/loc>
  Redirect 404
</Location>
<Location /to/own>
  Redirect 404
</Location>
RedirectMatch 308 ^/list/(.*) http://m.test/$1
Redirect 403 /closed
Redirect /to/ http://to.test/
`,
  cases: [
    sent('/list/x?no', 403, 'an <If> comes before the list'),
    sent('/list/x?mine', 308, 'what an <If> says of the answer of the list'),
    sent('/closed?mine', 403, 'and of its page'),
    sent('/no/x?mine', 403, 'and of a rule’s'),
    sent('/away/x?mine', 302, 'and of where a rule leads'),
    sent('/pt/x', 302, 'a path that was handed on'),
    sent('/pt/if', 410, 'an <If> of the path before the rules'),
    sent('/pt/late', 302, 'not of the path behind them'),
    sent('/pt/loc', 404, 'a section of the path before the rules'),
    sent('/pt/own', 302, 'not of the path behind them'),
  ],
});

describeAlike({
  name: 'Redirect beside rules of its section',
  config: `
Listen ${LISTEN}
<Location /a>
  RewriteEngine On
  RewriteRule .* /b?x=1
  Redirect http://a.test/
</Location>
<Location /l>
  RewriteEngine On
  RewriteRule .* /b
  Redirect 403 /l/x
  RequestHeader append X-T l
  SetEnv TAG 1
</Location>
<Location /f>
  RewriteEngine On
  RewriteRule .* - [G]
  Redirect http://f.test/
</Location>
RequestHeader append X-T s
Header set X-Tag "%{TAG}e %{REDIRECT_TAG}e"
ProxyPass / http://${WEB1}/
`,
  cases: [
    sent('/a?q', 302, 'comes before the internal redirect, with the query of the rule'),
    sent('/l/x', 403, 'a path of the section’s list'),
    sent('/f', 410, 'a rule with a status comes first'),
    {
      name: '/l/y: the fields and variables of both places',
      steps: [get('/l/y'), get('/c')],
      expect: ['200 web1', '200 web1'],
    },
  ],
});
