import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { translateRegex } from '../../../../edge/expr/regex.js';
import { compileRewriteRules, newRewriting, type RewriteRule } from '../../../../edge/route/rewrite.js';
import { compileRewriteMap } from '../../../../edge/route/rewrite-map.js';
import { mergeRewrite } from '../../../../edge/route/rewrite-place.js';
import { parseTemplate } from '../../../../edge/route/rewrite-template.js';
import { escapeAbsolute, schemeOf } from '../../../../edge/route/rewrite-url.js';
import { makeRequest } from '../expr/request-fixture.js';

function rule(pattern: string, output: string, more: Partial<RewriteRule> = {}): RewriteRule {
  const base = { pattern, regex: translateRegex(pattern), conditions: [], redirect: 302 };
  return { ...base, query: {}, env: [], cookies: [], output: parseTemplate(output), ...more };
}

/** How the list ends and where it leads. */
function run(rules: RewriteRule[], target: string, prefix?: string): string {
  const r = makeRequest({ target });
  const rewriting = newRewriting(r, r.uri);
  const end = compileRewriteRules(rules, () => undefined, prefix, 8190)(rewriting);
  const query = rewriting.query === undefined ? '' : `?${rewriting.query}`;
  return `${end} ${rewriting.filename}${query}${rewriting.status === 0 ? '' : ` ${rewriting.status}`}`;
}

describe('rewrite rules', () => {
  it('leave what none of them matches', () => {
    assert.equal(run([rule('^/a', '/b')], '/x?y'), 'unchanged /x?y');
  });

  it('go on with what the rule before made', () => {
    assert.equal(run([rule('^/a', '/b'), rule('^/b', '/c')], '/a'), 'changed /c');
    assert.equal(run([rule('^/a', '/b', { isLast: true }), rule('^/b', '/c')], '/a'), 'changed /b');
  });

  it('replace the query only when they bring one', () => {
    assert.equal(run([rule('^/a', '/b')], '/a?q'), 'changed /b?q');
    assert.equal(run([rule('^/a', '/b?x')], '/a?q'), 'changed /b?x');
    assert.equal(run([rule('^/a', '/b?x', { query: { append: true } })], '/a?q'), 'changed /b?x&q');
    assert.equal(run([rule('^/a', '/b', { query: { none: true } })], '/a?q'), 'changed /b');
  });

  it('skip and chain', () => {
    const after = [rule('^/', '/one$0'), rule('^/', '/two$0')];
    assert.equal(run([rule('^/a', '/b', { skip: 1 }), ...after], '/a'), 'changed /two/');
    assert.equal(run([rule('^/x', '/b', { isChain: true }), ...after], '/a'), 'changed /two/');
  });

  it('begin again no more often than they may', () => {
    const loop = rule('^/a(.*)', '/a$1x', { rounds: 3 });
    assert.match(run([loop], '/a'), /^status .* 500$/);
  });

  it('end when the path grows without bound', () => {
    const loop = rule('^/(.*)', '/$1$1', { rounds: 32_000 });
    assert.match(run([loop], '/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), /^status .* 500$/);
  });

  it('take the prefix of a section off and put it back', () => {
    assert.equal(run([rule('^x$', 'y')], '/dir/x', '/dir/'), 'changed /dir/y');
    assert.equal(run([rule('^x$', '/y')], '/dir/x', '/dir/'), 'changed /y');
  });
});

describe('rewrite templates', () => {
  it('are read with nested braces', () => {
    assert.deepEqual(parseTemplate(`a\\$1$1%2\${m:\${n:$1}|d}%{HTTP:X-y}$x\${nocolon}`), [
      'a$1',
      { op: 'group', of: 'rule', index: 1 },
      { op: 'group', of: 'condition', index: 2 },
      {
        op: 'map',
        name: 'm',
        key: [{ op: 'map', name: 'n', key: [{ op: 'group', of: 'rule', index: 1 }] }],
        fallback: ['d'],
      },
      { op: 'variable', name: 'HTTP:X-y' },
      `$x\${nocolon}`,
    ]);
  });
});

describe('rewrite maps', () => {
  const r = makeRequest();

  it('are read again when their file has changed', () => {
    const file = join(tmpdir(), `drover-rewrite-map-${process.pid}.txt`);
    let time = 0;
    writeFileSync(file, '# c\none 1 # x\none 2\nnone\n two\t22\n');
    const lookup = compileRewriteMap({ kind: 'txt', file }, Math.random, () => time);
    assert.equal(lookup('one', r), '1');
    assert.equal(lookup('none', r), undefined);
    assert.equal(lookup('two', r), undefined);
    writeFileSync(file, 'one other\n');
    assert.equal(lookup('one', r), '1');
    time = 2000;
    assert.equal(lookup('one', r), 'other');
  });

  it('take an alternative by chance', () => {
    const file = join(tmpdir(), `drover-rewrite-map-${process.pid}.rnd`);
    writeFileSync(file, 'k a|b|c\n');
    let chance = 0;
    const lookup = compileRewriteMap({ kind: 'rnd', file }, () => chance);
    assert.equal(lookup('k', r), 'a');
    chance = 0.99;
    assert.equal(lookup('k', r), 'c');
  });
});

describe('rewriting of sections', () => {
  const a = rule('a', 'a');
  const b = rule('b', 'b');

  it('replaces what is around it, but for the engine', () => {
    const merged = mergeRewrite({ isOn: true, rules: [a], base: '/x' }, { rules: [b], directory: '/d/' });
    assert.deepEqual(merged, { isOn: true, options: [], directory: '/d/', rules: [b] });
  });

  it('joins it when it inherits', () => {
    assert.deepEqual(mergeRewrite({ rules: [a] }, { rules: [b], options: ['inherit'] }).rules, [b, a]);
    assert.deepEqual(mergeRewrite({ rules: [a] }, { rules: [b], options: ['inheritbefore'] }).rules, [a, b]);
    const down = mergeRewrite(
      { rules: [a], options: ['inheritdown'] },
      { rules: [b], options: ['ignoreinherit'] },
    );
    assert.deepEqual(down.rules, [b]);
  });
});

describe('URLs of rewriting', () => {
  it('know their scheme and whether it has a query', () => {
    assert.deepEqual(schemeOf('https://a/b'), { length: 8, hasQuery: true });
    assert.deepEqual(schemeOf('ftp://a/b'), { length: 6, hasQuery: false });
    assert.equal(schemeOf('/a'), undefined);
    assert.equal(schemeOf('unknown://a'), undefined);
  });

  it('are escaped behind the host', () => {
    assert.equal(escapeAbsolute('http://a b/c d', 7), 'http://a b/c%20d');
    assert.equal(escapeAbsolute('http://a', 7), 'http://a');
    assert.equal(escapeAbsolute('mailto:a b', 7), 'mailto:a%20b');
  });
});
