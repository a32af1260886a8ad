/** Compression of proxied responses: mod_deflate, mod_brotli, AddOutputFilterByType (httpd-semantics 2.17). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, type Step } from '../harness/case.js';
import type { Answer } from '../harness/origins.js';
import { LISTEN, WEB1 } from '../harness/places.js';

const PAGE = '<p>All work and no play makes a very dull page.</p>\n'.repeat(40);
const LONG = PAGE.repeat(200);
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
