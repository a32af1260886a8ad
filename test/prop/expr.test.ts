/**
 * Expressions and regular expressions on arbitrary texts: only their own errors, nothing thrown at run time, and the same
 * answers as independent oracles (Node's BlockList, JavaScript's own engine) where there is one.
 */
import assert from 'node:assert/strict';
import { BlockList, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { compileBool, compileString } from '../../edge/expr/compile.js';
import { ExprError, parseBool, parseString } from '../../edge/expr/parse.js';
import { RegexError, translateRegex } from '../../edge/expr/regex.js';
import { matchesGlob } from '../../edge/expr/wildcard.js';
import { compileNetworks, parseNetwork } from '../../edge/http/access-address.js';
import { makeRequest } from '../unit/edge/expr/request-fixture.js';

/** Pieces that expressions are made of, right and wrong ones. */
const PIECES = [
  ...[
    "'a'",
    '"b"',
    "'",
    '"',
    '12',
    '-1',
    '$1',
    '%{HTTP_HOST}',
    '%{REQUEST_URI}',
    '%{SSL_PROTOCOL}',
    '%{NOPE}',
  ],
  ...[
    '%{req:x-a}',
    '%{tolower:',
    '%{',
    '}',
    '(',
    ')',
    '{',
    ',',
    '.',
    '==',
    '!=',
    '<',
    '>=',
    '=~',
    '!~',
    '!',
    '&&',
  ],
  ...[
    '||',
    '-n',
    '-z',
    '-T',
    '-R',
    '-e',
    '-eq',
    'lt',
    '-in',
    '-ipmatch',
    '-strmatch',
    '-fnmatch',
    'true',
    'false',
  ],
  ...[
    '/a(b)?/i',
    'm#x#',
    "'10.0.0.0/8'",
    "req('x-a')",
    "md5('a')",
    "unescape('%zz')",
    "file('/nope')",
    '\\',
    '\\7',
  ],
];

const jumble = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ maxLength: 6 })), {
    maxLength: 14,
  })
  .map((pieces) => pieces.join(' '));

/** Expressions that are right by construction. */
const { word, condition } = fc.letrec<{ word: string; condition: string }>((tie) => ({
  word: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      "'a'",
      '12',
      '%{HTTP_HOST}',
      '%{REQUEST_STATUS}',
      '%{SSL_CIPHER}',
      '$1',
      "'x%{req:x-a}$0'",
    ),
    fc.tuple(tie('word'), tie('word')).map(([a, b]) => `${a} . ${b}`),
    fc
      .tuple(
        fc.constantFrom(
          'tolower',
          'escape',
          'unescape',
          'base64',
          'unbase64',
          'sha1',
          'env',
          'resp',
          'filesize',
        ),
        tie('word'),
      )
      .map(([fn, arg]) => `${fn}(${arg})`),
  ),
  condition: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('true', 'false', "-R '10.0.0.0/8'"),
    fc
      .tuple(
        tie('word'),
        fc.constantFrom('==', '<', '-eq', '-ge', '-strmatch', '-strcmatch', '-fnmatch'),
        tie('word'),
      )
      .map((parts) => parts.join(' ')),
    fc
      .tuple(fc.constantFrom('-n', '-z', '-T', '-e', '-s', '-L'), tie('word'))
      .map((parts) => parts.join(' ')),
    tie('word').map((w) => `${w} =~ /(.)(x)?/i`),
    tie('word').map((w) => `${w} in { 'a', ${w} }`),
    tie('condition').map((c) => `! (${c})`),
    fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition')).map((parts) => parts.join(' ')),
  ),
}));

const header = fc.string({ unit: 'binary', maxLength: 20 });

describe('expression property', () => {
  it('parsing throws nothing but ExprError, with a place in the text', () => {
    fc.assert(
      fc.property(fc.oneof(jumble, fc.string({ unit: 'binary' })), (text) => {
        for (const parse of [parseBool, parseString]) {
          try {
            parse(text);
          } catch (error) {
            assert.ok(error instanceof ExprError);
            assert.ok(error.column >= 1 && error.column <= text.length + 2);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('what parses survives cloning, compiles, and answers without throwing', () => {
    fc.assert(
      fc.property(condition, word, header, (text, value, field) => {
        const r = makeRequest({ fields: ['x-a', field, 'host', field], remoteAddress: '10.0.0.1' });
        assert.equal(typeof compileBool(structuredClone(parseBool(text)))(r), 'boolean');
        assert.equal(typeof compileString(structuredClone(parseString(`%{tolower:x}${value}`)))(r), 'string');
      }),
      { numRuns: 300 },
    );
  });

  it('not, and, or follow the laws of De Morgan', () => {
    fc.assert(
      fc.property(condition, condition, (a, b) => {
        const left = compileBool(parseBool(`!((${a}) && (${b}))`))(makeRequest());
        const right = compileBool(parseBool(`!(${a}) || !(${b})`))(makeRequest());
        // A backreference sees other groups when the parts are evaluated in another order.
        fc.pre(!`${a}${b}`.includes('$'));
        assert.equal(left, right);
      }),
      { numRuns: 200 },
    );
  });
});

describe('regular expression property', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      'B',
      '.',
      '^',
      '$',
      '(',
      ')',
      '(?:',
      '(?i)',
      '(?<n>',
      '(?>',
      '(?=',
      '[a-z]',
      '[^b]',
      '[',
      ']',
      '|',
      '*',
    ],
    ...[
      '+?',
      '++',
      '{2}',
      '{1,}',
      '\\d',
      '\\S',
      '\\1',
      '\\Q',
      '\\E',
      '\\',
      '[[:alpha:]]',
      '(?#',
      '-',
      ' ',
      '#',
      '\\x4',
    ],
  );
  const pattern = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

  it('translating throws nothing but RegexError, and what it gives runs', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.constantFrom('', 'i', 'x', 'm'),
        fc.string({ maxLength: 12 }),
        (text, flags, subject) => {
          try {
            const { source, flags: translated } = translateRegex(text, flags);
            new RegExp(source, translated).exec(subject);
          } catch (error) {
            assert.ok(error instanceof RegexError, `${text}: ${String(error)}`);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('patterns that both engines read alike match alike', () => {
    const both = fc.constantFrom(
      'a',
      'B',
      '.',
      '[a-c]',
      '[^ab]',
      '\\d',
      '\\w',
      '(?:a|b)',
      '(b)',
      '(?=c)',
      '\\b',
    );
    const amount = fc.constantFrom('', '', '*', '+', '?', '{2}', '+?', '{1,2}');
    const atom = fc.tuple(both, amount).map(([text, many]) => (/^\\b|\(\?=/.test(text) ? text : text + many));
    fc.assert(
      fc.property(
        fc.array(atom, { maxLength: 6 }),
        fc.boolean(),
        fc.string({ unit: fc.constantFrom(...'abcAB1 \n'), maxLength: 10 }),
        (atoms, isBlind, subject) => {
          const text = atoms.join('');
          const { source, flags } = translateRegex(text, isBlind ? 'i' : '');
          const ours = new RegExp(source, flags).exec(subject);
          const theirs = new RegExp(text, isBlind ? 'is' : 's').exec(subject);
          assert.deepEqual(ours && [...ours], theirs && [...theirs]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('case folded inside a pattern is the same as folded by a flag', () => {
    const atoms = fc.array(fc.constantFrom('a', 'Z', '[a-m]', '[^x]', '\\d', '(q)'), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        atoms,
        fc.string({ unit: fc.constantFrom(...'aAzZmMxXqQ1'), maxLength: 6 }),
        (list, subject) => {
          const mixed = translateRegex(`(?i:${list.join('')})(?:y|)`);
          const flagged = new RegExp(`${list.join('')}(?:y|)`, 'i');
          assert.equal(new RegExp(mixed.source, mixed.flags).test(subject), flagged.test(subject));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('pattern and network property', () => {
  it('globs of * and ? match as the regular expression of them does', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab/'), maxLength: 10 });
    const glob = fc.string({ unit: fc.constantFrom(...'ab/*?'), maxLength: 8 });
    fc.assert(
      fc.property(text, glob, (subject, pattern) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
        assert.equal(matchesGlob(subject, pattern), regex.test(subject));
      }),
      { numRuns: 500 },
    );
  });

  it('networks hold the addresses that BlockList says', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(address, fc.nat(128), address, (base, length, client) => {
        const kind = isIPv6(base) ? 'ipv6' : 'ipv4';
        const bits = Math.max(1, kind === 'ipv4' ? length % 33 : length);
        const network = parseNetwork(`${base}/${bits}`);
        assert.notEqual(network, undefined);
        const list = new BlockList();
        list.addSubnet(base, bits, kind);
        // Half of the clients share the network's first bits, or nothing would ever match.
        for (const one of [client, base])
          assert.equal(
            compileNetworks([network ?? ''])(one),
            list.check(one, isIPv6(one) ? 'ipv6' : 'ipv4'),
            one,
          );
      }),
      {
        numRuns: 300,
        examples: [
          ['0.0.0.0', 1, '::0.0.0.0'],
          ['::10.0.0.0', 104, '10.0.0.1'],
        ],
      },
    );
  });
});
