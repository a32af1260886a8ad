/**
 * What a client hears that offers compression by hand, with each parameter of RFC 7692: the answer, and messages that it can
 * read with no larger window than it said, and without a context where it asked for that.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import { Appliance } from './appliance.js';
import { openRaw } from './raw-client.js';
import { frame, TEXT, takeFrame } from './websocket-frames.js';
import { EchoMember } from './websocket-peers.js';

const FRESH = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover';
const OWN = 'permessage-deflate; client_no_context_takeover; server_max_window_bits=';
/** Of the same text again after 700 bytes, which a window of 512 does not see. */
const FAR = `${randomBytes(350).toString('hex')}`.repeat(8);
const TEXTS = ['short', FAR, 'short', 'a'.repeat(300), FAR.slice(0, 1400), ''];
const PACKED = 4;

interface Row {
  offer: string;
  /** Answers of uWebSockets.js, and of the member by node; none: no compression, refused: no WebSocket. */
  uws: string;
  node: string;
  bits?: number;
  isFresh?: boolean;
}

const ROWS: readonly Row[] = [
  { offer: 'permessage-deflate', uws: FRESH, node: 'permessage-deflate' },
  {
    offer: 'permessage-deflate; server_max_window_bits=9',
    uws: `${OWN}9`,
    node: 'permessage-deflate; server_max_window_bits=9',
    bits: 9,
  },
  {
    offer: 'permessage-deflate; server_max_window_bits=15; client_max_window_bits',
    uws: `${OWN}10`,
    node: 'permessage-deflate; server_max_window_bits=15',
  },
  {
    offer: 'permessage-deflate; server_no_context_takeover; server_max_window_bits=9',
    uws: FRESH,
    node: 'permessage-deflate; server_no_context_takeover; server_max_window_bits=9',
    bits: 9,
    isFresh: true,
  },
  {
    offer: 'x-other, permessage-deflate; client_no_context_takeover',
    uws: FRESH,
    node: 'permessage-deflate; client_no_context_takeover',
  },
  { offer: 'x-webkit-deflate-frame', uws: 'none', node: 'none' },
  { offer: 'permessage-deflate; level=9', uws: 'none', node: 'refused' },
];

/** The answer to an offer, and the texts that came back. */
async function converse(port: number, { offer, bits = 15, isFresh = false }: Row): Promise<string[]> {
  const socket = await openRaw(port);
  try {
    let held: Buffer = Buffer.alloc(0);
    let wake = (): void => undefined;
    let isGone = false;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isGone = true;
      wake();
    });
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      wake();
    });
    const more = async (): Promise<void> => {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      assert.ok(!isGone, 'the connection has ended');
    };
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: ${offer}`;
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET /x HTTP/1.1\r\nHost: a.test\r\n${fields}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    while (!held.includes('\r\n\r\n')) await more();
    const end = held.indexOf('\r\n\r\n');
    const head = held.toString('latin1', 0, end);
    held = held.subarray(end + 4);
    if (!head.startsWith('HTTP/1.1 101')) return ['refused'];
    const heard = [/^sec-websocket-extensions: (.*)$/im.exec(head)?.[1] ?? 'none'];
    const unpack = new Unpacker(bits, isFresh || heard[0]?.includes('server_no_context') === true);
    for (const text of TEXTS) {
      socket.write(frame(TEXT, text));
      let one = takeFrame(held);
      for (; one === undefined; one = takeFrame(held)) await more();
      held = one.rest;
      heard.push((one.reserved === PACKED ? await unpack.read(one.payload) : one.payload).toString());
    }
    return heard;
  } finally {
    socket.destroy();
  }
}

/** Reads packed messages with a window of so many bits. */
class Unpacker {
  #stream: InflateRaw | undefined;

  constructor(
    private readonly bits: number,
    private readonly isFresh: boolean,
  ) {}

  read(payload: Buffer): Promise<Buffer> {
    // In small pieces: zlib finds in a piece what its window has no more.
    if (this.isFresh || this.#stream === undefined)
      this.#stream = createInflateRaw({ windowBits: this.bits, chunkSize: 64 });
    const stream = this.#stream;
    const parts: Buffer[] = [];
    const hear = (part: Buffer): unknown => parts.push(part);
    return new Promise((resolve, reject) => {
      stream.on('data', hear);
      stream.once('error', reject);
      stream.write(payload);
      stream.write(Buffer.from([0, 0, 255, 255]));
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off('data', hear);
        stream.off('error', reject);
        resolve(Buffer.concat(parts));
      });
    });
  }
}

for (const engine of ['uws', 'node'] as const) {
  describe(`offers of WebSocket compression on the ${engine} engine`, function () {
    this.timeout(60_000);
    let member: EchoMember;
    let drover: Appliance;

    before(async () => {
      member = await EchoMember.start(true);
      drover = await Appliance.start(`ProxyPass / ws://127.0.0.1:${member.port}/`, { engine });
    });
    after(async () => {
      try {
        await drover.stop();
      } finally {
        await member.stop();
      }
    });

    for (const row of ROWS) {
      it(row.offer, async () => {
        const answer = row[engine];
        assert.deepEqual(
          await converse(drover.port, row),
          answer === 'refused' ? [answer] : [answer, ...TEXTS],
        );
      });
    }
  });
}
