/** RFC 9113 6 and 7: what each type of frame may say, and what is said of it when it may not. */
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  type FrameType,
  field,
  frame,
  PADDED,
  PREFACE,
  PRIORITIZED,
  priority,
  reset,
  settings,
  uint32,
  windowUpdate,
} from '../reg/h2-frames.js';
import { GET, get, post, WHOLE } from './h2-requests.js';
import type { H2Row, Outcome } from './h2-row.js';

const PROTOCOL: Outcome = { connection: ['PROTOCOL_ERROR'] };
const SIZE: Outcome = { connection: ['FRAME_SIZE_ERROR'] };
const FLOW: Outcome = { connection: ['FLOW_CONTROL_ERROR'] };
const [PUSH, WINDOW, FRAME_SIZE] = [2, 4, 5];
const MOST = 2 ** 31 - 1;
const cut = (at: number): [Buffer, Buffer] => [GET.subarray(0, at), GET.subarray(at)];
const opened = (...pairs: [number, number][]): Buffer => Buffer.concat([PREFACE, settings(...pairs)]);

function wrongStream(section: string, type: FrameType, stream: number, payload: Buffer): H2Row {
  return {
    section,
    name: `refuses ${type} on stream ${stream}`,
    send: [...(stream === 0 ? [] : [get(stream)]), frame(type, WHOLE & ~ACK, stream, payload)],
    outcome: PROTOCOL,
  };
}

const FRAMES: readonly H2Row[] = [
  wrongStream('6.1', 'DATA', 0, Buffer.from('test')),
  wrongStream('6.2', 'HEADERS', 0, GET),
  wrongStream('6.3', 'PRIORITY', 0, priority(0, 256)),
  wrongStream('6.4', 'RST_STREAM', 0, uint32(8)),
  wrongStream('6.5', 'SETTINGS', 1, Buffer.alloc(0)),
  wrongStream('6.7', 'PING', 1, Buffer.alloc(8)),
  wrongStream('6.8', 'GOAWAY', 1, Buffer.alloc(8)),
  wrongStream('6.10', 'CONTINUATION', 0, GET),
  {
    section: '6.1',
    name: 'refuses DATA on a stream that is not open',
    send: [get(1), frame('DATA', END_STREAM, 1, Buffer.from('test'))],
    outcome: { stream: 1, codes: ['STREAM_CLOSED'] },
  },
  {
    section: '6.1',
    name: 'refuses padding of DATA that is as long as the frame',
    send: [post(1), frame('DATA', END_STREAM | PADDED, 1, Buffer.from([5, 0x74, 0x65, 0x73, 0x74]))],
    outcome: PROTOCOL,
  },
  {
    section: '6.2',
    name: 'refuses padding of HEADERS that is longer than the frame',
    send: [frame('HEADERS', WHOLE | PADDED, 1, Buffer.concat([Buffer.from([GET.length + 1]), GET]))],
    outcome: PROTOCOL,
  },
  {
    section: '6.2',
    name: 'takes HEADERS with a priority and padding',
    send: [
      frame(
        'HEADERS',
        WHOLE | PADDED | PRIORITIZED,
        1,
        Buffer.concat([Buffer.from([3]), priority(0, 8), GET, Buffer.alloc(3)]),
      ),
    ],
    outcome: { answers: [1] },
  },
  {
    section: '6.3',
    name: 'refuses PRIORITY that is not 5 bytes long',
    send: [get(1), frame('PRIORITY', 0, 1, [128, 0, 0, 1])],
    outcome: { stream: 1, codes: ['FRAME_SIZE_ERROR'] },
  },
  {
    section: '6.4',
    name: 'refuses RST_STREAM on an idle stream',
    send: [reset(1, 8)],
    outcome: PROTOCOL,
  },
  {
    section: '6.4',
    name: 'refuses RST_STREAM that is not 4 bytes long',
    send: [post(1), frame('RST_STREAM', 0, 1, [0, 0, 0])],
    outcome: SIZE,
  },
  {
    section: '6.5',
    name: 'refuses SETTINGS with ACK and a payload',
    send: [frame('SETTINGS', ACK, 0, [0])],
    outcome: SIZE,
  },
  {
    section: '6.5',
    name: 'refuses SETTINGS that is no multiple of 6 bytes long',
    send: [frame('SETTINGS', 0, 0, [0, 3, 0])],
    outcome: SIZE,
  },
  { section: '6.5.2', name: 'refuses ENABLE_PUSH of 2', send: [settings([PUSH, 2])], outcome: PROTOCOL },
  {
    section: '6.5.2',
    name: 'refuses an INITIAL_WINDOW_SIZE of 2^31',
    send: [settings([WINDOW, 2 ** 31])],
    outcome: FLOW,
  },
  {
    section: '6.5.2',
    name: 'refuses a MAX_FRAME_SIZE below 2^14',
    send: [settings([FRAME_SIZE, 16_383])],
    outcome: PROTOCOL,
  },
  {
    section: '6.5.2',
    name: 'refuses a MAX_FRAME_SIZE above 2^24-1',
    send: [settings([FRAME_SIZE, 2 ** 24])],
    outcome: PROTOCOL,
  },
  {
    section: '6.5.2',
    name: 'ignores a setting it does not know',
    send: [settings([0xff, 1])],
    outcome: 'lives',
  },
  {
    section: '6.5.3',
    name: 'takes the last of two values of a setting',
    opening: opened([WINDOW, 1], [WINDOW, 3]),
    send: [get(1), 'begun'],
    outcome: { sizes: [3] },
  },
  {
    section: '6.5.3',
    name: 'takes the last of two values of a setting after the handshake',
    send: [settings([WINDOW, 100], [WINDOW, 1]), 'acknowledged', get(1), 'begun'],
    outcome: { sizes: [1] },
  },
  {
    section: '6.5.3',
    name: 'acknowledges SETTINGS',
    send: [settings()],
    outcome: { hears: 'SETTINGS 0 ACK' },
  },
  {
    section: '6.5.2',
    name: 'takes all settings that there are, and acknowledges them',
    send: [settings([1, 4096], [PUSH, 1], [3, 100], [WINDOW, 65535], [FRAME_SIZE, 16384], [6, 100]), get(1)],
    outcome: { answers: [1] },
  },
  {
    section: '6.5.3',
    name: 'refuses an ACK that nobody waits for',
    send: [frame('SETTINGS', ACK, 0), frame('SETTINGS', ACK, 0)],
    outcome: PROTOCOL,
  },
];

const CONTROL: readonly H2Row[] = [
  {
    section: '6.7',
    name: 'answers PING with its bytes',
    send: [frame('PING', 0, 0, Buffer.from('h2 pings'))],
    outcome: { hears: 'PING 0 ACK h2 pings' },
  },
  {
    section: '6.7',
    name: 'does not answer PING with ACK',
    send: [frame('PING', ACK, 0, Buffer.from('not this')), frame('PING', 0, 0, Buffer.from('but this'))],
    outcome: { hears: 'PING 0 ACK but this' },
  },
  {
    section: '6.7',
    name: 'refuses PING that is not 8 bytes long',
    send: [frame('PING', 0, 0, Buffer.alloc(6))],
    outcome: SIZE,
  },
  {
    section: '6.8',
    name: 'refuses GOAWAY that is too short',
    send: [frame('GOAWAY', 0, 0, Buffer.alloc(7))],
    outcome: SIZE,
  },
  {
    section: '6.9',
    name: 'refuses WINDOW_UPDATE by 0',
    send: [windowUpdate(0, 0)],
    outcome: PROTOCOL,
  },
  {
    section: '6.9',
    name: 'refuses WINDOW_UPDATE of a stream by 0',
    send: [post(1), windowUpdate(1, 0)],
    outcome: { stream: 1, codes: ['PROTOCOL_ERROR'] },
  },
  {
    section: '6.9',
    name: 'refuses WINDOW_UPDATE that is not 4 bytes long',
    send: [frame('WINDOW_UPDATE', 0, 0, [0, 0, 1])],
    outcome: SIZE,
  },
  {
    section: '6.9',
    name: 'takes WINDOW_UPDATE of the connection and of a stream',
    opening: opened([WINDOW, 0]),
    send: [windowUpdate(0, 10), get(1), windowUpdate(1, 10)],
    outcome: { answers: [1] },
  },
  {
    section: '6.9.1',
    name: 'sends no more than the window of the stream',
    opening: opened([WINDOW, 1]),
    send: [get(1), 'begun'],
    outcome: { sizes: [1] },
  },
  {
    section: '6.9.1',
    name: 'refuses a window of the connection above 2^31-1',
    send: [windowUpdate(0, MOST), windowUpdate(0, MOST)],
    outcome: FLOW,
  },
  {
    section: '6.9.1',
    name: 'refuses a window of a stream above 2^31-1',
    send: [post(1), windowUpdate(1, MOST), windowUpdate(1, MOST)],
    outcome: { stream: 1, codes: ['FLOW_CONTROL_ERROR'] },
  },
  {
    section: '6.9.1',
    name: 'serves other streams after a window of one was above 2^31-1',
    send: [post(1), windowUpdate(1, MOST), windowUpdate(1, MOST), get(3)],
    outcome: { answers: [3] },
  },
  {
    section: '6.9.2',
    name: 'sends on when a setting widens the window of a stream',
    opening: opened([WINDOW, 0]),
    send: [get(1), settings([WINDOW, 1]), 'begun'],
    outcome: { sizes: [1] },
  },
  {
    section: '6.9.2',
    name: 'counts on from a window that a setting made negative',
    opening: opened([WINDOW, 3]),
    send: [get(1), 'begun', settings([WINDOW, 2]), 'acknowledged', windowUpdate(1, 2)],
    outcome: { sizes: [3, 1] },
  },
  {
    section: '6.9.2',
    name: 'refuses a setting that makes a window too large',
    send: [settings([WINDOW, 2 ** 31])],
    outcome: FLOW,
  },
];

const CONTINUATIONS: readonly H2Row[] = [
  {
    section: '6.10',
    name: 'takes CONTINUATION, and more of them',
    send: [
      frame('HEADERS', END_STREAM, 1, cut(9)[0]),
      frame('CONTINUATION', 0, 1, cut(9)[1]),
      frame('CONTINUATION', 0, 1),
      frame('CONTINUATION', END_HEADERS, 1, field('x-a', 'b')),
    ],
    outcome: { answers: [1] },
  },
  {
    section: '6.10',
    name: 'takes a block that is cut within a field',
    send: [frame('HEADERS', END_STREAM, 1, cut(1)[0]), frame('CONTINUATION', END_HEADERS, 1, cut(1)[1])],
    outcome: { answers: [1] },
  },
  ...(
    [
      ['DATA', frame('DATA', END_STREAM, 1, Buffer.from('x'))],
      ['PING', frame('PING', 0, 0, Buffer.alloc(8))],
      ['CONTINUATION of another stream', frame('CONTINUATION', END_HEADERS, 3, field('x-a', 'b'))],
    ] as const
  ).map(
    ([type, bytes]): H2Row => ({
      section: '6.10',
      name: `refuses ${type} where CONTINUATION must follow`,
      send: [frame('HEADERS', 0, 1, GET), frame('CONTINUATION', 0, 1, field('x-a', 'b')), bytes],
      outcome: PROTOCOL,
    }),
  ),
  ...(
    [
      ['HEADERS that were complete', [post(1)]],
      ['a request that was complete', [get(1)]],
      [
        'CONTINUATION that was the last',
        [frame('HEADERS', 0, 1, GET), frame('CONTINUATION', END_HEADERS, 1)],
      ],
      ['DATA', [post(1), frame('DATA', 0, 1, Buffer.from('test'))]],
    ] as const
  ).map(
    ([after, before]): H2Row => ({
      section: '6.10',
      name: `refuses CONTINUATION behind ${after}`,
      send: [...before, frame('CONTINUATION', END_HEADERS, 1, field('x-a', 'b'))],
      outcome: PROTOCOL,
    }),
  ),
  {
    section: '7',
    name: 'takes GOAWAY with an unknown code for what it is',
    send: [frame('GOAWAY', 0, 0, Buffer.concat([uint32(0), uint32(0xff)]))],
    outcome: 'ends',
  },
  {
    section: '7',
    name: 'takes RST_STREAM with an unknown code',
    send: [post(1), reset(1, 0xff)],
    outcome: 'lives',
  },
];

export const FRAME_TYPES: readonly H2Row[] = [...FRAMES, ...CONTROL, ...CONTINUATIONS];
