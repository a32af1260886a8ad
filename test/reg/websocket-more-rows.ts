/**
 * More that a client may say in frames, after the sections of the Autobahn suite that go through long lists: UTF-8 (6), large
 * messages in small pieces (9), fragments (5, 10), and what follows a Close (7).
 */
import { BINARY, CONTINUATION, close, frame, PING, PONG, TEXT } from './websocket-frames.js';
import type { FrameRow } from './websocket-rows.js';

const open = { isLast: false };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** At the edges of each length, around surrogates, and characters that are none. */
const VALID = [
  'ceba e1bdb9 cf83 cebc ceb5',
  ...['00', 'c280', 'e0a080', 'f0908080', '7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  ...['ed9fbf', 'ee8080', 'efbfbd', 'efbfbe', 'f3bfbfbf'],
  ...['f09fbfbe', 'f09fbfbf', 'f0afbfbe', 'f18fbfbf', 'f3bfbfbe', 'f48fbfbe'],
].map(hex);

const INVALID: readonly [string, string][] = [
  ['5 bytes for a character', 'f888808080'],
  ['6 bytes for a character', 'fc8480808080'],
  ['the largest of 6 bytes', 'fdbfbfbfbfbf'],
  ['a character above f4', 'f7bfbfbf'],
  ['a continuation alone', '80'],
  ['the last continuation alone', 'bf'],
  ['seven continuations', '80bf80bf80bf80'],
  ['firsts of two alone', 'c020c120c220df20'],
  ['firsts of three alone', 'e020e120ef20'],
  ['firsts of four alone', 'f020f120f720'],
  ['first of two, nothing more', 'c3'],
  ['two of three', 'e080'],
  ['three of four', 'f09080'],
  ['fe', 'fe'],
  ['fe fe ff ff', 'fefeffff'],
  ['an overlong slash in three', 'e080af'],
  ['an overlong slash in four', 'f08080af'],
  ['the largest overlong in two', 'c1bf'],
  ['the largest overlong in three', 'e09fbf'],
  ['the largest overlong in four', 'f08fbfbf'],
  ['an overlong zero in two', 'c080'],
  ['an overlong zero in three', 'e08080'],
  ['an overlong zero in four', 'f0808080'],
  ['the first high surrogate', 'eda080'],
  ['the last high surrogate', 'edafbf'],
  ['the first low surrogate', 'edb080'],
  ['the last low surrogate', 'edbfbf'],
  ['a pair of surrogates', 'eda080edb080'],
];

const LONG = Buffer.from('fragments \u00e4\u00f6\u00fc '.repeat(20_000));
/** A message cut in pieces, whatever it cuts through. */
function pieces(opcode: number, payload: Buffer, size: number): Buffer[] {
  const count = Math.ceil(payload.length / size);
  return Array.from({ length: count }, (_, i) =>
    frame(i === 0 ? opcode : CONTINUATION, payload.subarray(i * size, (i + 1) * size), {
      isLast: i === count - 1,
    }),
  );
}

export const MORE_ROWS: readonly FrameRow[] = [
  {
    name: 'text of all lengths of characters',
    send: VALID.map((text) => frame(TEXT, text)),
    replies: VALID.length,
  },
  {
    name: 'text of all lengths of characters, each byte a fragment',
    send: VALID.flatMap((text) => pieces(TEXT, text, 1)),
    replies: VALID.length,
  },
  ...INVALID.map(
    ([what, bytes]): FrameRow => ({
      name: `text with ${what}`,
      send: [frame(TEXT, Buffer.concat([Buffer.from('a'), hex(bytes)]))],
      uws: 'dropped',
    }),
  ),
  {
    name: 'text that is wrong in its first fragment',
    send: [frame(TEXT, hex('cebaf4908080'), open), frame(CONTINUATION, 'edited')],
    uws: 'dropped',
  },
  {
    name: 'text that is wrong where two fragments meet',
    send: [frame(TEXT, hex('ceba f490'), open), frame(CONTINUATION, hex('8080'))],
    uws: 'dropped',
  },
  {
    name: 'text of 64 KB in fragments of 1300 bytes',
    send: pieces(TEXT, LONG.subarray(0, 65_536), 1300),
    replies: 1,
  },
  {
    name: 'text in fragments of 997 bytes that cut characters',
    send: pieces(TEXT, LONG, 997),
    replies: 1,
  },
  {
    name: 'binary of 1 MB in fragments of 64 bytes',
    send: pieces(BINARY, Buffer.alloc(1 << 20, 7), 64),
    replies: 1,
  },
  {
    name: 'binary of 4 MB in fragments of 64 KB with pings',
    send: pieces(BINARY, Buffer.alloc(4 << 20, 8), 65_536).flatMap((one, i) =>
      i % 8 === 0 ? [frame(PING, `${i}`), one] : [one],
    ),
    replies: 9,
  },
  {
    name: 'a thousand messages of 1 KB',
    send: Array.from({ length: 1000 }, (_, i) =>
      frame(i % 2 === 0 ? TEXT : BINARY, `${i}`.padEnd(1024, 'z')),
    ),
    replies: 1000,
  },
  ...(
    [
      ['the last of nothing', [frame(CONTINUATION, 'a'), frame(TEXT, 'b')]],
      ['the first of nothing', [frame(CONTINUATION, 'a', open), frame(TEXT, 'b')]],
      ['nothing, twice', [frame(CONTINUATION, 'a', open), frame(CONTINUATION, 'b')]],
    ] as const
  ).map(([what, send]): FrameRow => ({ name: `continuation: ${what}`, send, uws: 'dropped' })),
  {
    name: 'pings and pongs between fragments, and text behind',
    send: [
      frame(PONG, 'early'),
      frame(TEXT, 'one', open),
      frame(PONG, 'between'),
      frame(PING, 'asked'),
      frame(CONTINUATION, ' two', open),
      frame(CONTINUATION, ' three'),
      frame(TEXT, 'behind'),
    ],
    replies: 3,
  },
  {
    name: 'text of 256 KB, a Close, and a ping behind',
    send: [frame(TEXT, LONG.subarray(0, 262_144)), close(1000), frame(PING, 'late')],
    uws: 'hasty',
  },
];
