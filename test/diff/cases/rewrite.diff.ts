/** RewriteRule, RewriteCond and RewriteMap, outside sections and in them (httpd-semantics 2.9, 1.5). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request } from '../harness/case.js';
import { LISTEN, LISTEN2, WEB1, WEB2 } from '../harness/places.js';

function goes(target: string, expected: string, what: string, rows: string[] = []): DiffCase {
  return { name: `${target}: ${what}`, steps: [get(target, rows)], expect: [expected] };
}

const MEMBERS = `
Listen ${LISTEN}
<Proxy balancer://bal>
  BalancerMember http://${WEB2}
</Proxy>
ProxyPass /px http://${WEB1}/
ProxyPass /bal balancer://bal/
`;

describeAlike({
  name: 'RewriteRule to members and elsewhere',
  config: `${MEMBERS}
RewriteEngine on
RewriteRule ^/pt/(.*)$ /px/$1 [PT]
RewriteRule ^/nopt/(.*)$ /px/$1 [L]
RewriteRule ^/p/(.*)$ http://${WEB1}/pp/$1 [P]
RewriteRule ^/pb/(.*)$ balancer://bal/bb/$1 [P]
RewriteRule ^/pne/(.*)$ http://${WEB1}/pp/$1 [P,NE]
RewriteRule ^/pq/(.*)$ http://${WEB1}/pp/$1?own=1 [P]
RewriteRule ^/pqa/(.*)$ http://${WEB1}/pp/$1?own=1 [P,QSA]
RewriteRule ^/pqd/(.*)$ http://${WEB1}/pp/$1 [P,QSD]
RewriteRule ^/pqe/(.*)$ http://${WEB1}/pp/$1? [P]
RewriteRule ^/pqea/(.*)$ http://${WEB1}/pp/$1? [P,QSA]
RewriteRule ^/pql/(.*)$ http://${WEB1}/pp?x=a?b=$1 [P,QSL]
RewriteRule ^/r/(.*)$ http://r.test/$1 [R,L]
RewriteRule ^/r301/(.*)$ http://r.test/$1 [R=301,L]
RewriteRule ^/r303/(.*)$ http://r.test/$1 [R=seeother,L]
RewriteRule ^/rperm/(.*)$ /moved/$1 [R=permanent,L]
RewriteRule ^/rne/(.*)$ http://r.test/$1#frag [R,NE,L]
RewriteRule ^/rfrag/(.*)$ http://r.test/$1#frag [R,L]
RewriteRule ^/rimp/(.*)$ http://r.test/$1 [L]
RewriteRule ^/rq/(.*)$ "http://r.test/$1?a=b c" [R,L]
RewriteRule ^/rqa/(.*)$ http://r.test/$1?a=b [R,QSA,L]
RewriteRule ^/rqd/(.*)$ http://r.test/$1 [R,QSD,L]
RewriteRule ^/rrel/(.*)$ rel/$1 [R,L]
RewriteRule ^/r404/ - [R=404]
RewriteRule ^/r404b/ http://x/ [R=404]
RewriteRule ^/r503/ - [R=503]
RewriteRule ^/f/ - [F]
RewriteRule ^/g/ - [G]
RewriteRule ^/rel/ foo
RewriteRule ^/abs/(.*) http://bad.test/$1 [PT]
RewriteRule ^/mail mailto:a@b.test?x=y [R,L]
RewriteRule ^/ftp ftp://f.test/a?b [R,L]
RewriteRule ^/b/(.*)$ http://${WEB1}/bb?q=$1 [P,B]
RewriteRule ^/bare/(.*)$ http://${WEB1}/bb?q=$1 [P]
RewriteRule ^/bnp/(.*)$ http://${WEB1}/bb?q=$1 [P,B,BNP]
RewriteRule ^/bq/(.*)$ http://${WEB1}/bb/$1 "[P,B= ?]"
RewriteRule ^/bne/(.*)$ http://${WEB1}/bb/$1 [P,B,BNE=/]
RewriteRule ^/bctl/(.*)$ http://${WEB1}/bb/$1 [P,BCTLS]
RewriteRule ^/q3/(.*)$ http://${WEB1}/q3/$1 [P]
RewriteRule ^/q3u/(.*)$ http://${WEB1}/q3/$1 [P,UnsafeAllow3F]
RewriteRule ^/px/over/(.*)$ /px/ruled/$1 [PT]
RewriteRule "^/sp ace/(.*)$" "/px/a b/$1" [PT]
RewriteRule ^/spc\\ e/ /px/x\\ y [PT]
RewriteRule ^/dollar$ /px/\\$1\\%1$a%b$ [PT]
Redirect /pt http://redirected.test/
Header always set X-A a
`,
  cases: [
    goes('/px/x?q', '200 web1', 'no rule'),
    goes('/px/over/x', '200 web1', 'a rule comes before ProxyPass'),
    goes('/pt/a%20b?q=%20', '200 web1', 'handed on, encoded again'),
    goes('/nopt/a', '404 -', 'not handed on without PT'),
    goes('/p/a%20b%25c/d;e?x=%41', '200 web1', 'to a member'),
    { name: 'POST', steps: [request('POST', '/p/x?y', [], { body: 'body' })], expect: ['200 web1'] },
    goes('/pb/x?y=1', '200 web2', 'to a balancer'),
    goes('/pne/a%25b?q', '200 web1', 'not encoded'),
    goes('/pne/a%20b?q', '403 -', 'a blank not encoded'),
    goes('/pq/a?b', '200 web1', 'a query of its own'),
    goes('/pqa/a?b', '200 web1', 'both queries'),
    goes('/pqa/a', '200 web1', 'its own query alone'),
    goes('/pqd/a?b', '200 web1', 'no query'),
    goes('/pqe/a?b', '200 web1', 'a question mark at the end'),
    goes('/pqea/a?b', '200 web1', 'a question mark at the end with QSA'),
    goes('/pql/a?b', '200 web1', 'the last question mark'),
    goes('/r/a%20b?q=%20x', '302 -', 'redirect'),
    goes('/r/%3Cx%3E%22', '302 -', 'escaped'),
    goes('/r301/x?y', '301 -', 'status by number'),
    goes('/r303/x', '303 -', 'status by word'),
    goes('/rperm/x%20y?z', '301 -', 'a path becomes a URL'),
    goes('/rne/a?q', '302 -', 'not escaped'),
    goes('/rfrag/a?q', '302 -', 'a fragment is escaped'),
    goes('/rimp/a?q', '302 -', 'a URL is a redirect by itself'),
    goes('/rq/a?q', '302 -', 'a query of its own is escaped'),
    goes('/rqa/a?q', '302 -', 'QSA'),
    goes('/rqd/a?q', '302 -', 'QSD'),
    goes('/rrel/a', '302 -', 'relative'),
    goes('/r404/x', '404 -', 'R=404'),
    goes('/r404b/x', '404 -', 'R=404 with a URL'),
    goes('/r503/x', '503 -', 'R=503'),
    goes('/f/x', '403 -', 'F'),
    goes('/g/x', '410 -', 'G'),
    goes('/rel/x', '404 -', 'a relative path'),
    goes('/abs/x', '400 -', 'a URL handed on is no path'),
    goes('/mail?q', '302 -', 'mailto'),
    goes('/ftp?q', '302 -', 'a scheme without query'),
    goes('/b/a%20b&c=d/%C3%A9', '200 web1', 'B'),
    goes('/bare/ab&c=d', '200 web1', 'without B'),
    goes('/bare/a%20b', '403 -', 'a blank in the query'),
    goes('/bnp/a%20b&c', '200 web1', 'BNP'),
    goes('/bq/a%20b%3fc&d', '200 web1', 'B of some'),
    goes('/bne/a%20b/c&d', '200 web1', 'BNE'),
    goes('/bctl/a%20b%01c&d', '200 web1', 'BCTLS'),
    goes('/q3/a%3fb?c', '403 -', 'a question mark brought along'),
    goes('/q3u/a%3fb?c', '200 web1', 'UnsafeAllow3F'),
    goes('/sp%20ace/x', '200 web1', 'quotes'),
    goes('/spc%20e/', '200 web1', 'backslashes before blanks'),
    goes('/dollar', '200 web1', 'what is no group'),
    { name: 'the host asked for', steps: [get('/rperm/x', [], { host: 'a.test:81' })], expect: ['301 -'] },
  ],
});

describeAlike({
  name: 'the course of rules',
  config: `${MEMBERS}
RewriteEngine on
RewriteMap lc int:tolower
RewriteMap uc int:toupper
RewriteMap esc int:escape
RewriteMap une int:unescape
RewriteRule ^/dash/ - [E=DASH:1]
RewriteRule ^/dash/x /px/dash [PT]
RewriteRule ^/env/(.*) /px/env [PT,E=A:$1,E=B:%{HTTP_HOST},E=!C,E=D]
RewriteRule ^/skip/ - [S=1]
RewriteRule ^/skip/ /px/skipped [PT]
RewriteRule ^/skip/ /px/notskipped [PT]
RewriteRule ^/ch/(.*) /px/c1/$1 [C]
RewriteRule ^/px/c1/yes /px/c2 [C]
RewriteRule ^/px/c2 /px/c3 [PT]
RewriteRule ^/px/c1/(.*) /px/c4/$1 [PT]
RewriteRule ^/n/(.*)_(.*)$ /n/$1-$2 [N]
RewriteRule ^/n/(.*)$ /px/$1 [PT]
RewriteRule ^/nb/(.*)$ /nb/$1x [N=5]
RewriteRule ^/nc /px/nc [PT,NC]
RewriteRule ^/end/(.*) /px/end/$1 [END,PT]
RewriteRule ^/last/(.*) /px/last/$1 [L]
RewriteRule ^/px/last/ - [F]
RewriteRule ^/lc/(.*)$ /px/\${lc:$1}/\${uc:$1} [PT]
RewriteRule ^/esc/(.*)$ /px/\${esc:$1} [PT]
RewriteRule ^/une/(.*)$ /px/\${une:$1} [PT]
RewriteRule ^/nomap/(.*)$ /px/[\${none:$1|default-\${uc:$1}}] [PT]
RewriteRule ^/co/(.*) /px/co [PT,CO=name:val$1:.example.com,CO=n2:v2:d2:0:/p:secure:httponly:lax,CO=;n3;v:3;d3,CO=short:x]
RewriteRule ^/cof/ - [F,CO=name:val:.example.com]
RewriteRule ^/cor/ http://r.test/ [R,L,CO=name:val:.example.com]
RewriteRule ^/vars "http://${WEB1}/vars?%{REMOTE_ADDR}|%{REQUEST_METHOD}|%{SERVER_NAME}|%{HTTPS}|%{REQUEST_SCHEME}|%{REQUEST_URI}|%{SERVER_PROTOCOL}|%{NOSUCH}|%{SERVER_ADDR}|%{IS_SUBREQ}|%{ENV:early}|%{HTTP:X-Foo}|%{REQUEST_FILENAME}" [P]
RewriteRule !^/ - [F]
SetEnvIf X-Foo (.*) early=$1
Header always set X-Env "%{A}e|%{B}e|%{D}e|%{DASH}e"
Header always set X-Url "%{SCRIPT_URL}e" env=A
`,
  cases: [
    goes('/dash/x', '200 web1', 'a dash leaves the path'),
    goes('/env/val?q', '200 web1', 'E'),
    goes('/skip/x', '200 web1', 'S'),
    goes('/ch/yes', '200 web1', 'C that goes on'),
    goes('/ch/no', '200 web1', 'C that breaks off'),
    goes('/n/a_b_c_d', '200 web1', 'N'),
    goes('/nb/x', '500 -', 'N too often'),
    goes('/NC/x', '200 web1', 'NC'),
    goes('/end/x', '200 web1', 'END'),
    goes('/last/x', '404 -', 'L'),
    goes('/lc/aBc', '200 web1', 'maps of letters'),
    goes('/esc/a%20b%25', '200 web1', 'escape'),
    goes('/une/a%2541', '200 web1', 'unescape'),
    goes('/nomap/x', '200 web1', 'a default'),
    goes('/co/x', '200 web1', 'CO with a response'),
    goes('/cof/x', '403 -', 'CO with a refusal'),
    goes('/cor/x', '302 -', 'CO with a redirect'),
    goes('/vars', '200 web1', 'variables', ['X-Foo: bar', 'Cookie: a=b']),
  ],
});

describeAlike({
  name: 'RewriteCond',
  config: `${MEMBERS}
RewriteEngine on
RewriteCond %{HTTP_HOST} ^(www)\\.(.*)$ [NC]
RewriteRule ^/host /px/%1/%2 [PT]
RewriteCond %{HTTP:X-Foo} =bar
RewriteRule ^/equal /px/bar [PT]
RewriteCond %{HTTP:X-Foo} =BAR [NC]
RewriteRule ^/nocase /px/bar [PT]
RewriteCond %{HTTP:X-Foo} ^a$ [OR]
RewriteCond %{HTTP:X-Foo} ^b(.)?$
RewriteCond %{QUERY_STRING} !^no
RewriteRule ^/or /px/or%1 [PT]
RewriteCond %{HTTP:X-Foo} >b
RewriteRule ^/greater /px/gt [PT]
RewriteCond %{HTTP:X-Foo} <=b
RewriteRule ^/most /px/le [PT]
RewriteCond %{HTTP:X-Foo} -gt5
RewriteRule ^/integer /px/gt5 [PT]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule ^/file /px/nofile%{REQUEST_FILENAME} [PT]
RewriteCond /etc/passwd -f
RewriteCond /etc -d
RewriteCond /etc/passwd -s
RewriteRule ^/exists /px/files [PT]
RewriteCond expr "%{HTTP:X-Foo} =~ /^(.)z/"
RewriteRule ^/expr /px/expr%1 [PT]
RewriteCond $1 ^a(.*)
RewriteRule ^/group/(.*) /px/%1/$1 [PT]
RewriteCond %{HTTP:X-Foo} =""
RewriteRule ^/empty /px/empty [PT]
RewriteCond %{ENV:early} =1
RewriteRule ^/env /px/env [PT]
RewriteCond %{REMOTE_ADDR} ^127\\.
RewriteCond %{REQUEST_METHOD}-%{QUERY_STRING} ^POST-(.+)
RewriteRule ^/two /px/%1 [PT]
SetEnvIf X-Foo early early=1
`,
  cases: [
    goes('/host', '200 web1', 'groups of a condition'),
    { name: 'another host', steps: [get('/host', [], { host: 'foo.test' })], expect: ['404 -'] },
    goes('/equal', '200 web1', 'equal', ['X-Foo: bar']),
    goes('/equal', '404 -', 'not equal', ['X-Foo: BAR']),
    goes('/nocase', '200 web1', 'equal without case', ['X-Foo: bar']),
    goes('/or', '200 web1', 'the first alternative', ['X-Foo: a']),
    goes('/or', '200 web1', 'the second alternative', ['X-Foo: bq']),
    goes('/or', '404 -', 'neither', ['X-Foo: c']),
    goes('/or?no', '404 -', 'what must hold besides', ['X-Foo: a']),
    goes('/greater', '200 web1', 'a later letter', ['X-Foo: c']),
    goes('/greater', '404 -', 'an earlier letter', ['X-Foo: a']),
    goes('/greater', '200 web1', 'a longer text', ['X-Foo: aa']),
    goes('/most', '200 web1', 'at most', ['X-Foo: b']),
    goes('/integer', '200 web1', 'a greater number', ['X-Foo: 6']),
    goes('/integer', '404 -', 'the same number', ['X-Foo: 5']),
    goes('/file', '200 web1', 'no file'),
    goes('/exists', '200 web1', 'files'),
    goes('/expr', '200 web1', 'an expression with a group', ['X-Foo: az']),
    goes('/expr', '404 -', 'an expression that fails', ['X-Foo: za']),
    goes('/group/abc', '200 web1', 'a group of the rule'),
    goes('/group/xbc', '404 -', 'a group of the rule that fails'),
    goes('/empty', '200 web1', 'an empty text'),
    goes('/empty', '404 -', 'a text that is not empty', ['X-Foo: a']),
    goes('/env', '200 web1', 'a variable', ['X-Foo: early']),
    {
      name: 'two conditions',
      steps: [request('POST', '/two?q', [], { body: 'b' }), get('/two?q')],
      expect: ['200 web1', '404 -'],
    },
  ],
});

describeAlike({
  name: 'rewriting in sections',
  config: `${MEMBERS}
RewriteEngine on
RewriteMap lc int:tolower
<Location /plain>
  RewriteRule ^x http://r.test/x [R,L]
  RewriteRule /plain/y http://r.test/y [R,L]
</Location>
<Location /px/r>
  RewriteRule ^proxy:http://[^/]*/(.*) http://r.test/?$1 [R,L,B]
</Location>
<Location /px/q>
  RewriteCond %{REQUEST_URI} ^/px/q/(.*)
  RewriteRule ^ https://%{HTTP_HOST}/%1 [R=301,L]
</Location>
<Location /px/f>
  RewriteRule ^ - [F]
</Location>
<Location /px/p>
  RewriteRule ^proxy:http://([^/]*)/p/(.*) http://$1/pp/$2 [P]
</Location>
<Location /px/int>
  RewriteRule ^.*/int/(.*) /px/dest/$1
</Location>
<Location /int>
  RewriteRule ^.*/int/(.*)$ /px/dest/$1 [PT]
</Location>
<Location /int2>
  RewriteRule ^.*/int2/(.*)$ /nowhere/$1?z=1 [E=FOO:bar]
</Location>
<Location /base>
  RewriteBase /px/
  RewriteRule ^.*/base/(.*)$ rel/$1
</Location>
<Location /abs>
  RewriteBase /new
  RewriteRule ^.*/abs/(.*)$ http://r.test/abs/$1 [R]
</Location>
<Location /off>
  RewriteEngine off
  RewriteRule ^ - [F]
</Location>
<Location /deny>
  RewriteRule ^ http://r.test/ [R]
  Require all denied
</Location>
<Location /outer>
  RewriteRule ^ - [E=OUTER:1]
</Location>
<Location /outer/alone>
  RewriteRule ^ - [E=INNER:1]
</Location>
<Location /outer/both>
  RewriteOptions Inherit
  RewriteRule ^ - [E=INNER:1]
</Location>
<Location /map>
  RewriteRule ^.*/map/(.*)$ http://r.test/\${lc:$1} [R]
</Location>
<Location /cookie>
  RewriteRule ^ /px/c [CO=a:b:c]
</Location>
<Location /end>
  RewriteRule ^ /px/f/end [END]
</Location>
<Location /document>
  RewriteRule ^ - [F]
  ErrorDocument 403 "of the section"
</Location>
<If "%{QUERY_STRING} == 'if'">
  RewriteRule ^ http://if.test/ [R]
</If>
Header always set X-Marks "%{OUTER}e%{INNER}e|%{FOO}e|%{REDIRECT_FOO}e"
`,
  cases: [
    goes('/plain/x', '404 -', 'the pattern sees more than the rest'),
    goes('/plain/y', '302 -', 'the pattern sees the whole path'),
    goes('/px/r/a%20b?q', '302 -', 'what is proxied is seen as a URL'),
    goes('/px/q/z?q', '301 -', 'a condition on the path'),
    goes('/px/f/z', '403 -', 'F'),
    goes('/px/p/z%20y?q=1', '200 web1', 'another path of the member'),
    goes('/px/int/z?q', '200 web1', 'an internal redirect of what is proxied'),
    goes('/int/z?q', '200 web1', 'an internal redirect to a member'),
    goes('/int2/z?q', '404 -', 'an internal redirect with a query'),
    goes('/base/z?q', '200 web1', 'RewriteBase'),
    goes('/abs/x', '302 -', 'RewriteBase of a URL'),
    goes('/off', '404 -', 'switched off'),
    goes('/deny', '403 -', 'after access'),
    goes('/outer/x', '404 -', 'outer rules'),
    goes('/outer/alone/x', '404 -', 'inner rules alone'),
    goes('/outer/both/x', '404 -', 'inherited rules'),
    goes('/map/ABC', '302 -', "the server's maps"),
    goes('/cookie/x', '200 web1', 'a cookie survives the redirect'),
    goes('/end/x', '200 web1', 'END holds after the redirect'),
    goes('/document/x', '403 -', 'the document of the section'),
    goes('/x?if', '302 -', 'within If'),
    goes('/px/x?if', '302 -', 'within If of what is proxied'),
    { name: 'POST', steps: [request('POST', '/int/z?q', [], { body: 'b' })], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'rewriting and virtual hosts',
  config: `${MEMBERS}
Listen ${LISTEN2}
RewriteEngine on
RewriteRule ^/main http://main.test/ [R,L]
<VirtualHost ${LISTEN}>
  ServerName www.example.com
  RewriteRule ^/own http://own.test/ [R,L]
</VirtualHost>
<VirtualHost ${LISTEN2}>
  ServerName www.example.com
  RewriteOptions Inherit
  RewriteRule ^/own http://own.test/ [R,L]
</VirtualHost>
`,
  cases: [
    goes('/own', '302 -', 'its own rule, switched on by the main server'),
    goes('/main', '404 -', 'no rule of the main server'),
    { name: 'inherits', steps: [get('/main', [], { to: 'LISTEN2' })], expect: ['302 -'] },
  ],
});

describeAlike({
  name: 'rewriting to the server itself',
  config: `
Listen ${LISTEN}
<VirtualHost *>
ServerName www.example.com:80
ServerAlias *.alias.test
ProxyPass /px http://${WEB1}/
RewriteEngine on
RewriteRule ^/name/(.*) http://www.example.com/px/$1 [PT]
RewriteRule ^/alias/(.*) http://x.alias.test:80/px/$1 [PT]
RewriteRule ^/port/(.*) http://www.example.com:81/px/$1
RewriteRule ^/scheme/(.*) https://www.example.com/px/$1
RewriteRule ^/forced/(.*) http://www.example.com/px/$1 [R]
</VirtualHost>
`,
  cases: [
    goes('/name/x', '200 web1', 'its name is taken off'),
    goes('/alias/x', '200 web1', 'its alias is taken off'),
    goes('/port/x', '302 -', 'another port'),
    goes('/scheme/x', '302 -', 'another scheme'),
    goes('/forced/x', '302 -', 'R'),
  ],
});
