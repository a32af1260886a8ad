/** Variables of the environment: who sets them, in which order, and who sees them (httpd-semantics 2.7). */
import assert from 'node:assert/strict';
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, type DiffGroup, get } from '../harness/case.js';
import { fieldValue } from '../harness/message.js';
import { LISTEN, WEB1 } from '../harness/places.js';

const NAMES = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'PATH', 'NOBODY_HAS_THIS'];

function asked(name: string, path: string, rows: string[] = []): DiffCase {
  return { name, steps: [get(path, rows)], expect: ['200 web1'] };
}

describeAlike({
  name: 'the environment',
  config: `
Listen ${LISTEN}
PassEnv PATH NOBODY_HAS_THIS
SetEnv A server
SetEnv B server
SetEnvIf Request_URI "^/if/(.*)$" C=$1 D !E
SetEnvIfNoCase X-Kind "^ODD$" E=odd
SetEnvIf E odd F=seen
SetEnvIfExpr "%{QUERY_STRING} =~ /q=(\\w+)/" G=$1
BrowserMatch "^Curl" H=case
BrowserMatchNoCase "^curl/(\\d)" I=$1
SetEnvIf Remote_Addr "^127" B=early
<Location /section>
  SetEnv A section
  SetEnv B
  UnsetEnv PATH
  SetEnvIf Request_Method GET D=section
  SetEnvIf ^X-Na.*$ . E=by-pattern
</Location>
<If "%{QUERY_STRING} == 'one'">
  SetEnv A if
</If>
<ElseIf "%{QUERY_STRING} == 'two'">
  SetEnv A elseif
</ElseIf>
<Else>
  SetEnv C else
</Else>
${NAMES.map((name) => `RequestHeader set X-${name.replaceAll('_', '-')} "[%{${name}}e]"`).join('\n')}
Header set X-Late late env=A
Header set X-Early early env=D
Header set X-Not not env=!D
ProxyPass / http://${WEB1}/
`,
  cases: [
    asked('what the server sets', '/x'),
    asked('a pattern with a part of it', '/if/part'),
    asked('a field in any case', '/x', ['X-Kind: odd']),
    asked('a variable that is set by another, and taken away', '/if/x', ['X-Kind: ODD']),
    asked('an expression with a part', '/x?q=word'),
    asked('a browser in its own case', '/x', ['User-Agent: Curl/8']),
    asked('a browser in any case', '/x', ['User-Agent: curl/8']),
    asked('a section over the server', '/section/x'),
    asked('a field found by pattern', '/section/x', ['X-Name: 1']),
    asked('a condition', '/x?one'),
    asked('another condition', '/x?two'),
    asked('neither', '/x?three'),
  ],
});

describeAlike({
  name: 'header rules that edit, note and echo',
  config: `
Listen ${LISTEN}
Header edit X-Once a b
Header edit* X-All a b
Header edit* X-Group "(\\d)" "<$1>"
Header note X-Once seen
Header set X-Seen "expr=%{note:seen}"
Header echo ^X-Echo
Header setifempty X-Once never
Header setifempty X-New new
Header merge X-Once c
Header merge X-Once c
Header append X-All d
Header add X-All e
RequestHeader edit* X-In a b
RequestHeader setifempty X-In never
RequestHeader setifempty X-None new
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'act in their order',
      script: () => () => ({
        raw: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Once: aaa\r\nX-All: aaa\r\nX-Group: 1 2\r\nX-Echo: own\r\n\r\n',
      }),
      steps: [get('/x', ['X-In: banana', 'X-Echo-A: 1', 'X-Echo-B: 2'])],
      expect: ['200 web1'],
    },
  ],
});

const OLD = (loosely?: string): DiffGroup => ({
  name: `clients of old${loosely === undefined ? '' : ', whose status line differs'}`,
  engine: 'node',
  ...(loosely === undefined ? {} : { loosely }),
  config: `
Listen ${LISTEN}
SetEnvIf X-Set downgrade downgrade-1.0
SetEnvIf X-Set novary force-no-vary
SetEnvIf X-Set response force-response-1.0
Header merge Vary X-Set
ProxyPass /here !
ProxyPass / http://${WEB1}/
`,
  cases: [],
});

describeAlike({
  ...OLD(),
  cases: [
    asked('downgrade-1.0 closes', '/x', ['X-Set: downgrade']),
    asked('downgrade-1.0 does not close where it is asked not to', '/x', [
      'X-Set: downgrade',
      'Connection: keep-alive',
    ]),
    asked('force-response-1.0 is nothing to a client of 1.1', '/x', ['X-Set: response']),
    { name: 'downgrade-1.0 of a page', steps: [get('/here', ['X-Set: downgrade'])], expect: ['404 -'] },
  ],
});

describeAlike({
  ...OLD('engines always say HTTP/1.1'),
  cases: [
    {
      name: 'force-no-vary leaves out Vary and closes',
      steps: [get('/x', ['X-Set: novary']), get('/x')],
      expect: ['200 web1', '200 web1'],
      check: ([forced, usual]) => {
        assert.equal(forced?.response.version, 'HTTP/1.0');
        assert.equal(fieldValue(forced.response.fields, 'vary'), undefined);
        assert.equal(fieldValue(usual?.response.fields ?? [], 'vary'), 'X-Set');
        assert.equal(forced.response.after, 'closed');
      },
    },
  ],
});
