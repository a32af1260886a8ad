/** The access log: formats, conditions, targets (httpd-semantics 2.2). Compared line by line at the end of each group. */
import { describeAlike } from '../harness/alike.js';
import { type DiffGroup, get, raw, request } from '../harness/case.js';
import { DEAD, LISTEN, LOG_DIR, PORT, WEB1 } from '../harness/places.js';

function logged(name: string, lines: string[]): DiffGroup {
  return {
    name,
    config: `
Listen ${LISTEN}
SetEnvIf Request_URI "^/quiet" quiet
<VirtualHost *:${PORT}>
  ServerName www.example.com
  ServerAlias *.example.com
  ${lines.join('\n  ')}
  ProxyPass /dead/ http://${DEAD}/
  ProxyPass / http://${WEB1}/
</VirtualHost>
`,
    cases: [
      {
        name: 'serves what is to be logged',
        steps: [
          get('/a?b=c&d', [
            'User-Agent: "quoted" \\ back',
            'Referer: http://r.test/',
            'Cookie: sid=abc; x=y',
          ]),
          request('HEAD', '/head'),
          request('POST', '/post', [], { body: 'hello' }),
          get('/dead/x'),
          get('/quiet/x', [], { host: 'alias.example.com:8080' }),
          get('/tab%09x', ['X-Odd: a\tb']),
          get('/1', [], { on: 'k' }),
          get('/2', [], { on: 'k' }),
        ],
        expect: ['200 web1', '200 web1', '200 web1', '503 -', '200 web1', '200 web1', '200 web1', '200 web1'],
      },
    ],
  };
}

const TO = `CustomLog ${LOG_DIR}/access.log`;

describeAlike(logged('the combined format', [`${TO} combined`]));
describeAlike(logged('the common format', [`${TO} common`]));
describeAlike(
  logged('request codes', [
    `${TO} "%m|%U|%q|%H|%r|%s|%>s|%B|%b|%{X-Odd}i|%{sid}C|%{Content-Type}o|%l|%u|%R"`,
  ]),
);
describeAlike(logged('server codes', [`${TO} "%v|%V|%p|%{canonical}p|%h|%a|%{c}a|%A|%X"`]));
describeAlike({ ...logged('the count of requests on a connection', [`${TO} "%r %k"`]), engine: 'node' });
describeAlike(logged('conditions on status', [`${TO} "%r %503{User-Agent}i %!200,304{X-Odd}i %>s"`]));
describeAlike(logged('numbers of the moment', [`${TO} "%r D=%D T=%T P=%P I=%I O=%O %{%Y}t"`]));
describeAlike(
  logged('times in units', [
    `${TO} "%r T=%{ms}T T=%{us}T T=%{s}T t=%{msec_frac}t t=%{usec_frac}t t=%{end:msec}t %{nonsense}T"`,
    `${TO} "%r I=%S %!200{Referer}i %!503{Referer}i %200,503{Referer}i"`,
  ]),
);
describeAlike(logged('what has an id in the error log', [`${TO} "%r" "expr=-n %{REQUEST_LOG_ID}"`]));
describeAlike(logged('a condition on a variable', [`${TO} common env=!quiet`]));
describeAlike(logged('a condition by expression', [`${TO} common "expr=%{REQUEST_STATUS} >= 400"`]));
describeAlike(logged('two logs in one file', [`${TO} "first %r"`, `${TO} "second %>s"`]));
describeAlike(logged('a format of one’s own by name', ['LogFormat "%v %r -> %>s" mine', `${TO} mine`]));

describeAlike({
  name: 'the log of requests that are refused',
  config: `Listen ${LISTEN}\nProxyPass / http://${WEB1}/\n${TO} "%m|%U|%q|%H|%r|%>s|%b"`,
  cases: [
    {
      name: 'serves what is to be logged',
      steps: [get('/%zz'), raw(['GET /x HTTP/1.1', 'Host: a', 'Host: b', '', ''])],
      expect: ['400 -', '400 -'],
    },
  ],
});

describeAlike({
  name: 'trailers, and the time to the first byte where a section asks for it',
  engine: 'node',
  config: `
Listen ${LISTEN}
<Location /timed>
  LogIOTrackTTFB On
</Location>
ProxyPass / http://${WEB1}/
${TO} "%r %{X-T}^ti %{x-t}^to T=%^FB"
`,
  cases: [
    {
      name: 'of a request',
      steps: [
        raw(
          [
            ...['POST /ti HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Trailer: X-T', ''],
            ...['3', 'abc', '0', 'X-T: "one"', 'X-Other: 2', '', ''],
          ],
          { method: 'POST' },
        ),
      ],
      expect: ['200 web1'],
    },
    {
      name: 'of a member',
      script: () => () => ({
        raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: two\r\n\r\n',
      }),
      steps: [get('/to')],
      expect: ['200 web1'],
    },
    { name: 'none, timed and not', steps: [get('/timed/x'), get('/x')], expect: ['200 web1', '200 web1'] },
  ],
});
