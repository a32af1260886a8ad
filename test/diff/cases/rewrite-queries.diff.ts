/** Queries that rewriting makes of a path, which comes decoded: none may end a request line or a field. */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';

const goes = (target: string, expect: string, name: string): DiffCase => ({
  name,
  steps: [get(target)],
  expect: [expect],
});

describeAlike({
  name: 'queries that rewriting makes',
  config: `
Listen ${LISTEN}
RewriteEngine On
RewriteRule ^/pass/([^/]*) /n?z=$1 [PT]
RewriteRule ^/escaped/([^/]*) /n?z=$1 [B,PT]
RewriteRule ^/local/([^/]*) /n?z=$1 [L]
RewriteRule ^/away/([^/]*) /n?z=$1 [R,L]
RewriteRule ^/raw/([^/]*) /n?z=$1 [R,NE,L]
RewriteRule ^/proxied/([^/]*) http://${WEB1}/n?z=$1 [P]
RewriteCond %{REMOTE_ADDR} nobody [OR]
RewriteRule ^/or/ /n [PT]
<Location /section>
  RewriteEngine On
  RewriteRule a([^/]*)$ /n?z=$1
</Location>
ProxyPass / http://${WEB1}/
`,
  cases: [
    ...['%20b', '%0d%0aX:%20y', '%7f'].flatMap((tail) => [
      goes(`/pass/a${tail}`, '403 -', `passed on: ${tail}`),
      goes(`/local/a${tail}`, '403 -', `of this server: ${tail}`),
      goes(`/raw/a${tail}`, '403 -', `of a redirect that escapes nothing: ${tail}`),
      goes(`/proxied/a${tail}`, '403 -', `proxied: ${tail}`),
      goes(`/section/a${tail}`, '403 -', `in a section: ${tail}`),
      goes(`/away/a${tail}`, '302 -', `of a redirect: ${tail}`),
      goes(`/escaped/a${tail}`, '200 web1', `escaped by B: ${tail}`),
    ]),
    goes('/pass/a%25b', '200 web1', 'passed on, a percent sign'),
    goes('/section/ab', '200 web1', 'in a section, of letters'),
    goes('/or/x', '200 web1', 'OR behind the last condition lets the rule apply'),
  ],
});
