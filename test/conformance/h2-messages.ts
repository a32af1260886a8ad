/** RFC 9113 8 and RFC 7541: what a request may consist of, and how its fields may be packed. */
import {
  block,
  END_HEADERS,
  END_STREAM,
  field,
  frame,
  indexed,
  integer,
  remembered,
  request,
  uint32,
} from '../reg/h2-frames.js';
import { GET, WHOLE } from './h2-requests.js';
import type { H2Row, Outcome } from './h2-row.js';

type Pair = readonly [string, string];
const MALFORMED: Outcome = { stream: 1, codes: ['PROTOCOL_ERROR'] };
const UNREADABLE: Outcome = { connection: ['COMPRESSION_ERROR'] };
const ANSWERED: Outcome = { answers: [1] };
const METHOD: Pair = [':method', 'GET'];
const SCHEME: Pair = [':scheme', 'http'];
const PATH: Pair = [':path', '/'];
const AUTHORITY: Pair = [':authority', 'a.test'];

/** Value of fields that nghttp2 leaves out, where RFC 9113 8.2.1 would have the request refused: no member may see it. */
export const UNSEEN = 'not for members';

function asked(section: string, name: string, fields: readonly Pair[], outcome: Outcome = MALFORMED): H2Row {
  return { section, name, send: [frame('HEADERS', WHOLE, 1, block(...fields))], outcome };
}
const own = (...more: Pair[]): Pair[] => [METHOD, SCHEME, PATH, AUTHORITY, ...more];

/** A POST whose length is said to be other than it is. */
function lengthened(name: string, length: string, bodies: readonly string[], outcome = MALFORMED): H2Row {
  return {
    section: '8.1.1',
    name,
    send: [
      frame('HEADERS', END_HEADERS, 1, request('POST', ['content-length', length])),
      ...bodies.map((body, at) =>
        frame('DATA', at === bodies.length - 1 ? END_STREAM : 0, 1, Buffer.from(body)),
      ),
    ],
    outcome,
  };
}

function trailed(
  section: string,
  name: string,
  flags: number,
  fields: readonly Pair[],
  outcome: Outcome,
): H2Row {
  return {
    section,
    name,
    send: [
      frame('HEADERS', END_HEADERS, 1, request('POST')),
      frame('DATA', 0, 1, Buffer.from('test')),
      frame('HEADERS', flags, 1, block(...fields)),
    ],
    outcome,
  };
}

const MESSAGES: readonly H2Row[] = [
  asked('8.1', 'answers GET', own(), ANSWERED),
  asked('8.1', 'answers HEAD without a body', [[':method', 'HEAD'], SCHEME, PATH, AUTHORITY], {
    hears: 'HEADERS 1 END_STREAM',
  }),
  lengthened('answers POST with a body', '4', ['test'], ANSWERED),
  trailed('8.1', 'answers POST with trailers', WHOLE, [['x-test', 'ok']], ANSWERED),
  trailed('8.1', 'refuses a second HEADERS without END_STREAM', END_HEADERS, [['x-test', 'ok']], MALFORMED),
  trailed('8.3', 'refuses pseudo-fields among trailers', WHOLE, [[':method', 'ok']], MALFORMED),
  asked('8.2.1', 'refuses a field name in upper case', own(['X-Test', 'ok'])),
  asked('8.2.1', 'drops a field with a blank in its name', own(['x test', UNSEEN]), ANSWERED),
  asked('8.2.1', 'drops a field with a colon in its name', own(['x:test', UNSEEN]), ANSWERED),
  asked('8.2.1', 'drops a field with an empty name', own(['', UNSEEN]), ANSWERED),
  asked('8.2.1', 'drops a field with a line feed in its value', own(['x-test', `${UNSEEN}\nb`]), ANSWERED),
  asked(
    '8.2.1',
    'drops a field with a carriage return in its value',
    own(['x-test', `${UNSEEN}\rb`]),
    ANSWERED,
  ),
  asked('8.2.1', 'drops a field with a zero in its value', own(['x-test', `${UNSEEN}\0b`]), ANSWERED),
  asked('8.2.1', 'takes bytes above 127 in a value', own(['x-test', '\u00e9']), ANSWERED),
  ...(
    [
      ['connection', 'keep-alive'],
      ['connection', 'x-test'],
      ['proxy-connection', 'keep-alive'],
      ['keep-alive', 'timeout=5'],
      ['transfer-encoding', 'chunked'],
      ['upgrade', 'websocket'],
      ['te', 'trailers, deflate'],
      ['te', 'gzip'],
    ] as const
  ).map((pair) => asked('8.2.2', `refuses ${pair.join(': ')}`, own(pair))),
  asked('8.2.2', 'takes te: trailers', own(['te', 'trailers']), ANSWERED),
  asked('8.2.3', 'takes cookies in several fields', own(['cookie', 'a=1'], ['cookie', 'b=2']), ANSWERED),
  asked('8.3', 'refuses an unknown pseudo-field', own([':test', 'ok'])),
  asked('8.3', 'refuses a pseudo-field of answers', own([':status', '200'])),
  asked('8.3', 'refuses a pseudo-field behind a field', [METHOD, SCHEME, AUTHORITY, ['x-test', 'ok'], PATH]),
  asked('8.3.1', 'refuses an empty :path', [METHOD, SCHEME, [':path', ''], AUTHORITY]),
  asked('8.3.1', 'refuses a :path without a slash', [METHOD, SCHEME, [':path', 'x'], AUTHORITY]),
  asked('8.3.1', 'refuses a request without :method', [SCHEME, PATH, AUTHORITY]),
  asked('8.3.1', 'refuses a request with neither :method nor :scheme', [PATH, AUTHORITY]),
  asked('8.3.1', 'refuses a request without :scheme', [METHOD, PATH, AUTHORITY]),
  asked('8.3.1', 'refuses a request without :path', [METHOD, SCHEME, AUTHORITY]),
  asked('8.3.1', 'refuses :method twice', [METHOD, METHOD, SCHEME, PATH, AUTHORITY]),
  asked('8.3.1', 'refuses :scheme twice', [METHOD, SCHEME, SCHEME, PATH, AUTHORITY]),
  asked('8.3.1', 'refuses :path twice', [METHOD, SCHEME, PATH, PATH, AUTHORITY]),
  asked('8.3.1', 'refuses :authority twice', [METHOD, SCHEME, PATH, AUTHORITY, AUTHORITY]),
  asked('8.3.1', 'takes Host in place of :authority', [METHOD, SCHEME, PATH, ['host', 'a.test']], ANSWERED),
  asked('8.5', 'refuses CONNECT with a scheme and a path', [[':method', 'CONNECT'], SCHEME, PATH, AUTHORITY]),
  asked('8.5', 'does not tunnel', [[':method', 'CONNECT'], AUTHORITY], {
    refused: 405,
    codes: ['REFUSED_STREAM'],
  }),
  lengthened('refuses a body that is shorter than was said', '5', ['test']),
  lengthened('refuses a body that is longer than was said', '1', ['test']),
  lengthened('refuses a body that is longer than was said, in frames', '1', ['te', 'st']),
  lengthened('refuses a length that is no number', 'four', ['test']),
  lengthened('refuses a length with a sign', '+4', ['test']),
  asked('8.1.1', 'refuses a length where there is no body', own(['content-length', '4'])),
  {
    section: '8.1.1',
    name: 'refuses two lengths',
    send: [
      frame('HEADERS', END_HEADERS, 1, request('POST', ['content-length', '4'], ['content-length', '5'])),
      frame('DATA', END_STREAM, 1, Buffer.from('test')),
    ],
    outcome: MALFORMED,
  },
  {
    section: '8.4',
    name: 'refuses PUSH_PROMISE',
    send: [frame('PUSH_PROMISE', END_HEADERS, 1, Buffer.concat([uint32(2), GET]))],
    outcome: { connection: ['PROTOCOL_ERROR'] },
  },
];

/** A request with bytes of a field block behind. */
function packed(section: string, name: string, bytes: Buffer, outcome: Outcome): H2Row {
  return { section, name, send: [frame('HEADERS', WHOLE, 1, Buffer.concat([GET, bytes]))], outcome };
}

/** A field `x-a` with a value in Huffman's code. */
const coded = (...code: number[]): Buffer =>
  Buffer.concat([Buffer.from([0, 3]), Buffer.from('x-a'), Buffer.from([0x80 | code.length, ...code])]);

const PACKING: readonly H2Row[] = [
  packed('H2.3.3', 'refuses an index beyond both tables', indexed(70), UNREADABLE),
  packed(
    'H2.3.3',
    'refuses a name’s index beyond both tables',
    Buffer.concat([integer(0x40, 6, 70), Buffer.from([1, 0x61])]),
    UNREADABLE,
  ),
  packed('H4.2', 'refuses a size of the table behind fields', integer(0x20, 5, 0), UNREADABLE),
  {
    section: 'H6.3',
    name: 'takes a size of the table before the fields',
    send: [frame('HEADERS', WHOLE, 1, Buffer.concat([integer(0x20, 5, 0), GET]))],
    outcome: ANSWERED,
  },
  {
    section: 'H4.2',
    name: 'takes a smaller size of the table, and remembers no more than that',
    send: [
      frame('HEADERS', WHOLE, 1, Buffer.concat([integer(0x20, 5, 40), GET, remembered('x-a', 'b')])),
      frame('HEADERS', WHOLE, 3, Buffer.concat([GET, remembered('x-c', 'd'), indexed(63)])),
    ],
    outcome: UNREADABLE,
  },
  {
    section: 'H4.2',
    name: 'takes sizes of the table before the fields',
    send: [frame('HEADERS', WHOLE, 1, Buffer.concat([integer(0x20, 5, 0), integer(0x20, 5, 4096), GET]))],
    outcome: ANSWERED,
  },
  packed(
    'H5.1',
    'refuses an integer without end',
    Buffer.from([0xff, ...Array.from({ length: 12 }, () => 0xff), 1]),
    UNREADABLE,
  ),
  // `a` is 00011, then ones.
  packed('H5.2', 'takes Huffman’s code with its padding', coded(0x1f), ANSWERED),
  packed('H5.2', 'refuses padding of more than 7 bits', coded(0x1f, 0xff), UNREADABLE),
  packed('H5.2', 'refuses padding that is no beginning of EOS', coded(0x18), UNREADABLE),
  packed('H5.2', 'refuses EOS', coded(0xff, 0xff, 0xff, 0xff), UNREADABLE),
  packed(
    'H5.2',
    'refuses a text that is longer than the block',
    Buffer.from([0, 3, 0x78, 0x2d, 0x61, 9, 0x61]),
    UNREADABLE,
  ),
  packed('H6.1', 'takes a field of the static table that has no value', indexed(58), ANSWERED),
  packed('H2.3.3', 'refuses the index 126', indexed(126), UNREADABLE),
  packed('H4.2', 'refuses a size of the table of 1 behind fields', integer(0x20, 5, 1), UNREADABLE),
  // user-agent: h2spec and x-test: h2spec, as text and in Huffman's code, in each of the ways to send a literal.
  ...(
    [
      ['remembered', 0x40],
      ['not remembered', 0],
      ['never remembered', 0x10],
    ] as const
  ).flatMap(([how, prefix]) =>
    (
      [
        ['known name', '0a757365722d6167656e7406683273706563'],
        ['known name in Huffman’s code', '87b505b161cc5a93849c48aca4'],
        ['indexed name', ''],
        ['new name', '06782d7465737406683273706563'],
        ['new name in Huffman’s code', '85f2b24a84ff849c48aca4'],
      ] as const
    ).map(([what, literal]) =>
      packed(
        'H6.2',
        `takes a literal that is ${how}, with a ${what}`,
        literal === ''
          ? Buffer.concat([
              integer(prefix, prefix === 0x40 ? 6 : 4, 58),
              Buffer.from('06683273706563', 'hex'),
            ])
          : Buffer.concat([Buffer.from([prefix]), Buffer.from(literal, 'hex')]),
        ANSWERED,
      ),
    ),
  ),
  packed('H6.1', 'refuses the index 0', indexed(0), UNREADABLE),
  {
    section: 'H6.1',
    name: 'takes fields of the static table',
    send: [
      frame(
        'HEADERS',
        WHOLE,
        1,
        Buffer.concat([indexed(2), indexed(6), indexed(4), field(':authority', 'a.test')]),
      ),
    ],
    outcome: ANSWERED,
  },
  {
    section: 'H6.2.1',
    name: 'remembers fields for later requests',
    send: [
      frame('HEADERS', WHOLE, 1, Buffer.concat([GET, remembered('x-a', 'b'), remembered('x-c', 'd')])),
      frame('HEADERS', WHOLE, 3, Buffer.concat([GET, indexed(62), indexed(63)])),
    ],
    outcome: { answers: [1, 3] },
  },
  {
    section: 'H6.2.1',
    name: 'has forgotten fields after the table was emptied',
    send: [
      frame('HEADERS', WHOLE, 1, Buffer.concat([GET, remembered('x-a', 'b')])),
      'answered',
      frame('HEADERS', WHOLE, 3, Buffer.concat([integer(0x20, 5, 0), GET, indexed(62)])),
    ],
    outcome: UNREADABLE,
  },
  packed(
    'H6.2.3',
    'takes a field that is never remembered',
    Buffer.concat([Buffer.from([0x10, 3]), Buffer.from('x-a'), Buffer.from([1, 0x62])]),
    ANSWERED,
  ),
  {
    section: 'H6.3',
    name: 'refuses a table that is larger than it said to keep',
    send: [frame('HEADERS', WHOLE, 1, Buffer.concat([integer(0x20, 5, 4097), GET]))],
    outcome: UNREADABLE,
  },
];

export const MESSAGE_ROWS: readonly H2Row[] = [...MESSAGES, ...PACKING];
