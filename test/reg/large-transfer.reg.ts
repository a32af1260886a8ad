/**
 * Bodies of any size stream both ways in bounded memory, whoever is slow: what the slow side has not taken is not read
 * from the other. Every byte is compared. Two gigabytes each way with a slow peer on either side, memory sampled all
 * along; then less over every combination of engine, framing and slow side.
 */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Appliance } from './appliance.js';
import { type Coding, framingField, PatternReader, sendPattern } from './large-peer.js';
import { openRaw } from './raw-client.js';

const GIGABYTE = 2 ** 30;
const MEMORY_LIMIT = 150 * 2 ** 20;
const SAMPLE_MS = 50;

interface Transfer {
  direction: 'download' | 'upload';
  slow: 'client' | 'member';
  coding: Coding;
  size: number;
}

class LargeMember {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What the member saw of an upload, or undefined before its end. */
  upload: { line: string; size: number } | Error | undefined;

  private constructor(transfer: Transfer) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
      this.#serve(socket, transfer).catch((error: Error) => {
        this.upload = error;
        socket.destroy();
      });
    });
  }

  static async start(transfer: Transfer): Promise<LargeMember> {
    const member = new LargeMember(transfer);
    await new Promise<void>((resolve) => member.#server.listen(0, '127.0.0.1', resolve));
    return member;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #serve(socket: Socket, { direction, slow, coding, size }: Transfer): Promise<void> {
    const isSlow = slow === 'member';
    if (direction === 'upload') {
      this.upload = await new PatternReader(socket, size, { isSlow }).read();
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    await new PatternReader(socket, 0, { isSlow: false }).read();
    socket.write(`HTTP/1.1 200 OK\r\n${framingField(coding, size)}\r\n\r\n`);
    await sendPattern(socket, size, coding, { isSlow });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Runs a transfer; asserts that all of it arrives as it was sent. */
async function transferThrough(
  drover: Appliance,
  path: string,
  member: LargeMember,
  transfer: Transfer,
): Promise<void> {
  const { direction, slow, coding, size } = transfer;
  const isSlow = slow === 'client';
  const socket = await openRaw(drover.port);
  socket.on('error', () => socket.destroy());
  try {
    if (direction === 'download') {
      socket.write(`GET ${path}x HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      const seen = await new PatternReader(socket, size, { isSlow }).read();
      assert.deepEqual(seen, { line: 'HTTP/1.1 200 OK', size });
      return;
    }
    const answer = new PatternReader(socket, 0, { isSlow: false }).read();
    socket.write(`PUT ${path}x HTTP/1.1\r\nHost: a.test\r\n${framingField(coding, size)}\r\n\r\n`);
    const [{ line }] = await Promise.all([answer, sendPattern(socket, size, coding, { isSlow })]);
    assert.equal(line, 'HTTP/1.1 200 OK');
    assert.deepEqual(member.upload, { line: 'PUT /x HTTP/1.1', size });
  } finally {
    socket.destroy();
  }
}

/** A drover with a member of its own for each transfer, mapped to /0/, /1/ … */
async function withAppliance(
  transfers: readonly Transfer[],
  engine: 'uws' | 'node',
  work: (drover: Appliance, members: LargeMember[]) => Promise<void>,
): Promise<void> {
  const members = await Promise.all(transfers.map((transfer) => LargeMember.start(transfer)));
  const lines = members.map((member, i) => `ProxyPass /${i}/ http://127.0.0.1:${member.port}/`);
  const drover = await Appliance.start(lines.join('\n'), { engine });
  try {
    await work(drover, members);
  } finally {
    await drover.stop();
    await Promise.all(members.map((member) => member.stop()));
  }
}

describe('two gigabytes', function () {
  this.timeout(180_000);
  const TRANSFERS: Transfer[] = [
    { direction: 'download', slow: 'client', coding: 'length', size: 2 * GIGABYTE },
    { direction: 'download', slow: 'member', coding: 'chunked', size: 2 * GIGABYTE },
    { direction: 'upload', slow: 'client', coding: 'chunked', size: 2 * GIGABYTE },
    { direction: 'upload', slow: 'member', coding: 'length', size: 2 * GIGABYTE },
  ];
  for (const transfer of TRANSFERS) {
    const { direction, slow, coding } = transfer;
    it(`pass in bounded memory: ${direction} by ${coding} with a slow ${slow}`, async () => {
      await withAppliance([transfer], 'uws', async (drover, [member]) => {
        let peak = 0;
        const sampling = setInterval(() => {
          peak = Math.max(peak, drover.residentBytes());
        }, SAMPLE_MS);
        await transferThrough(drover, '/0/', member as LargeMember, transfer).finally(() =>
          clearInterval(sampling),
        );
        assert.ok(peak > 0 && peak < MEMORY_LIMIT, `${Math.round(peak / 2 ** 20)} MB`);
      });
    });
  }
});

describe('large bodies at the same time', function () {
  this.timeout(120_000);
  const TRANSFERS: Transfer[] = [];
  for (const direction of ['download', 'upload'] as const)
    for (const coding of ['length', 'chunked'] as const)
      for (const slow of ['client', 'member'] as const)
        TRANSFERS.push({ direction, slow, coding, size: 24 * 2 ** 20 });

  for (const engine of ['uws', 'node'] as const) {
    it(`arrive as they were sent, both ways, in both codings, with slow peers: ${engine} engine`, async () => {
      await withAppliance(TRANSFERS, engine, async (drover, members) => {
        await Promise.all(
          TRANSFERS.map((transfer, i) =>
            transferThrough(drover, `/${i}/`, members[i] as LargeMember, transfer),
          ),
        );
      });
    });
  }
});
