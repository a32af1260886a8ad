/** How a request's path reaches the member: mapping, normalising, encoding (httpd-semantics 2.3, 10.4). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request } from '../harness/case.js';
import { LISTEN, WEB1, WEB2, WEB3, WEB4 } from '../harness/places.js';

function asked(path: string, what: string, expect = '200 web1'): DiffCase {
  return { name: `${path}: ${what}`, steps: [get(path)], expect: [expect] };
}

describeAlike({
  name: 'ProxyPass of paths',
  config: `
Listen ${LISTEN}
<Proxy balancer://rr>
  BalancerMember http://${WEB1}
</Proxy>
<Proxy balancer://base>
  BalancerMember http://${WEB1}/base/
</Proxy>
ProxyPass /rr/private !
ProxyPass /rr balancer://rr
ProxyPass /ws http://${WEB1}/
ProxyPass /grow/ balancer://base/
ProxyPass /noq/ balancer://rr/noq/ noquery
ProxyPass /noqm/ http://${WEB1}/ noquery
ProxyPassMatch ^/noqp/(.*) http://${WEB1}/pattern/$1 noquery
ProxyPass /lone/ http://${WEB2}/sub/
ProxyPass /exact http://${WEB3}/other
ProxyPassMatch ^/pm/([a-z]+)/(\\d+)$ http://${WEB1}/$2/$1
ProxyPassMatch ^/pm2/.*\\.gif$ http://${WEB2}
ProxyPassMatch ^/pm3/no !
ProxyPassMatch ^/pm3/(.*)$ http://${WEB1}/three/$1
ProxyPass /twice/ balancer://rr/first/
ProxyPass /twice/deep/ balancer://rr/second/
<Location /loc/>
  ProxyPass http://${WEB4}/inner/
</Location>
<LocationMatch ^/lm/(?<part>[a-z]+)$>
  ProxyPass http://${WEB3}/matched/$1
</LocationMatch>
`,
  cases: [
    asked('/rr/x', 'remainder keeps its slash'),
    asked('/rr', 'no remainder'),
    asked('/rrx', 'not at a segment boundary', '404 -'),
    asked('/rr/private/x', 'excluded by an earlier !', '404 -'),
    asked('/rr/privatex', 'not excluded'),
    asked('/rr/../rr/./raw//a//b/%2e%2e/c?x=1', 'dots and double slashes are resolved'),
    asked(
      '/rr/raw/a%20b%3Bd%25%3f;p=1/[x]|y^z~?q[]=1&b=%20%zz',
      'path is encoded anew, the query left as it is',
    ),
    asked('/rr/raw/%41%42-%7e%5F', 'letters are decoded'),
    asked('/rr/raw/%e4%f6', 'other bytes stay encoded'),
    asked('/rr/raw/a+b&c=d@e:f,g$h!i*j', 'allowed marks stay'),
    asked('/rr/raw/a%2fb', 'encoded slash is refused', '404 -'),
    asked('/rr/raw/%zz', 'bad escape is refused', '400 -'),
    asked('/rr/raw/%00', 'encoded NUL is refused', '404 -'),
    asked('/rr/x?', 'empty query'),
    asked('/rr/x?a?b=c', 'question mark within the query'),
    asked('/rr/x;p=1;q', 'parameters of a segment'),
    asked('/ws/raw', 'slash of the target and of the remainder both stay'),
    asked('/grow/x', 'path of the member and remainder'),
    asked('/noq/x?a=1', 'noquery means SCRIPT_FILENAME alone'),
    asked('/noqm/x?a=1', 'noquery of a member'),
    asked('/noqp/x?a=1', 'noquery of a pattern'),
    asked('/lone/a/b?c', 'member without a balancer', '200 web2'),
    asked('/exact', 'target without a slash', '200 web3'),
    asked('/exact/more', 'target without a slash and a remainder', '200 web3'),
    asked('/pm/abc/12', 'groups of ProxyPassMatch'),
    asked('/pm/abc/x', 'no match', '404 -'),
    asked('/pm2/z.gif', 'ProxyPassMatch without groups appends the path', '200 web2'),
    asked('/pm3/no/x', 'ProxyPassMatch !', '404 -'),
    asked('/pm3/a/b?c=1', 'group over a slash, query appended'),
    asked('/twice/deep/x', 'first match wins'),
    asked('/loc/x', 'ProxyPass in a Location', '200 web4'),
    asked('/lm/abc', 'ProxyPass in a LocationMatch', '200 web3'),
    { name: 'HEAD of a missing path', steps: [request('HEAD', '/nothing')], expect: ['404 -'] },
  ],
});

describeAlike({
  name: 'nocanon with AllowEncodedSlashes NoDecode',
  config: `
Listen ${LISTEN}
AllowEncodedSlashes NoDecode
ProxyPass /raw/ http://${WEB1}/ nocanon
ProxyPass / http://${WEB2}/
`,
  cases: [
    asked('/raw/a%2fb/c%20d?e=%2f', 'path is passed as it came'),
    asked('/a%2Fb/%7e', 'encoded slash stays encoded', '200 web2'),
  ],
});

const SLASHES = [
  ...['/x/a%2fb', '/x/a%2Fb%20c', '/x/a%2f%2fb', '/x//a///b', '/x/%2f/b', '/x/a%2f..%2fb', '/x/a/%2e%2e%2fb'],
  ...['//x/a', '/x/a//../b', '/x/./a/.//b', '/x/a%252fb', '/y/a%2fb', '/x/a?b=//c%2fd', '/raw//a%2fb//c'],
];
/** What httpd refuses, by the value of AllowEncodedSlashes; all else gets to the member. */
const REFUSED_SLASHES: Record<string, (path: string) => boolean> = {
  Off: (path) => /^[^?]*%2f/i.test(path),
  On: () => false,
  NoDecode: () => false,
};

/** With NoDecode a section would make httpd forget it: README, where drover differs. */
const SECTIONS = `
<Location /x/a>
  Header set X-Section "a"
</Location>
<LocationMatch "/b$">
  Header set X-Ends "b"
</LocationMatch>
<Location "/x/*/?">
  Header set X-Glob "b"
</Location>`;

for (const slashes of ['Off', 'On', 'NoDecode'] as const)
  for (const merge of ['On', 'Off'])
    describeAlike({
      name: `AllowEncodedSlashes ${slashes} and MergeSlashes ${merge}`,
      config: `
Listen ${LISTEN}
AllowEncodedSlashes ${slashes}
MergeSlashes ${merge}${slashes === 'NoDecode' ? '' : SECTIONS}
ProxyPass /raw http://${WEB2}/raw nocanon
ProxyPass / http://${WEB1}/
`,
      cases: SLASHES.map((path) => {
        const member = path.startsWith('/raw') ? '200 web2' : '200 web1';
        return asked(path, 'slashes', REFUSED_SLASHES[slashes]?.(path) === true ? '404 -' : member);
      }),
    });

describeAlike({
  name: 'a closed section, with MergeSlashes off',
  config: `
Listen ${LISTEN}
MergeSlashes Off
<Location /closed/part>
  Require all denied
</Location>
ProxyPass / http://${WEB1}/
`,
  cases: ['/closed/part', '/closed//part', '//closed/part/x', '/closed///part//x', '/./closed//./part'].map(
    (path) => asked(path, 'is not got round', '403 -'),
  ),
});

describeAlike({
  name: 'a balancer URL without its slash',
  config: `
Listen ${LISTEN}
<Proxy balancer://c>
  BalancerMember http://${WEB1}
</Proxy>
ProxyPass / balancer://c
`,
  cases: [
    asked('/', 'works for the root'),
    asked('/x', 'names another balancer for everything else', '500 -'),
  ],
});

describeAlike({
  name: 'a server-level ProxyPass and one of a vhost',
  config: `
Listen ${LISTEN}
ProxyPass /shared/ http://${WEB1}/
<VirtualHost *:*>
  ServerName www.example.com
  ProxyPass /shared/ http://${WEB2}/
  ProxyPass /own/ http://${WEB2}/
</VirtualHost>
`,
  cases: [
    asked('/shared/x', 'the server-level one is first'),
    asked('/own/x', 'own one is used too', '200 web2'),
  ],
});
