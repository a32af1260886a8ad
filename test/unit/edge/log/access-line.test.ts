import assert from 'node:assert/strict';
import { compileAccessLine } from '../../../../edge/log/access-line.js';
import { parseLogFormat } from '../../../../edge/log/format-parse.js';
import type { Request } from '../../../../edge/request.js';
import { makeRequest, type RequestPlan } from '../expr/request-fixture.js';

const COMBINED = '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"';

function line(format: string, r: Request | RequestPlan = {}): string {
  const text = compileAccessLine(parseLogFormat(format))('exchange' in r ? r : makeRequest(r));
  assert.equal(text.at(-1), '\n');
  return text.slice(0, -1);
}

describe('access line', () => {
  it('writes the combined format', () => {
    const at = new Date(2026, 10, 20, 23, 19, 43).getTime();
    const text = line(COMBINED, {
      target: '/a?b',
      startedAt: at,
      bytesSent: 512,
      fields: ['user-agent', 'curl/8.0', 'referer', 'http://x/'],
    });
    const [, time] =
      /^192\.0\.2\.7 - - (\[.*\]) "GET \/a\?b HTTP\/1\.1" 200 512 "http:\/\/x\/" "curl\/8\.0"$/.exec(text) ??
      [];
    assert.match(time ?? '', /^\[20\/Nov\/2026:23:19:43 [+-]\d{4}\]$/);
  });

  it('escapes what a client can put into a line', () => {
    const r = makeRequest({ target: '/"\\\xff', fields: ['user-agent', 'a"b\\c\n\x01\xe9'] });
    assert.equal(line('"%r" "%{User-Agent}i"', r), '"GET /\\"\\\\\\xff HTTP/1.1" "a\\"b\\\\c\\n\\x01\\xe9"');
  });

  // Format and text for one request, as a running httpd logged the like.
  const CODES: [string, string][] = [
    ['%a %{c}a %h %{c}h %A', '192.0.2.99 192.0.2.7 192.0.2.99 192.0.2.7 192.0.2.1'],
    ['%B %b %O %I %S', '266 266 512 93 605'],
    ['%{a}C %{b}C %{C}C %{none}C', '1 2 \\"x y\\" -'],
    ['%{VAR}e %{NONE}e %{N}n', 'value - note'],
    ['%f %R', 'proxy:http://b/x proxy-server'],
    ['%H %m %U %q', 'HTTP/1.1 GET /x ?q=1'],
    ['%l %u %k %L', '- - 2 -'],
    ['%{X-A}i %{x-empty}i %{none}i', 'changed  -'],
    ['%{Content-Type}o %{X-Dup}o %{Set-Cookie}o %{X-Two}o', 'text/html always a=1, b=2 one'],
    ['%p %{canonical}p %{local}p %{remote}p %{foo}p', '80 80 8080 50000 foo'],
    ['%s %>s %<s', '404 404 404'],
    ['%v %V', 'www.example.com asked'],
    ['%400,404{X-A}i %!404{X-A}i %!200{X-A}i', 'changed - changed'],
    ['%T %D %{ms}T %{us}T %{s}T %{foo}T', '1 1500250 1500 1500250 1 foo'],
    [
      '%{sec}t %{msec}t %{usec}t %{msec_frac}t %{usec_frac}t',
      '1795217429 1795217429458 1795217429458901 458 458901',
    ],
    ['%{end:sec}t %{begin:%S}t %{end:%S}t', '1795217430 29 30'],
    ['%{SSL_PROTOCOL}x %{version}c %{SSL_CIPHER}x', 'TLSv1.3 TLSv1.3 -'],
    ['%X %%', '+ %'],
    ['%^FB %{a}^ti %{a}^to', '- - -'],
  ];
  for (const [format, text] of CODES)
    it(`writes ${format}`, () => {
      const r = makeRequest({
        target: '/x?q=1',
        startedAt: 1795217429458.901,
        fields: ['host', 'asked', 'x-a', 'orig', 'x-empty', '', 'cookie', 'a=1; b = 2 ; C="x y"; c=z'],
        hostname: 'asked',
        hostPort: 8080,
        bodyBytesSent: 266,
        bytesSent: 512,
        tls: { SSL_PROTOCOL: 'TLSv1.3' },
      });
      r.clientAddress = '192.0.2.99';
      r.endedAt = r.startedAt + 1500.2501;
      r.status = 404;
      r.proxyUrl = 'http://b/x';
      r.handler = 'proxy-server';
      r.setEnv('VAR', 'value');
      r.note('N', 'note');
      r.ownFields()[3] = 'changed';
      r.responseFields = [
        'X-Dup',
        'normal',
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'X-Two',
        'one',
        'X-Two',
        'two',
      ];
      r.responseFields.push('Content-Type', 'text/html; charset=utf-8');
      r.alwaysFields = ['x-dup', 'always'];
      assert.equal(line(format, r), text);
    });

  it('writes a dash for a body of no bytes, nothing for no query, and how the connection ended', () => {
    assert.equal(line('%b|%B|%q|%X', { wantsClose: true }), '-|0||-');
    const r = makeRequest();
    r.isAborted = true;
    assert.equal(line('%X', r), 'X');
  });

  it('writes anew what differs from the request before', () => {
    const write = compileAccessLine(parseLogFormat('%h %l %u %t "%r" %>s %b %v'));
    const second = new Date(2026, 10, 20, 23, 19, 43).getTime();
    const lineOf = (user: string, status: number, after: number, server = 'a.test'): string => {
      const r = makeRequest({ startedAt: second + after, server: { name: server } });
      r.user = user;
      r.status = status;
      return write(r).replace(/ [+-]\d{4}\]/, ']');
    };
    const at = (time: string, rest: string): string => `[20/Nov/2026:${time}] "GET / HTTP/1.1" ${rest}\n`;
    assert.equal(lineOf('', 200, 0), `192.0.2.7 - - ${at('23:19:43', '200 - a.test')}`);
    assert.equal(lineOf('', 200, 0), `192.0.2.7 - - ${at('23:19:43', '200 - a.test')}`);
    assert.equal(lineOf('ann', 404, 0), `192.0.2.7 - ann ${at('23:19:43', '404 - a.test')}`);
    assert.equal(lineOf('ann', 404, 2000, 'b.test'), `192.0.2.7 - ann ${at('23:19:45', '404 - b.test')}`);
    assert.equal(lineOf('', 200, 2000), `192.0.2.7 - - ${at('23:19:45', '200 - a.test')}`);
  });

  it('writes the ids of process and thread', () => {
    assert.equal(line('%P %{pid}P'), `${process.pid} ${process.pid}`);
    assert.match(line('%{tid}P %{hextid}P %{foo}P'), /^\d+ [0-9a-f]+ foo$/);
  });

  it('counts a request that was never answered as ended when it began', () => {
    assert.equal(line('%D'), '0');
  });
});
