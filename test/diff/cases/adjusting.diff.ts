/** Variables that adjust the proxy, TRACE and OPTIONS, pages of errors from files (httpd-semantics 2.1, 4.1, 9). */
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAlike } from '../harness/alike.js';
import { get, request } from '../harness/case.js';
import { LISTEN, PORT, WEB1 } from '../harness/places.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'drover-pages-'));
// httpd reads the files as another user.
chmodSync(FOLDER, 0o755);
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));

function pages(): string {
  const texts = { 'sorry.html': '<h1>Sorry</h1>\n', 'plain.txt': 'no entry\n' };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(FOLDER, name), text, { mode: 0o644 });
    // A file of this very second has a weak ETag in httpd.
    utimesSync(join(FOLDER, name), 1_700_000_000, 1_700_000_000);
  }
  return `DocumentRoot "${FOLDER}"\n<Directory "${FOLDER}">\n  Require all granted\n</Directory>`;
}

describeAlike({
  name: 'variables that adjust the proxy',
  config: `
Listen ${LISTEN}
SetEnvIf X-Set nokeepalive proxy-nokeepalive
SetEnvIf X-Set http10 force-proxy-request-1.0
SetEnvIf X-Set chunked proxy-sendchunked
SetEnvIf X-Set initial proxy-initial-not-pooled
SetEnvIf X-Set sendcl proxy-sendcl
SetEnvIf X-Set chunks proxy-sendchunks
SetEnvIf X-Set closes nokeepalive
SetEnvIf X-Set none no-proxy
SetEnvIf X-Set fresh no-cache
SetEnvIf X-Set suppress proxy-interim-response=Suppress
SetEnvIf X-Set rfc proxy-interim-response=RFC
ProxyPass / http://${WEB1}/
`,
  cases: [
    {
      name: 'proxy-nokeepalive closes the connection to the member',
      steps: [get('/a', ['X-Set: nokeepalive']), get('/b', ['X-Set: nokeepalive'])],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'force-proxy-request-1.0 speaks HTTP/1.0',
      steps: [get('/a', ['X-Set: http10']), request('POST', '/b', ['X-Set: http10'], { body: 'abc' })],
      expect: ['200 web1', '200 web1'],
    },
    {
      name: 'proxy-sendchunked chunks a body of known length',
      steps: [request('POST', '/b', ['X-Set: chunked'], { body: 'abc' })],
      expect: ['200 web1'],
    },
    {
      name: 'proxy-sendcl gives a chunked body a length',
      steps: [
        {
          method: 'POST',
          send: 'POST /b HTTP/1.1\r\nHost: a\r\nX-Set: sendcl\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
        },
      ],
      expect: ['200 web1'],
    },
    ...['chunks', 'fresh', 'suppress', 'rfc'].map((what) => ({
      name: `${what} with a body and without`,
      steps: [get('/a', [`X-Set: ${what}`]), request('POST', '/b', [`X-Set: ${what}`], { body: 'abc' })],
      expect: ['200 web1', '200 web1'],
    })),
    {
      name: 'no-proxy leaves it to nobody',
      steps: [get('/a', ['X-Set: none'])],
      expect: ['404 -'],
    },
    {
      name: 'nokeepalive closes the connection of the client',
      steps: [get('/a', ['X-Set: closes'])],
      expect: ['200 web1'],
    },
    {
      name: 'proxy-initial-not-pooled opens a connection for the first request of a client',
      steps: [get('/a', ['X-Set: initial']), get('/b', ['X-Set: initial'])],
      expect: ['200 web1', '200 web1'],
    },
  ],
});

for (const enable of ['on', 'off', 'extended'] as const)
  describeAlike({
    name: `TraceEnable ${enable}`,
    config: `
Listen ${LISTEN}
TraceEnable ${enable}
ProxyPass /local !
ProxyPass / http://${WEB1}/
`,
    cases: [
      {
        name: 'TRACE of a proxied path',
        steps: [request('TRACE', '/x', ['X-A: 1'])],
        expect: [enable === 'off' ? '405 -' : '200 web1'],
      },
      {
        name: 'TRACE with a body',
        steps: [request('TRACE', '/x', [], { body: 'abc' })],
        expect: [enable === 'off' ? '405 -' : '200 web1'],
      },
      {
        name: 'OPTIONS that may go no further',
        steps: [request('OPTIONS', '/x', ['Max-Forwards: 0'])],
        expect: ['200 -'],
      },
    ],
  });

describeAlike({
  name: 'TraceEnable of virtual hosts',
  config: `
Listen ${LISTEN}
TraceEnable off
<VirtualHost *:${PORT}>
  ServerName off.test
  ProxyPass / http://${WEB1}/
</VirtualHost>
<VirtualHost *:${PORT}>
  ServerName on.test
  TraceEnable on
  ProxyPass / http://${WEB1}/
</VirtualHost>
`,
  cases: [
    {
      name: 'one has what the main server says',
      steps: [request('TRACE', '/x', [], { host: 'off.test' })],
      expect: ['405 -'],
    },
    {
      name: 'one says otherwise',
      steps: [request('TRACE', '/x', [], { host: 'on.test' })],
      expect: ['200 web1'],
    },
    {
      name: 'TRACE that may go no further',
      steps: [request('TRACE', '/x', ['Max-Forwards: 0'], { host: 'off.test' })],
      expect: ['405 -'],
    },
  ],
});

describeAlike({
  name: 'pages of errors from files',
  config: () => `
${pages()}
Listen ${LISTEN}
ErrorDocument 403 /sorry.html
ErrorDocument 404 /plain.txt
AddType text/plain .txt
AddType text/html .html
Header always set X-Always 1
Header set X-Only 1
<Location /denied>
  Require all denied
</Location>
<Location /member>
  ErrorDocument 403 /from/member
  Require all denied
</Location>
ProxyPass /from http://${WEB1}
ProxyPass /denied http://${WEB1}
ProxyPass /member http://${WEB1}
`,
  cases: [
    { name: 'a page for a refusal of its own', steps: [get('/denied/x')], expect: ['403 -'] },
    { name: 'the same to HEAD', steps: [request('HEAD', '/denied/x')], expect: ['403 -'] },
    {
      name: 'the same to POST',
      steps: [request('POST', '/denied/x', [], { body: 'a=1' })],
      expect: ['403 -'],
    },
    { name: 'a text for what is not there', steps: [get('/nothing')], expect: ['404 -'] },
    { name: 'a page that a member has', steps: [get('/member/x')], expect: ['200 web1'] },
  ],
});

describeAlike({
  name: 'pages of errors that can not be had',
  loosely: 'httpd logs the inner request, of the page, and drover the client’s own',
  config: () => `
${pages()}
Listen ${LISTEN}
ErrorDocument 404 /missing.html
ErrorDocument 403 /sorry.html
<Location /sorry.html>
  Require all denied
</Location>
<Location /denied>
  Require all denied
</Location>
ProxyPass /denied http://${WEB1}
`,
  cases: [
    { name: 'a page that is not there', steps: [get('/nothing')], expect: ['404 -'] },
    { name: 'a page that its own section closes', steps: [get('/denied/x')], expect: ['403 -'] },
  ],
});
