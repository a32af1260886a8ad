/** RewriteMap of files: what a line means, what is found, and that chance takes each alternative (httpd-semantics 2.9). */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get } from '../harness/case.js';
import { LISTEN, WEB1, WEB2 } from '../harness/places.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'drover-maps-'));
// httpd reads the files as another user.
chmodSync(FOLDER, 0o755);
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));

const TEXT = [
  '# comment',
  '',
  'one 1',
  'two\t2 and more',
  '  indented 3',
  'one again',
  'none',
  'Case upper',
  'case lower',
  'path/with/slashes /px/deep',
  'quoted "in quotes"',
  'hash #value',
  'last 9',
].join('\n');

function maps(): string {
  writeFileSync(join(FOLDER, 'text'), TEXT, { mode: 0o644 });
  writeFileSync(join(FOLDER, 'chance'), 'both a|b\nsingle a\nempty a||b\nsame c|c\n', { mode: 0o644 });
  return `RewriteMap t txt:${FOLDER}/text\nRewriteMap c rnd:${FOLDER}/chance`;
}

function goes(target: string, what: string, expected = '200 web1'): DiffCase {
  return { name: `${target}: ${what}`, steps: [get(target)], expect: [expected] };
}

describeAlike({
  name: 'RewriteMap of a text file',
  config: () => `
Listen ${LISTEN}
${maps()}
RewriteEngine on
RewriteMap low int:tolower
RewriteRule ^/t/(.*)$ http://${WEB1}/[\${t:$1|default}] [P]
RewriteRule ^/bare/(.*)$ http://${WEB1}/[\${t:$1}] [P]
RewriteRule ^/nested/(.*)$ http://${WEB1}/\${t:\${low:$1}|\${low:NOTHING}} [P]
RewriteRule ^/same/(.*)$ http://${WEB1}/\${c:$1|none} [P]
RewriteCond \${t:$1} ^(.+)$
RewriteRule ^/if/(.*)$ http://${WEB2}/%1 [P]
RewriteRule ^/if/ - [G]
`,
  cases: [
    goes('/t/one', 'the first line of a key counts'),
    goes('/t/two', 'a value ends at a blank'),
    goes('/t/indented', 'a line that begins with blanks'),
    goes('/t/none', 'a key without a value'),
    goes('/t/Case', 'case counts'),
    goes('/t/case', 'in both ways'),
    goes('/t/CASE', 'a third way'),
    goes('/t/path/with/slashes', 'slashes'),
    goes('/t/quoted', 'quotes'),
    goes('/t/hash', 'a hash in a value'),
    goes('/t/%23', 'a hash as the key'),
    goes('/t/last', 'a last line without its end'),
    goes('/t/', 'an empty key'),
    goes('/bare/nowhere', 'neither a value nor a default'),
    goes('/nested/CASE', 'a map within a map'),
    goes('/nested/ZZZ', 'a map within a default'),
    goes('/same/same', 'alternatives that are alike'),
    goes('/same/single', 'one alternative'),
    goes('/same/nowhere', 'no alternative'),
    goes('/if/one', 'in a condition', '200 web2'),
    goes('/if/nowhere', 'in a condition that fails', '410 -'),
  ],
});

/**
 * Chance is not the same on both servers, so a rule draws until it has what it waits for: once in 2^64 it gives up with
 * a 500, and always where that alternative never comes.
 */
const until = (name: string, key: string, value: string): string =>
  `RewriteCond \${c:${key}} !^${value}$\nRewriteRule ^/until/${name}$ - [N=64]`;

describeAlike({
  name: 'RewriteMap of alternatives',
  config: () => `
Listen ${LISTEN}
${maps()}
RewriteEngine on
${until('a', 'both', 'a')}
${until('b', 'both', 'b')}
${until('empty', 'empty', '')}
${until('never', 'both', 'c')}
RewriteRule ^/until/(.*)$ http://${WEB1}/$1 [P]
RewriteCond \${c:both} ^[ab]$
RewriteRule ^/set$ http://${WEB1}/in [P]
`,
  cases: [
    goes('/until/a', 'the first comes'),
    goes('/until/b', 'the second comes'),
    goes('/until/empty', 'an empty one comes'),
    goes('/until/never', 'one that is not there never comes', '500 -'),
    {
      name: 'nothing but those comes',
      steps: Array.from({ length: 16 }, () => get('/set')),
      expect: Array<string>(16).fill('200 web1'),
    },
  ],
});
