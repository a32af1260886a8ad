/** Compression of proxied responses: mod_deflate, mod_brotli, AddOutputFilterByType (httpd-semantics 2.17). */
import { gzipSync } from 'node:zlib';
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, type Step } from '../harness/case.js';
import type { Answer } from '../harness/origins.js';
import { LISTEN, WEB1 } from '../harness/places.js';

const PAGE = '<p>All work and no play makes a very dull page.</p>\n'.repeat(40);
const LONG = PAGE.repeat(200);
/** Long, and no tenth of it when compressed: httpd gives up beyond two hundred times. */
const DENSE = Array.from({ length: 30_000 }, (_, n) => `${(n * 7919) % 10_007} `).join('');
const GZIP = ['Accept-Encoding: gzip'];

function answers(
  name: string,
  answer: Answer,
  path: string,
  rows: string[],
  more: Partial<Step> = {},
): DiffCase {
  const status = answer.status ?? 200;
  return {
    name,
    script: () => () => ({ body: PAGE, ...answer }),
    steps: [{ ...get(path, rows), ...more }],
    expect: [`${status} web1`],
  };
}

function html(fields: [string, string][] = [], answer: Answer = {}): Answer {
  const rows = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const body = typeof answer.body === 'string' ? answer.body : PAGE;
  const status = answer.status ?? 200;
  const isBodyless = status === 204 || status === 304;
  const head = `HTTP/1.1 ${status} ${answer.reason ?? 'OK'}\r\nContent-Type: text/html; charset=utf-8\r\n`;
  const framing = isBodyless ? '' : `Content-Length: ${body.length}\r\n`;
  return { status, raw: `${head}${framing}${rows}\r\n${isBodyless ? '' : body}` };
}

describeAlike({
  name: 'compression',
  config: `
Listen ${LISTEN}
AddOutputFilterByType DEFLATE text/html text/css
<Location /always>
  SetOutputFilter DEFLATE
</Location>
<Location /both>
  SetOutputFilter BROTLI_COMPRESS;DEFLATE
</Location>
<Location /brotli>
  AddOutputFilterByType BROTLI_COMPRESS text/html
</Location>
<Location /none>
  SetEnv no-gzip 1
</Location>
<Location /header>
  Header set Vary X-Other
  Header set X-Coding expr=%{resp:Content-Encoding}
</Location>
SetEnvIf X-Old . gzip-only-text/html
SetEnvIf X-Force . force-gzip
SetEnvIf X-No . no-gzip
SetEnvIf X-Steady . dont-vary
ErrorDocument 403 /always/sorry
<Location /closed>
  Require all denied
</Location>
LogFormat "%v %h %>s %{Content-Encoding}o %r" diff
SetEnvIf X-Errors . filter-errordocs
ProxyPass / http://${WEB1}/
`,
  cases: [
    answers('a page that a client takes compressed', html(), '/x', GZIP),
    answers('a page for a client that says nothing', html(), '/x', []),
    answers('gzip among others', html(), '/x', ['Accept-Encoding: deflate, br, GZIP;q=0.5, *']),
    answers('gzip refused by q=0', html(), '/x', ['Accept-Encoding: gzip;q=0, identity']),
    answers('gzip refused by q=0.000', html(), '/x', ['Accept-Encoding: gzip;q=0.000']),
    answers('a star is not gzip', html(), '/x', ['Accept-Encoding: *']),
    answers('another type goes as it is', {}, '/x', GZIP),
    answers('another type where all are compressed', {}, '/always/x', GZIP),
    answers('a long page', { ...html([], { body: LONG }) }, '/x', GZIP),
    answers('a chunked page', { framing: 'chunked', bodyDelay: 30 }, '/always/x', GZIP),
    answers('a page that ends with its connection', { framing: 'close' }, '/always/x', GZIP),
    answers('a long chunked page', { framing: 'chunked', body: LONG }, '/always/x', GZIP),
    answers('a page that is encoded already', html([['Content-Encoding', 'x-own']]), '/x', GZIP),
    answers('a page with the identity coding', html([['Content-Encoding', 'identity']]), '/x', GZIP),
    answers('a page that varies already', html([['Vary', 'Cookie']]), '/x', GZIP),
    answers('a page that varies by this already', html([['Vary', 'accept-encoding']]), '/x', GZIP),
    answers('a strong ETag', html([['ETag', '"abc"']]), '/x', GZIP),
    answers('a weak ETag', html([['ETag', 'W/"abc"']]), '/x', GZIP),
    answers('an ETag of a page that is not compressed', html([['ETag', '"abc"']]), '/x', []),
    answers(
      'a part',
      html([['Content-Range', 'bytes 0-2079/9999']], { status: 206, reason: 'Partial Content' }),
      '/x',
      GZIP,
    ),
    answers('nothing to send', html([], { status: 204, reason: 'No Content' }), '/x', GZIP),
    answers('not modified', html([['ETag', '"abc"']], { status: 304, reason: 'Not Modified' }), '/x', GZIP),
    answers('an error of a member', html([], { status: 404, reason: 'Not Found' }), '/x', GZIP),
    answers(
      'an error of a member, with filter-errordocs',
      html([], { status: 404, reason: 'Not Found' }),
      '/x',
      [...GZIP, 'X-Errors: 1'],
    ),
    answers(
      'an error of a member where all are compressed',
      { status: 502, reason: 'Bad' },
      '/always/x',
      GZIP,
    ),
    answers('a short page', html([], { body: 'x'.repeat(68) }), '/x', GZIP),
    answers('a page just long enough', html([], { body: 'x'.repeat(69) }), '/x', GZIP),
    answers('an empty page', html([], { body: '' }), '/x', GZIP),
    answers('Content-MD5 goes', html([['Content-MD5', 'abc']]), '/x', GZIP),
    answers('dont-vary', html(), '/x', [...GZIP, 'X-Steady: 1']),
    answers('no-gzip by SetEnv', html(), '/none/x', GZIP),
    answers('no-gzip by SetEnvIf', html(), '/x', [...GZIP, 'X-No: 1']),
    answers('gzip-only-text/html for another type', {}, '/always/x', [...GZIP, 'X-Old: 1']),
    answers('gzip-only-text/html for html', html(), '/always/x', [...GZIP, 'X-Old: 1']),
    answers('force-gzip', html(), '/x', ['X-Force: 1']),
    answers('brotli', html(), '/brotli/x', ['Accept-Encoding: br']),
    answers('brotli before gzip', html(), '/both/x', ['Accept-Encoding: gzip, br']),
    answers('gzip where brotli is not taken', html(), '/both/x', GZIP),
    answers('brotli of a short page', html([], { body: 'abc' }), '/both/x', ['Accept-Encoding: br']),
    answers('brotli of a strong ETag', html([['ETag', '"abc"']]), '/both/x', ['Accept-Encoding: br']),
    answers('header rules come after', html(), '/header/x', GZIP),
    answers('HEAD', {}, '/always/x', GZIP, {
      method: 'HEAD',
      send: `HEAD /always/x HTTP/1.1\r\nHost: a\r\n${GZIP[0]}\r\n\r\n`,
    }),
    { name: 'a page of its own goes as it is', steps: [get('/always%2fx', GZIP)], expect: ['404 -'] },
    {
      name: 'an error document of a member',
      script: () => () => ({ body: PAGE }),
      steps: [get('/closed/x', GZIP)],
      expect: ['200 web1'],
    },
  ],
});

/** A page as a member sends it that compresses by itself. */
function packed(fields: string[] = [], body = gzipSync(PAGE), coding = 'gzip'): Answer {
  const head = ['HTTP/1.1 200 OK', 'Content-Type: text/html', `Content-Length: ${body.length}`, ...fields];
  if (coding !== '') head.push(`Content-Encoding: ${coding}`);
  return { raw: `${head.join('\r\n')}\r\n\r\n${body.toString('latin1')}` };
}

describeAlike({
  name: 'smart filters',
  config: `
Listen ${LISTEN}
FilterDeclare COMPRESS
FilterProvider COMPRESS DEFLATE "%{CONTENT_TYPE} =~ m#^text/#"
FilterChain COMPRESS
<Location /plain>
  FilterChain !
</Location>
<Location /emptied>
  FilterChain ! COMPRESS
</Location>
<Location /both>
  FilterDeclare BOTH CONTENT_SET
  FilterProvider BOTH DEFLATE "req('X-Which') != 'br'"
  FilterProvider BOTH BROTLI_COMPRESS "req('X-Which') != 'gzip'"
  FilterChain =BOTH
</Location>
<Location /again>
  FilterProvider COMPRESS BROTLI_COMPRESS "resp('X-Small') != 'yes'"
</Location>
<Location /unknown>
  FilterChain =NOBODY
</Location>
<Location /minus>
  FilterDeclare MORE
  FilterProvider MORE BROTLI_COMPRESS true
  FilterChain @MORE -COMPRESS
</Location>
ProxyPass / http://${WEB1}/
`,
  cases: [
    answers('a condition that holds', html(), '/x', GZIP),
    answers(
      'a condition that does not',
      { raw: 'HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: 100\r\n\r\n'.padEnd(170, 'x') },
      '/x',
      GZIP,
    ),
    answers('an error', html([], { status: 404, reason: 'Not Found' }), '/x', GZIP),
    answers('a chain that is emptied in a section', html(), '/plain/x', GZIP),
    answers('a chain that is emptied and begun anew', html(), '/emptied/x', GZIP),
    answers('two conditions that hold', html(), '/both/x', ['Accept-Encoding: gzip, br']),
    answers('two conditions, of which the first holds', html(), '/both/x', [
      'Accept-Encoding: gzip, br',
      'X-Which: gzip',
    ]),
    answers('two conditions, of which the second holds', html(), '/both/x', [
      'Accept-Encoding: gzip, br',
      'X-Which: br',
    ]),
    answers('a filter that the client does not take', html(), '/both/x', [
      'Accept-Encoding: br',
      'X-Which: gzip',
    ]),
    answers('a filter that a section declares again', html(), '/again/x', ['Accept-Encoding: gzip, br']),
    answers('a condition on what the member says', html([['X-Small', 'yes']]), '/again/x', [
      'Accept-Encoding: gzip, br',
    ]),
    answers('a filter that nobody declared', html(), '/unknown/x', GZIP),
    answers('one at the beginning, one taken away', html(), '/minus/x', ['Accept-Encoding: gzip, br']),
  ],
});

describeAlike({
  name: 'compression undone',
  config: `
Listen ${LISTEN}
<Location /plain>
  SetOutputFilter INFLATE
</Location>
<Location /again>
  SetOutputFilter INFLATE;DEFLATE
</Location>
<Location /type>
  AddOutputFilterByType INFLATE text/html
</Location>
SetEnvIf X-No . no-gzip
ProxyPass / http://${WEB1}/
`,
  cases: [
    answers('a page that came compressed', packed(), '/plain/x', []),
    answers('for a client that would take it', packed(), '/plain/x', GZIP),
    answers('a long one', packed([], gzipSync(DENSE)), '/plain/x', []),
    answers('by its type', packed(), '/type/x', []),
    answers('x-gzip', packed([], gzipSync(PAGE), 'x-gzip'), '/plain/x', []),
    answers('GZIP', packed([], gzipSync(PAGE), 'GZIP'), '/plain/x', []),
    answers('the last of two codings', packed([], gzipSync(PAGE), 'x-own, gzip'), '/plain/x', []),
    answers('another coding', packed([], gzipSync(PAGE), 'x-own'), '/plain/x', []),
    answers('gzip that is not the last coding', packed([], gzipSync(PAGE), 'gzip, x-own'), '/plain/x', []),
    answers('no coding', packed([], Buffer.from(PAGE), ''), '/plain/x', []),
    answers('a strong ETag', packed(['ETag: "abc"']), '/plain/x', []),
    answers('a weak ETag, and Content-MD5', packed(['ETag: W/"abc"', 'Content-MD5: abc']), '/plain/x', []),
    answers('no-gzip', packed(), '/plain/x', ['X-No: 1']),
    answers('compressed again', packed(['ETag: "abc"']), '/again/x', GZIP),
    answers('compressed again for a client that does not take it', packed(), '/again/x', []),
  ],
});
