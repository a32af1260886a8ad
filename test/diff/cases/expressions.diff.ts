/**
 * Expressions (ap_expr): every operator, function and variable that means something at an edge, one path each, shown in a
 * field of the response. (httpd-semantics 2.18)
 */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';
import type { Engine } from '../harness/server.js';

/** Conditions: the field is there, or not. */
const CONDITIONS = [
  ...["-n 'a'", "-n ''", "-z ''", "-z 'a'", '-z %{req:X-None}', '-n %{req:X-A}'],
  ...["-T 'yes'", "-T 'On'", "-T 'off'", "-T '0'", "-T 'no'", "-T 'false'", "-T ''", "-T '00'"],
  ...["-R '127.0.0.0/8'", "-R '10.0.0.0/8'", "-R '127.0.0.1'", "-R '::1'"],
  ...["%{REMOTE_ADDR} -ipmatch '127.0.0.0/8'", "'10.1.2.3' -ipmatch '10.1.0.0/16'"],
  ...["'10.1.2.3' -ipmatch '10.1.0.0/255.255.0.0'", "'fe80::1' -ipmatch 'fe80::/10'"],
  ...["'/a/b' -strmatch '/a*'", "'/A/b' -strmatch '/a*'", "'/A/b' -strcmatch '/a*'", "'abc' -strmatch 'a?c'"],
  ...["'/a/b' -fnmatch '/a*'", "'/a/b' -fnmatch '/a/*'", "'abc' -strmatch '[a-c]bc'"],
  ...["'10' -eq '010'", '5 -lt 10', "'5' -lt '10'", '10 -gt 9', '9 -ge 9', '9 -le 8', '1 -ne 2', "'x' -eq 0"],
  ...['10 eq 10', '5 lt 10', '5 ge 10'],
  ...[
    "'5' < '10'",
    "'a' < 'b'",
    "'a' <= 'a'",
    "'b' > 'a'",
    "'b' >= 'c'",
    "'a' == 'a'",
    "'a' = 'a'",
    "'a' != 'b'",
  ],
  ...[
    "'Abc' == 'abc'",
    "'abc' =~ /B/",
    "'abc' =~ /B/i",
    "'abc' !~ /x/",
    "'abc' =~ m#^a.c$#",
    "'a/b' =~ m|a/b|",
  ],
  ...["'abc' =~ /^(a)(b)?/ && $2 == 'b'", "'abc' =~ /(x)?abc/ && -z $1", "'a.b' =~ /a\\.b/"],
  ...["'abc' =~ /(b)/ && 'x' =~ /x/ && $1 == 'b'", "'abc' =~ /(b)/ && 'x' =~ /x/ && $0 == 'b'"],
  ...["'abc' =~ /(b)/ && 'x' !~ /(y)/ && $1 == 'b'", "'abc' =~ /(b)/ && !('x' =~ /(y)/) && $1 == 'b'"],
  ...["'abc' =~ /(b)/ && 'x' !~ /y/ && $1 == 'b'", "'abc' =~ /b/ && $0 == 'b'", "'abc' =~ /(?:b)/ && -z $0"],
  ...["'abc' =~ /(b)/ && 'x' =~ /(?>x)/ && $1 == 'b'", "'abc' =~ /(?<n>b)/ && $1 == 'b'"],
  ...["'b' in {'a','b'}", "'c' in { 'a', 'b' }", "! 'c' in { 'a', 'b' }"],
  ...[
    'true',
    'false',
    '!true',
    '! ( false )',
    'true && false',
    'true || false',
    'false || true && false',
    'not true',
  ],
  ...['true and true', 'false or true', '(true || true) && false'],
  ...[
    "-f '/etc/passwd'",
    "-f '/etc'",
    "-f '/no/such'",
    "-d '/etc'",
    "-d '/etc/passwd'",
    "-e '/etc'",
    "-e '/no'",
  ],
  ...["-s '/etc/passwd'", "-s '/dev/null'", "-L '/proc/self/exe'", "-h '/etc/passwd'", "-h '/proc/self/exe'"],
  ...["%{req:X-A} == 'one' && %{HTTP:X-A} == 'one'", "req('X-A') == 'one'", "http('x-a') == 'one'"],
  ...["req_novary('X-A') == 'one'", "resp('Content-Type') == 'text/plain'", "%{resp:X-None} == ''"],
  ...["reqenv('V') == 'value'", "env('V') == 'value'", "%{ENV:V} == 'value'", "note('nothing') == ''"],
  ...["%{REQUEST_METHOD} == 'GET'", '%{QUERY_STRING} =~ /a=(\\d)/', "tolower('ABC') == 'abc'"],
  ...["'a\\'b' == \"a'b\"", "'a' . 'b' == 'ab'", "'x%{REQUEST_METHOD}y' == 'xGETy'", '%{HTTPS} == "off"'],
];

/** Variables and functions whose value is of the moment or of the place, each held to what it must be. */
const FACTS = [
  ...['%{TIME_YEAR} =~ /^20\\d\\d$/', '%{TIME_MON} =~ /^[01]\\d$/', '%{TIME_DAY} =~ /^[0-3]\\d$/'],
  ...['%{TIME_HOUR} =~ /^[0-2]\\d$/', '%{TIME_MIN} =~ /^[0-5]\\d$/', '%{TIME_SEC} =~ /^[0-6]\\d$/'],
  ...['%{TIME_WDAY} =~ /^[0-6]$/', '%{TIME} =~ /^20\\d{12}$/', '%{TIME_WDAY} -lt 7', '%{TIME} -gt 2000'],
  ...['%{SERVER_PORT} == "80"', '%{DOCUMENT_ROOT} =~ m#^/.*/htdocs$#'],
  ...['%{SERVER_SOFTWARE} =~ m#^[A-Z]+#i', '%{API_VERSION} =~ /^\\d+/', '-z %{SCRIPT_GROUP}'],
  ...['%{REQUEST_FILENAME} =~ m#^proxy:http://127#', '%{SCRIPT_FILENAME} == %{REQUEST_FILENAME}'],
  ...['-z %{REQUEST_LOG_ID}', '-z %{CONTEXT_DOCUMENT_ROOT}', '%{CONTEXT_DOCUMENT_ROOT} =~ /htdocs/'],
  ...['%{request_method} == "GET"', '%{Req:X-A} == "one"', 'TOLOWER("A") == "a"'],
  ...["file('/etc/debian_version') =~ /^[0-9a-z]/", '! %{REQUEST_LOG_ID} =~ /./'],
  ...["filesize('/etc/debian_version') -gt 2", "filesize('/etc') == '0'", "-x '/bin/sh'", "-x '/etc/passwd'"],
  ...[
    "unescape('a%20b') == 'a b'",
    'escape(%{QUERY_STRING}) =~ /a=1/',
    "md5(req('X-A')) =~ /^[0-9a-f]{32}$/",
  ],
];

/** Strings: the value of the field. */
const STRINGS = [
  ...['tolower:ABC', 'toupper:abc', 'escape:a b/c?d&e%', 'unescape:a%20b%2Fc', 'unescape:a%zz', 'base64:abc'],
  ...['unbase64:YWJj', 'unbase64:YWJ', 'md5:abc', 'sha1:abc', 'req:X-A', 'http:X-A', 'HTTP:X-A'],
  ...['req:X-None', 'req_novary:X-A', 'resp:Content-Type', 'reqenv:V', 'env:V', 'ENV:V', 'osenv:PATH'],
  ...['note:nothing', 'filesize:/etc/passwd', 'filesize:/no/such', 'tolower:%{REQUEST_METHOD}'],
].map((text) => `%{${text}}`);

const VARIABLES = [
  ...['HTTP_ACCEPT', 'HTTP_COOKIE', 'HTTP_FORWARDED', 'HTTP_HOST', 'HTTP_PROXY_CONNECTION', 'HTTP_REFERER'],
  ...['HTTP_USER_AGENT', 'REQUEST_METHOD', 'REQUEST_SCHEME', 'REQUEST_URI', 'DOCUMENT_URI', 'QUERY_STRING'],
  ...['PATH_INFO', 'IS_SUBREQ', 'THE_REQUEST', 'REMOTE_ADDR', 'REMOTE_HOST', 'REMOTE_USER', 'REMOTE_IDENT'],
  ...[
    'SERVER_NAME',
    'SERVER_ADMIN',
    'SERVER_PROTOCOL',
    'AUTH_TYPE',
    'CONTENT_TYPE',
    'HANDLER',
    'HTTPS',
    'IPV6',
  ],
  ...['REQUEST_STATUS', 'CONN_REMOTE_ADDR', 'CONTEXT_PREFIX', 'LAST_MODIFIED', 'HTTP2', 'SCRIPT_USER'],
].map((name) => `%{${name}}`);

const MIXED = ['a%{REQUEST_METHOD}b', '%{REQUEST_METHOD}%{QUERY_STRING}', 'plain', 'a.b', "it's"];

const quoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

function group(
  name: string,
  expressions: readonly string[],
  rule: (text: string) => string,
  engine: Engine = 'uws',
): void {
  const sections = expressions.map((text, n) => `<Location /e/${n}/>\n  ${rule(quoted(text))}\n</Location>`);
  const cases = expressions.map(
    (text, n): DiffCase => ({
      name: text,
      steps: [
        get(`/e/${n}/x?a=1&b=2`, [
          ...['X-A: one', 'Cookie: c=d', 'Referer: http://r.test/', 'User-Agent: curl/8', 'Accept: */*'],
        ]),
      ],
      expect: ['200 web1'],
    }),
  );
  const config = [`Listen ${LISTEN}`, 'SetEnvIf X-A one V=value', ...sections, `ProxyPass / http://${WEB1}/`];
  describeAlike({ name: `expressions: ${name}`, engine, config: config.join('\n'), cases });
}

const holds = (text: string): string => `Header set X-Holds yes "expr=${text}"`;

group('conditions', CONDITIONS, holds);
group('facts', FACTS, holds);
// uWebSockets.js does not tell the port.
group('the client’s port', ['%{REMOTE_PORT} -gt 1023', '%{REMOTE_PORT} -lt 65536'], holds, 'node');
group('strings', [...STRINGS, ...VARIABLES, ...MIXED], (text) => `Header set X-Value "expr=[${text}]"`);
