/** What may pile up in a WebSocket of the uws engine, whose library reads on whatever happens: both sides are made by hand. */
import assert from 'node:assert/strict';
import type { Crossing } from '../../../../edge/crossing.js';
import { type ClientSocket, MessageTunnel } from '../../../../edge/engine/message-tunnel.js';
import { Deadlines } from '../../../../workers/upstream/deadlines.js';
import type { Tunnel } from '../../../../workers/upstream/tunnel.js';
import { DEFLATE_OFFER } from '../../../../workers/upstream/websocket.js';

const LIMIT = 100_000;

/** A conversation whose member and client take nothing until they are told to. */
class Still {
  readonly member: { -readonly [K in keyof Tunnel]: Tunnel[K] } = {
    backlog: 0,
    listen: () => undefined,
    write: (chunk) => {
      this.member.backlog += chunk.length;
      return false;
    },
    pause: () => {
      this.isPaused = true;
    },
    resume: () => {
      this.isPaused = false;
    },
    finish: () => undefined,
  };
  waiting = 0;
  ends: number[] = [];
  isClosed = false;
  isPaused = false;
  ended = 0;
  readonly deadlines = new Deadlines();
  readonly tunnel: MessageTunnel;

  constructor(extensions = '') {
    const crossing: Crossing = {
      protocol: 'websocket',
      rest: Buffer.alloc(0),
      idle: 60_000,
      deadlines: this.deadlines,
      member: this.member,
      onEnd: () => {
        this.ended += 1;
      },
    };
    this.tunnel = new MessageTunnel(crossing, LIMIT, extensions);
    const client: ClientSocket = {
      send: (message) => this.#hold(message.length),
      ping: (message) => this.#hold(message.length),
      end: (code) => {
        this.ends.push(code);
        this.tunnel.onClose(code, new ArrayBuffer(0));
      },
      close: () => {
        this.isClosed = true;
        this.tunnel.onClose(1006, new ArrayBuffer(0));
      },
      getBufferedAmount: () => this.waiting,
    };
    this.tunnel.onOpen(client);
  }

  #hold(bytes: number): number {
    this.waiting += bytes;
    return 0;
  }

  stop(): void {
    this.deadlines.disarm(this.tunnel);
  }
}

describe('a WebSocket joined message by message', () => {
  let still: Still;
  afterEach(() => still.stop());

  it('lets a client go that sends more pings than the member takes', () => {
    still = new Still();
    for (let i = 0; i < 10_000 && still.ends.length === 0; i += 1) still.tunnel.onPing(new ArrayBuffer(125));
    assert.deepEqual(still.ends, [1008]);
    assert.ok(still.member.backlog < LIMIT + 1000);
  });

  it('lets a client go that asks by ping and does not listen', () => {
    still = new Still();
    for (let i = 0; i < 100_000 && !still.isClosed; i += 1) {
      still.member.backlog = 0;
      still.waiting += 127;
      still.tunnel.onPing(new ArrayBuffer(125));
    }
    assert.equal(still.isClosed, true);
    assert.ok(still.waiting < 1_200_000);
    assert.equal(still.ended, 1);
  });

  it('counts what waits to be compressed for the member', () => {
    still = new Still(DEFLATE_OFFER);
    for (let i = 0; i < 100 && still.ends.length === 0; i += 1)
      still.tunnel.onMessage(new ArrayBuffer(50_000), true);
    assert.deepEqual(still.ends, [1008]);
  });

  it('stops a member that sends more pings than the client takes', () => {
    still = new Still();
    for (let i = 0; i < 2000; i += 1) still.tunnel.onMemberPing(Buffer.alloc(125));
    assert.equal(still.isPaused, true);
    still.waiting = 0;
    still.tunnel.onDrain();
    assert.equal(still.isPaused, false);
  });
});
