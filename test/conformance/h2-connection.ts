/** RFC 9113 3 to 5: how a connection begins, what a frame may be, and which frames a stream takes in which state. */
import {
  block,
  END_HEADERS,
  END_STREAM,
  field,
  frame,
  PADDED,
  PREFACE,
  PRIORITIZED,
  priority,
  request,
  reset,
  settings,
  uint32,
  windowUpdate,
} from '../reg/h2-frames.js';
import { GET, get, getAtOnce, POST, post, WHOLE } from './h2-requests.js';
import type { H2Row } from './h2-row.js';

const SOME = Buffer.from('test');
const LONG = Buffer.alloc(16_385, 'x');

export const CONNECTION: readonly H2Row[] = [
  { section: '3.4', name: 'answers the preface with SETTINGS', send: [], outcome: { hears: 'SETTINGS 0' } },
  {
    section: '3.4',
    name: 'answers requests that come with the preface',
    opening: Buffer.concat([PREFACE, settings(), get(1)]),
    send: [],
    outcome: { answers: [1] },
  },
  {
    section: '3.4',
    name: 'ends what begins with other words, and has no other words for it',
    opening: Buffer.from('INVALID CONNECTION PREFACE\r\n\r\n'),
    send: [],
    outcome: 'ends',
  },
  {
    section: '3.4',
    name: 'ends what begins like the preface, and is not',
    opening: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\rX'),
    send: [],
    outcome: 'ends',
  },
  {
    section: '3.4',
    name: 'refuses a preface without SETTINGS',
    opening: Buffer.concat([PREFACE, frame('PING', 0, 0, Buffer.alloc(8))]),
    send: [],
    outcome: { connection: ['PROTOCOL_ERROR'] },
  },
  {
    section: '4.1',
    name: 'ignores a frame of an unknown type',
    send: [frame(0x16, 0, 0, Buffer.alloc(8))],
    outcome: 'lives',
  },
  {
    section: '4.1',
    name: 'ignores flags that mean nothing',
    send: [frame('PING', 0x16, 0, Buffer.from('flagged!'))],
    outcome: { hears: 'PING 0 ACK flagged!' },
  },
  {
    section: '4.1',
    name: 'ignores the reserved bit',
    send: [frame('PING', 0, 0x8000_0000, Buffer.from('reserved'))],
    outcome: { hears: 'PING 0 ACK reserved' },
  },
  {
    section: '4.2',
    name: 'takes a DATA frame of 2^14 bytes',
    send: [post(1), frame('DATA', END_STREAM, 1, LONG.subarray(1))],
    outcome: { answers: [1] },
  },
  {
    section: '4.2',
    name: 'refuses a DATA frame that is longer than it said to take',
    send: [post(1), frame('DATA', END_STREAM, 1, LONG)],
    outcome: { stream: 1, codes: ['FRAME_SIZE_ERROR'] },
  },
  {
    section: '4.2',
    name: 'refuses a HEADERS frame that is longer than it said to take',
    send: [frame('HEADERS', WHOLE, 1, Buffer.concat([GET, block(['x', 'y'.repeat(16_384)])]))],
    outcome: { connection: ['FRAME_SIZE_ERROR'] },
  },
  {
    section: '4.2',
    name: 'refuses a SETTINGS frame that is longer than it said to take',
    send: [frame('SETTINGS', 0, 0, LONG)],
    outcome: { connection: ['FRAME_SIZE_ERROR'] },
  },
  {
    section: '4.3',
    name: 'refuses a field block that cannot be read',
    send: [frame('HEADERS', WHOLE, 1, [0x80])],
    outcome: { connection: ['COMPRESSION_ERROR'] },
  },
  {
    section: '4.3',
    name: 'refuses PRIORITY within a field block',
    send: [frame('HEADERS', END_STREAM, 1, GET), frame('PRIORITY', 0, 1, priority(0, 256))],
    outcome: { connection: ['PROTOCOL_ERROR'] },
  },
  {
    section: '4.3',
    name: 'refuses another stream’s HEADERS within a field block',
    send: [frame('HEADERS', END_STREAM, 1, GET), get(3)],
    outcome: { connection: ['PROTOCOL_ERROR'] },
  },
  ...(
    [
      ['DATA', frame('DATA', END_STREAM, 1, SOME)],
      ['RST_STREAM', reset(1, 8)],
      ['WINDOW_UPDATE', windowUpdate(1, 100)],
      ['CONTINUATION', frame('CONTINUATION', END_HEADERS, 1, GET)],
    ] as const
  ).map(
    ([type, bytes]): H2Row => ({
      section: '5.1',
      name: `refuses ${type} on an idle stream`,
      send: [bytes],
      outcome: { connection: ['PROTOCOL_ERROR'] },
    }),
  ),
  {
    section: '5.1',
    name: 'takes PRIORITY on an idle stream',
    send: [frame('PRIORITY', 0, 3, priority(0, 17)), get(1)],
    outcome: { answers: [1] },
  },
  ...(
    [
      ['WINDOW_UPDATE', windowUpdate(1, 100)],
      ['PRIORITY', frame('PRIORITY', 0, 1, priority(0, 17))],
    ] as const
  ).flatMap(([type, bytes]): H2Row[] => [
    {
      section: '5.1',
      name: `takes ${type} on a stream that is half closed`,
      send: [get(1), bytes],
      outcome: { answers: [1] },
    },
    {
      section: '5.1',
      name: `takes ${type} on a closed stream`,
      send: [get(1), 'answered', bytes],
      outcome: 'lives',
    },
  ]),
  {
    section: '5.1',
    name: 'takes RST_STREAM on a stream that is half closed',
    send: [get(1), reset(1, 8), get(3)],
    outcome: { answers: [3] },
  },
  ...(
    [
      ['DATA', frame('DATA', END_STREAM, 1, SOME)],
      ['HEADERS', get(1)],
    ] as const
  ).flatMap(([type, bytes]): H2Row[] => [
    {
      section: '5.1',
      name: `refuses ${type} on a stream that is half closed`,
      send: [get(1), bytes],
      outcome: { stream: 1, codes: ['STREAM_CLOSED'] },
    },
    {
      section: '5.1',
      name: `refuses ${type} on a stream that was answered`,
      send: [get(1), 'answered', bytes],
      outcome: { connection: ['STREAM_CLOSED'] },
    },
    {
      section: '5.1',
      name: `refuses ${type} on a stream that its client has reset`,
      send: [post(1), reset(1, 8), bytes],
      outcome: { stream: 1, codes: ['STREAM_CLOSED'] },
    },
  ]),
  ...(
    [
      ['is half closed', [get(1)]],
      ['was answered', [get(1), 'answered']],
      ['its client has reset', [post(1), reset(1, 8)]],
    ] as const
  ).map(
    ([state, before]): H2Row => ({
      section: '5.1',
      name: `refuses CONTINUATION on a stream that ${state}`,
      send: [...before, frame('CONTINUATION', END_HEADERS, 1, field('x-a', 'b'))],
      outcome: { connection: ['PROTOCOL_ERROR'] },
    }),
  ),
  {
    section: '5.1',
    name: 'takes RST_STREAM and goes on, with nothing else under way',
    send: [get(1), reset(1, 8)],
    outcome: 'lives',
  },
  {
    section: '5.1',
    name: 'begins an answer that had no window when WINDOW_UPDATE gives one byte, whatever its priority',
    opening: Buffer.concat([PREFACE, settings([4, 0])]),
    send: [get(1), frame('PRIORITY', 0, 1, priority(0, 256)), windowUpdate(1, 1), 'begun'],
    outcome: { sizes: [1] },
  },
  {
    section: '5.1.1',
    name: 'refuses a stream with an even number',
    send: [get(2)],
    outcome: { connection: ['PROTOCOL_ERROR'] },
  },
  {
    section: '5.1.1',
    name: 'refuses a stream with a smaller number than one before',
    send: [get(5), get(3)],
    outcome: { connection: ['PROTOCOL_ERROR', 'STREAM_CLOSED'] },
  },
  {
    section: '5.1.1',
    name: 'takes streams whose numbers leave some out',
    send: [get(1), get(9), get(77)],
    outcome: { answers: [1, 9, 77] },
  },
  {
    section: '5.1.2',
    name: 'refuses streams above its limit',
    send: Array.from({ length: 101 }, (_, i) => post(i * 2 + 1)),
    outcome: { stream: 201, codes: ['PROTOCOL_ERROR', 'REFUSED_STREAM'] },
  },
  {
    section: '5.1.2',
    name: 'refuses a stream above its limit where none can end',
    opening: Buffer.concat([PREFACE, settings([4, 0])]),
    send: Array.from({ length: 101 }, (_, i) => get(i * 2 + 1)),
    outcome: { stream: 201, codes: ['PROTOCOL_ERROR', 'REFUSED_STREAM'] },
  },
  {
    section: '5.1.2',
    name: 'refuses a stream above a limit that its client has acknowledged',
    send: [settings([4, 0]), ...Array.from({ length: 101 }, (_, i) => get(i * 2 + 1))],
    outcome: { stream: 201, codes: ['PROTOCOL_ERROR', 'REFUSED_STREAM'] },
  },
  {
    section: '5.1',
    name: 'takes bodies of streams that it has refused for late',
    acknowledges: false,
    send: [
      ...Array.from({ length: 190 }, (_, i) => post(i * 2 + 1)),
      ...Array.from({ length: 190 }, (_, i) => frame('DATA', END_STREAM, i * 2 + 1, SOME)),
    ],
    outcome: { answers: [1, 3, 197, 199] },
  },
  {
    section: '5.3.1',
    name: 'does not mind, or resets, HEADERS of a stream that depends on itself',
    send: [frame('HEADERS', WHOLE | PRIORITIZED, 1, Buffer.concat([priority(1, 256), GET]))],
    outcome: { stream: 1, codes: ['PROTOCOL_ERROR'] },
  },
  {
    section: '5.3.1',
    name: 'refuses PRIORITY of a stream that depends on itself',
    send: [frame('PRIORITY', 0, 1, priority(1, 256))],
    outcome: { stream: 1, codes: ['PROTOCOL_ERROR'] },
  },
  {
    section: '5.3.2',
    name: 'takes priorities of all kinds',
    send: [
      frame('HEADERS', WHOLE | PRIORITIZED, 1, Buffer.concat([priority(0x8000_0000, 256), GET])),
      frame('PRIORITY', 0, 1, priority(0, 1)),
      frame('PRIORITY', 0, 1, priority(99, 16)),
      frame('PRIORITY', 0, 1, priority(0x8000_0063, 16)),
    ],
    outcome: { answers: [1] },
  },
  ...(
    [
      ['depends on one that is not there yet', 1, 3, 1],
      ['alone wants to depend on the root', 0x8000_0000, 1, 1],
      ['has the highest weight', 0, 1, 256],
      ['comes before one with a lower number', 0, 3, 256],
    ] as const
  ).map(
    ([what, on, stream, weight]): H2Row => ({
      section: '6.3',
      name: `takes PRIORITY of a stream that ${what}`,
      send: [frame('PRIORITY', 0, stream, priority(on, weight)), get(1)],
      outcome: { answers: [1] },
    }),
  ),
  {
    section: '5.4.1',
    name: 'says GOAWAY before it ends a connection',
    send: [frame('PING', 0, 3, Buffer.alloc(8))],
    outcome: { hears: 'GOAWAY 0 PROTOCOL_ERROR' },
  },
  ...(
    [
      ['a stream that goes back', get(3), 'PROTOCOL_ERROR'],
      ['a second HEADERS', get(5), 'STREAM_CLOSED'],
      ['DATA behind the end', frame('DATA', END_STREAM, 5, SOME), 'STREAM_CLOSED'],
      ['a PING of a stream', frame('PING', 0, 5, Buffer.alloc(8)), 'PROTOCOL_ERROR'],
      ['a field block that cannot be read', frame('HEADERS', WHOLE, 7, [0x80]), 'COMPRESSION_ERROR'],
    ] as const
  ).map(
    ([what, bytes, code]): H2Row => ({
      section: '5.4.1',
      name: `says GOAWAY for ${what} while an answer is being written`,
      send: [getAtOnce(1), 'answered', getAtOnce(5), bytes],
      outcome: { connection: [code] },
    }),
  ),
  {
    section: '5.4.1',
    name: 'ends a connection after an error of it',
    send: [get(1), frame('SETTINGS', 0, 0, [1, 2, 3])],
    outcome: { connection: ['FRAME_SIZE_ERROR'] },
  },
  {
    section: '5.4.2',
    name: 'serves other streams after an error of one',
    send: [
      frame('HEADERS', END_HEADERS, 1, request('POST', ['content-length', '1'])),
      frame('DATA', END_STREAM, 1, SOME),
      get(3),
    ],
    outcome: { answers: [3] },
  },
  {
    section: '5.5',
    name: 'ignores unknown settings and frames between others',
    send: [settings([0xf0, 1]), frame(0xff, 0xff, 1, SOME), get(1), frame(0x42, 0, 1, SOME)],
    outcome: { answers: [1] },
  },
  {
    section: '5.5',
    name: 'refuses an unknown frame within a field block',
    send: [frame('HEADERS', END_STREAM, 1, GET), frame(0x16, 0, 0, Buffer.alloc(8))],
    outcome: { connection: ['PROTOCOL_ERROR'] },
  },
  {
    section: '4.1',
    name: 'takes padding of fields and bodies',
    send: [
      frame('HEADERS', END_HEADERS | PADDED, 1, Buffer.concat([Buffer.from([8]), POST, Buffer.alloc(8)])),
      frame('DATA', END_STREAM | PADDED, 1, Buffer.concat([Buffer.from([4]), SOME, Buffer.alloc(4)])),
    ],
    outcome: { answers: [1] },
  },
  {
    section: '4.1',
    name: 'takes a body in many frames, empty ones among them',
    send: [post(1), frame('DATA', 0, 1, SOME), frame('DATA', 0, 1), frame('DATA', END_STREAM, 1, SOME)],
    outcome: { answers: [1] },
  },
  {
    section: '6.8',
    name: 'answers what is under way after the client’s GOAWAY',
    send: [get(1), frame('GOAWAY', 0, 0, Buffer.concat([uint32(0), uint32(0)]))],
    outcome: { hears: 'DATA 1 END_STREAM' },
  },
  {
    section: '6.8',
    name: 'ends at the client’s GOAWAY where nothing is under way',
    send: [frame('GOAWAY', 0, 0, Buffer.concat([uint32(0), uint32(0), SOME]))],
    outcome: 'ends',
  },
];
