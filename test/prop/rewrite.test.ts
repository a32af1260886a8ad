/**
 * Rewriting on arbitrary input: a line is taken or refused with ConfError and nothing else, and what was taken never
 * throws, never loops, and never gives a location that breaks a line.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { REWRITE_ROWS } from '../../edge/config/directives/rewrite.js';
import { ConfError } from '../../edge/config/error.js';
import type { RewriteRule } from '../../edge/route/rewrite.js';
import { compileRewriteMaps, compileRewriteRules } from '../../edge/route/rewrite.js';
import { compileServerRewrite } from '../../edge/route/rewrite-target.js';
import { readLines } from '../unit/edge/config/directives/reading.js';
import { makeRequest } from '../unit/edge/expr/request-fixture.js';

const piece = fc.constantFrom(
  ...[
    '^',
    '/',
    'a',
    '(.*)',
    '(',
    ')',
    '$1',
    '%1',
    `\${m:$1|d}`,
    '${',
    '%{HTTP_HOST}',
    '%{ENV:x}',
    '?',
    '\\\\',
    '"',
  ],
  ...['http://r.test/', 'proxy:', '-', '!', '[', ']', ' ', '%0d%0a', '=', '-ge1', '*', '+'],
);
const text = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''));
const flag = fc.constantFrom(
  ...[
    'L',
    'R',
    'R=301',
    'F',
    'P',
    'PT',
    'N=9',
    'C',
    'S=2',
    'QSA',
    'QSL',
    'QSD',
    'B',
    'BNP',
    'NE',
    'E=a:$1',
    'CO=a:b:c',
    'x',
  ],
);
const flags = fc.array(flag, { maxLength: 3 }).map((list) => (list.length > 0 ? `[${list.join(',')}]` : ''));
const rule = fc.tuple(text, text, flags).map((parts) => `RewriteRule ${parts.join(' ')}`);
const condition = fc.tuple(text, text).map((parts) => `RewriteCond ${parts.join(' ')}`);
const lines = fc.array(fc.oneof(rule, condition), { minLength: 1, maxLength: 5 });

function rulesOf(all: readonly string[]): RewriteRule[] {
  const accepted = all.filter((line) => {
    try {
      readLines(REWRITE_ROWS, [line]);
      return true;
    } catch (error) {
      assert.ok(error instanceof ConfError, String(error));
      return false;
    }
  });
  return readLines(REWRITE_ROWS, accepted).rewrite.rules;
}

describe('rewrite property', () => {
  it('whatever is taken at load runs on whatever comes', () => {
    fc.assert(
      fc.property(lines, fc.string({ unit: 'binary', maxLength: 20 }), (all, target) => {
        const maps = compileRewriteMaps({ m: { kind: 'int', name: 'unescape' } });
        const list = compileRewriteRules(rulesOf(all), maps, undefined, 8190);
        const step = compileServerRewrite(list, (head, path) => ({
          target: { kind: 'url', url: head },
          path,
          url: head + path,
        }));
        const found = step(makeRequest({ target: `/${target}`, fields: ['host', 'a'] }));
        if (found?.kind === 'answer') assert.doesNotMatch(found.location, /[\r\n\0]/);
      }),
      { numRuns: 500 },
    );
  });
});
