/**
 * HTTP/2 beside mod_http2, in clear text by prior knowledge: what comes back, and what the members see of it. The harness's
 * own client speaks HTTP/1.1 to the byte; here Node's does, whose fields have no order and whose connections stay open.
 */
import assert from 'node:assert/strict';
import http2, { type OutgoingHttpHeaders } from 'node:http2';
import { droverOrTwin } from '../harness/drover.js';
import { httpd, isHttpdInstalled } from '../harness/httpd.js';
import { fieldValue } from '../harness/message.js';
import type { Script } from '../harness/origins.js';
import { certificate, DEAD, LISTEN, leavePlaces, makePlaces, WEB1, WEB2 } from '../harness/places.js';
import { type ServerUnderTest, startServer } from '../harness/server.js';

const CONFIG = `LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
Listen ${LISTEN}
Protocols h2c http/1.1
RewriteEngine On
RewriteRule ^/gone - [G]
Header set X-Rule yes
RequestHeader set X-Http2 "%{HTTP2}e"
ProxyPass /dead/ http://${DEAD}/
ProxyPass /two/ http://${WEB2}/two/
<Location /denied>
Require all denied
</Location>
ProxyPass / http://${WEB1}/`;

interface Case {
  name: string;
  headers: OutgoingHttpHeaders;
  body?: string;
  script?: Script;
  /** Status of the answer, 0 for a stream that was reset. */
  expect: number;
}

const CASES: readonly Case[] = [
  { name: 'GET', headers: { ':path': '/a?b=c' }, expect: 200 },
  { name: 'HEAD', headers: { ':method': 'HEAD', ':path': '/a' }, expect: 200 },
  { name: 'POST with a body', headers: { ':method': 'POST', ':path': '/a' }, body: 'x=1', expect: 200 },
  {
    name: 'PUT with its length',
    headers: { ':method': 'PUT', ':path': '/a', 'content-length': '3' },
    body: 'abc',
    expect: 200,
  },
  { name: 'DELETE', headers: { ':method': 'DELETE', ':path': '/a' }, expect: 200 },
  { name: 'PATCH of an empty body', headers: { ':method': 'PATCH', ':path': '/a' }, body: '', expect: 200 },
  { name: 'a method of the client’s own', headers: { ':method': 'BREW', ':path': '/a' }, expect: 200 },
  { name: 'another member', headers: { ':path': '/two/x' }, expect: 200 },
  { name: 'an encoded path', headers: { ':path': '/a%20b/%7Ec' }, expect: 200 },
  { name: 'dots in the path', headers: { ':path': '/a/../b/./c' }, expect: 200 },
  { name: 'slashes in the path', headers: { ':path': '//a//b' }, expect: 200 },
  { name: 'a path above the root', headers: { ':path': '/../../x' }, expect: 400 },
  {
    name: 'cookies in several fields',
    headers: { ':path': '/a', cookie: ['a=1', 'b=2', 'c=3'] },
    expect: 200,
  },
  {
    name: 'fields of the client’s own',
    headers: { ':path': '/a', 'x-own': 'one', 'x-forwarded-for': '10.1.1.1' },
    expect: 200,
  },
  { name: 'te: trailers', headers: { ':path': '/a', te: 'trailers' }, expect: 200 },
  { name: 'a page of the server’s own', headers: { ':path': '/gone' }, expect: 410 },
  { name: 'a path that is denied', headers: { ':path': '/denied/x' }, expect: 403 },
  { name: 'a member that is down', headers: { ':path': '/dead/x' }, expect: 503 },
  {
    name: 'fields in upper case',
    headers: { ':path': '/a' },
    script: () => ({
      fields: [
        ['X-UPPER', 'Yes'],
        ['ETag', '"a"'],
      ],
    }),
    expect: 200,
  },
  {
    name: 'cookies of the member',
    headers: { ':path': '/a' },
    script: () => ({
      fields: [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    }),
    expect: 200,
  },
  {
    name: 'fields of the member’s connection',
    headers: { ':path': '/a' },
    script: () => ({
      fields: [
        ['Keep-Alive', 'timeout=5'],
        ['Connection', 'X-Gone'],
        ['X-Gone', '1'],
      ],
    }),
    expect: 200,
  },
  {
    name: 'chunks',
    headers: { ':path': '/a' },
    script: () => ({ framing: 'chunked', body: 'in chunks' }),
    expect: 200,
  },
  {
    name: 'a body that ends with the connection',
    headers: { ':path': '/a' },
    script: () => ({ framing: 'close', body: 'to the end', close: true }),
    expect: 200,
  },
  { name: 'an empty body', headers: { ':path': '/a' }, script: () => ({ body: '' }), expect: 200 },
  {
    name: '204',
    headers: { ':path': '/a' },
    script: () => ({ status: 204, framing: 'none', body: '' }),
    expect: 204,
  },
  {
    name: '304',
    headers: { ':path': '/a' },
    script: () => ({ status: 304, framing: 'none', body: '', fields: [['ETag', '"a"']] }),
    expect: 304,
  },
  {
    name: '404 of the member',
    headers: { ':path': '/a' },
    script: () => ({ status: 404, body: 'not here' }),
    expect: 404,
  },
  { name: 'OPTIONS', headers: { ':method': 'OPTIONS', ':path': '/a' }, expect: 200 },
  { name: 'a query alone', headers: { ':path': '/?x=1&y=%20' }, expect: 200 },
  { name: 'a field without a value', headers: { ':path': '/a', 'x-own': '' }, expect: 200 },
  { name: 'a field twice', headers: { ':path': '/a', 'x-own': ['one', 'two'] }, expect: 200 },
  {
    name: 'a part of a body',
    headers: { ':path': '/a', range: 'bytes=0-2' },
    script: () => ({ status: 206, body: 'abc', fields: [['Content-Range', 'bytes 0-2/9']] }),
    expect: 206,
  },
  {
    name: 'a login that is asked for',
    headers: { ':path': '/a' },
    script: () => ({ status: 401, fields: [['WWW-Authenticate', 'Basic realm="a"']] }),
    expect: 401,
  },
  { name: '500 of the member', headers: { ':path': '/a' }, script: () => ({ status: 500 }), expect: 500 },
  {
    name: 'a long answer',
    headers: { ':path': '/a' },
    script: () => ({ body: 'long '.repeat(40_000) }),
    expect: 200,
  },
  {
    name: 'a body that comes late',
    headers: { ':path': '/a' },
    script: () => ({ bodyDelay: 100, body: 'late' }),
    expect: 200,
  },
  {
    name: 'trailers of the member',
    headers: { ':path': '/a', te: 'trailers' },
    script: () => ({ framing: 'chunked', body: 'summed', trailers: 'X-Sum: 42\r\n' }),
    expect: 200,
  },
  {
    name: 'a redirect',
    headers: { ':path': '/a' },
    script: () => ({ status: 302, fields: [['Location', '/b']] }),
    expect: 302,
  },
];

/** What of an answer and of the member's request is compared. */
async function observe(one: Case, server: ServerUnderTest): Promise<string[]> {
  const { origins } = server.places;
  origins.drain();
  origins.follow(one.script ?? (() => ({})));
  const session = http2.connect(`http://127.0.0.1:${server.places.ports.get('LISTEN')}`);
  session.on('error', () => undefined);
  const told = await new Promise<string[]>((resolve) => {
    const lines: string[] = ['status 0'];
    let body = '';
    const stream = session.request(
      { ':authority': 'www.example.com', ...one.headers },
      { endStream: one.body === undefined },
    );
    stream.setEncoding('latin1');
    stream.on('response', (headers) => {
      lines[0] = `status ${headers[':status']}`;
      for (const [name, value] of Object.entries(headers)) {
        if (/^(?::status|date|server|content-length|last-modified)$/.test(name)) continue;
        lines.push(`${name}: ${[value].flat().join(' | ')}`);
      }
    });
    stream.on('data', (text: string) => {
      body += text;
    });
    stream.on('trailers', (found) => lines.push(`trailer ${found['x-sum']}`));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      // Pages name the product.
      const shown =
        lines[0] === 'status 200' || lines[0] === 'status 404' ? body : /<title>[^<]*/.exec(body)?.[0];
      resolve([...lines.sort(), `reset ${stream.rstCode}`, `body ${shown ?? ''}`]);
    });
    if (one.body !== undefined) stream.end(one.body);
  });
  session.destroy();
  for (const { line, fields, body } of origins.drain()) {
    told.push(line, `body of ${body.length}`);
    for (const name of [
      'host',
      'cookie',
      'x-own',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-http2',
      'te',
      'expect',
    ]) {
      told.push(`< ${name}: ${fieldValue(fields, name)?.replace(/:\d+$/, '') ?? ''}`);
    }
  }
  return told;
}

describe('HTTP/2 beside mod_http2', () => {
  let judge: ServerUnderTest;
  let tested: ServerUnderTest;
  before(async function () {
    if (!isHttpdInstalled()) {
      if (process.env['CI'] === 'true')
        throw new Error('apache2 is not installed, and CI must not pass without it');
      console.log('    skipped: apache2 is not installed');
      this.skip();
    }
    const shared = await certificate();
    judge = await startServer(httpd, CONFIG, await makePlaces(shared));
    tested = await startServer(droverOrTwin('node'), CONFIG, await makePlaces(shared));
  });
  after(async () => {
    for (const server of [judge, tested] as (ServerUnderTest | undefined)[]) {
      if (server === undefined) continue;
      await server.stop();
      await leavePlaces(server.places);
    }
  });
  for (const one of CASES) {
    it(one.name, async () => {
      const [expected, actual] = await Promise.all([observe(one, judge), observe(one, tested)]);
      assert.equal(
        expected.find((line) => line.startsWith('status')),
        `status ${one.expect}`,
        'httpd itself',
      );
      assert.deepEqual(actual, expected);
    });
  }
});
