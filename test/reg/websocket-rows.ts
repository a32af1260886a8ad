/**
 * What a client may say in frames, and what it may not: a table after the cases of the Autobahn suite, each with what is
 * known to be other than direct on uWebSockets.js.
 */
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  close,
  frame,
  PING,
  PONG,
  type Talk,
  TEXT,
} from './websocket-frames.js';
import { MORE_ROWS } from './websocket-more-rows.js';

export interface FrameRow extends Talk {
  name: string;
  /**
   * On uWebSockets.js only: `dropped`: the connection ends without the Close that the member would have sent; `uncoded`: a
   * Close is answered without its code, and the member hears of none; `bare`: of a Close without a code; `joined`: a
   * binary frame within fragments is taken for one more of them, and the conversation goes on; `hasty`: a Close is
   * answered before what the member still says; `other`: it ends in the library's own way.
   */
  uws?: 'dropped' | 'uncoded' | 'bare' | 'joined' | 'hasty' | 'other';
}

const SIZES = [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1_000_000];
const MOST = 16 * 1024 * 1024;
const open = { isLast: false };
const GREETING = Buffer.from('Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!! \u{1f600}');
const BAD = Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xce, 0xbc, 0xce, 0xb5, 0xed, 0xa0, 0x80]);

function broken(name: string, ...send: Buffer[]): FrameRow {
  return { name, send, uws: 'dropped' };
}

const MESSAGES: readonly FrameRow[] = [
  ...SIZES.flatMap((size): FrameRow[] => [
    { name: `text of ${size} bytes`, send: [frame(TEXT, 'x'.repeat(size))], replies: 1 },
    { name: `binary of ${size} bytes`, send: [frame(BINARY, Buffer.alloc(size, 0xfe))], replies: 1 },
  ]),
  { name: 'text of 16 MB', send: [frame(TEXT, 'y'.repeat(MOST))], replies: 1 },
  { name: 'binary of 16 MB', send: [frame(BINARY, Buffer.alloc(MOST, 0xfd))], replies: 1 },
  {
    name: 'binary of 16 MB in 256 fragments',
    send: Array.from({ length: 256 }, (_, i) =>
      frame(i === 0 ? BINARY : CONTINUATION, Buffer.alloc(65536, i), { isLast: i === 255 }),
    ),
    replies: 1,
  },
  { name: 'text of many scripts', send: [frame(TEXT, GREETING)], replies: 1 },
  { name: 'text of many scripts, byte by byte', send: [frame(TEXT, GREETING)], replies: 1, isSplit: true },
  {
    name: 'many messages at once',
    send: Array.from({ length: 200 }, (_, i) => frame(i % 2 === 0 ? TEXT : BINARY, `message ${i}`)),
    replies: 200,
  },
  {
    name: 'text in two fragments',
    send: [frame(TEXT, 'frag', open), frame(CONTINUATION, 'ment')],
    replies: 1,
  },
  {
    name: 'text in fragments, byte by byte',
    send: [frame(TEXT, 'frag', open), frame(CONTINUATION, 'ment')],
    replies: 1,
    isSplit: true,
  },
  {
    name: 'text in fragments of which some are empty',
    send: [frame(TEXT, '', open), frame(CONTINUATION, '', open), frame(CONTINUATION, 'end'), frame(TEXT, '')],
    replies: 2,
  },
  {
    name: 'text in fragments that cut a character',
    send: [
      frame(TEXT, GREETING.subarray(0, 7), open),
      frame(CONTINUATION, GREETING.subarray(7, 8), open),
      frame(CONTINUATION, GREETING.subarray(8)),
    ],
    replies: 1,
  },
  {
    name: 'fragments with pings between them',
    send: [
      frame(TEXT, 'a', open),
      frame(PING, 'one'),
      frame(CONTINUATION, 'b', open),
      frame(PING, 'two'),
      frame(CONTINUATION, 'c'),
    ],
    replies: 3,
  },
  { name: 'empty ping', send: [frame(PING)], replies: 1 },
  { name: 'ping of 125 bytes', send: [frame(PING, Buffer.alloc(125, 0xfe))], replies: 1 },
  { name: 'ping, byte by byte', send: [frame(PING, 'slow')], replies: 1, isSplit: true },
  { name: 'ten pings', send: Array.from({ length: 10 }, (_, i) => frame(PING, `${i}`)), replies: 10 },
  { name: 'pong that nobody asked for', send: [frame(PONG, 'here')], replies: 1 },
];

const BROKEN: readonly FrameRow[] = [
  broken('ping of 126 bytes', frame(PING, Buffer.alloc(126))),
  broken('pong of 126 bytes', frame(PONG, Buffer.alloc(126))),
  broken('ping in fragments', frame(PING, 'a', open), frame(CONTINUATION, 'b')),
  broken('Close of 126 bytes', frame(CLOSE, Buffer.concat([Buffer.from([3, 232]), Buffer.alloc(124, 'x')]))),
  ...[1, 2, 3, 4, 5, 6, 7].map((reserved) =>
    broken(`text with reserved bits ${reserved}`, frame(TEXT, 'x', { reserved })),
  ),
  broken('ping with a reserved bit', frame(PING, 'x', { reserved: 4 })),
  broken('Close with a reserved bit', frame(CLOSE, Buffer.from([3, 232]), { reserved: 1 })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => broken(`opcode ${opcode}`, frame(opcode, 'x'))),
  broken('continuation of nothing', frame(CONTINUATION, 'x')),
  broken(
    'continuation of what has ended',
    frame(TEXT, 'a', open),
    frame(CONTINUATION, 'b', open),
    frame(TEXT, 'c'),
  ),
  broken('text within fragments', frame(TEXT, 'a', open), frame(TEXT, 'b')),
  { ...broken('binary within fragments', frame(BINARY, 'a', open), frame(BINARY, 'b')), uws: 'joined' },
  broken('text that is not UTF-8', frame(TEXT, BAD)),
  { ...broken('text that is not UTF-8, byte by byte', frame(TEXT, BAD)), isSplit: true },
  broken(
    'text that is not UTF-8, in fragments',
    frame(TEXT, BAD.subarray(0, 12), open),
    frame(CONTINUATION, BAD.subarray(12)),
  ),
  broken('text that ends within a character', frame(TEXT, Buffer.from([0x61, 0xe2, 0x82]))),
  broken('text with an overlong character', frame(TEXT, Buffer.from([0xc0, 0xaf]))),
  broken('text beyond Unicode', frame(TEXT, Buffer.from([0xf4, 0x90, 0x80, 0x80]))),
  broken('text of a byte that is none of UTF-8', frame(TEXT, Buffer.from([0xff]))),
  {
    name: 'messages before the protocol is broken',
    send: [frame(TEXT, 'first'), frame(11, 'x')],
    uws: 'other',
  },
];

const CLOSES: readonly FrameRow[] = [
  { name: 'Close without a code', send: [frame(CLOSE)] },
  { name: 'Close, byte by byte', send: [close(1000, 'slow')], isSplit: true },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 4000, 4999].map(
    (code): FrameRow => ({ name: `Close with ${code}`, send: [close(code, 'why')] }),
  ),
  ...[1012, 1013, 1014, 3000, 3999].map(
    (code): FrameRow => ({ name: `Close with ${code}`, send: [close(code, 'why')], uws: 'uncoded' }),
  ),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map(
    (code): FrameRow => ({
      name: `Close with ${code}, which may not be sent`,
      send: [close(code, 'why')],
      uws: 'uncoded',
    }),
  ),
  { name: 'Close of one byte', send: [frame(CLOSE, Buffer.from([3]))], uws: 'bare' },
  { name: 'Close with a reason that is not UTF-8', send: [close(1000, BAD)], uws: 'uncoded' },
  { name: 'Close with a reason of 123 bytes', send: [close(1000, 'r'.repeat(123))] },
  { name: 'Close twice', send: [close(1000, 'one'), close(1001, 'two')] },
  { name: 'ping behind a Close', send: [close(1000), frame(PING, 'late')] },
  { name: 'text behind a Close', send: [close(1000), frame(TEXT, 'late')] },
  { name: 'Close within fragments', send: [frame(TEXT, 'a', open), close(1000), frame(CONTINUATION, 'b')] },
  { name: 'Close of the member', send: [frame(TEXT, 'close 1001 leaving')], replies: 1 },
  { name: 'Close of the member without a code', send: [frame(TEXT, 'close')], replies: 1 },
  { name: 'Close of the member with a code of its own', send: [frame(TEXT, 'close 3999 mine')], replies: 1 },
  { name: 'the member gone without a Close', send: [frame(TEXT, 'die')] },
];

export const FRAME_ROWS: readonly FrameRow[] = [...MESSAGES, ...BROKEN, ...CLOSES, ...MORE_ROWS];
