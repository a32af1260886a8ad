/**
 * Clients that flood a connection in HTTP/2 with frames that cost them little: each ends its own connection, by a GOAWAY or
 * the end of it, within bounded memory, and nobody else notices. Frames are written by hand.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { Appliance } from './appliance.js';
import { FrameClient, frame, PREFACE, TYPES } from './h2-frames.js';
import { openRaw } from './raw-client.js';
import { plainReply, RawOrigin } from './raw-origin.js';

/** `:method GET`, `:scheme http`, `:path /` from the static table, and an authority. */
const REQUEST = Buffer.concat([Buffer.from([0x82, 0x86, 0x84, 0x41, 6]), Buffer.from('a.test')]);
/** A field of 4000 bytes that is not remembered. */
const FIELD = Buffer.concat([Buffer.from([0x00, 1, 0x78, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4000, 0x79)]);

/** Resolves when the socket takes more, or never will. */
function roomOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });
}

/** Writes frames until the server has had enough; returns the codes of its GOAWAY frames. */
async function flood(port: number, first: Buffer[], next: (round: number) => Buffer): Promise<number[]> {
  const socket: Socket = await openRaw(port);
  let held = Buffer.alloc(0);
  const codes: number[] = [];
  let isClosed = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const size = 9 + held.readUIntBE(0, 3);
      if (TYPES[held[3] as number] === 'GOAWAY') codes.push(held.readUInt32BE(13));
      held = held.subarray(size);
    }
  });
  socket.write(Buffer.concat([PREFACE, frame('SETTINGS', 0, 0), ...first]));
  const isOver = (): boolean => isClosed || codes.length > 0;
  for (let round = 0; !isOver() && round < 20_000; round += 1) {
    if (!socket.write(next(round))) await roomOf(socket);
    if (round % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const end = Date.now() + 60_000; !isOver() && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 5));
  socket.destroy();
  assert.ok(isOver(), 'the server took all of it');
  return codes;
}

describe('floods in HTTP/2', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let atStart: number;
  before(async () => {
    origin = await RawOrigin.start((socket) => socket.write(plainReply('fine')));
    drover = await Appliance.start(
      `LoadModule http2_module modules/mod_http2.so
       LoadModule proxy_module modules/mod_proxy.so
       LoadModule proxy_http_module modules/mod_proxy_http.so
       Protocols h2c http/1.1
       Timeout 120
       <Location /metrics>
         SetHandler edge-metrics
       </Location>
       ProxyPass /metrics !
       ProxyPass / http://127.0.0.1:${origin.port}/`,
      { engine: 'node' },
    );
    await drover.ask('/');
    atStart = drover.residentBytes();
  });
  after(async () => {
    try {
      await drover.stop();
    } finally {
      await origin.stop();
    }
  });
  afterEach(async () => {
    assert.equal((await drover.ask('/')).status, 200);
    assert.ok(drover.residentBytes() - atStart < 120_000_000, 'memory has grown');
  });

  it('are ended: SETTINGS', async () => {
    await flood(drover.port, [], () =>
      Buffer.concat(Array.from({ length: 64 }, () => frame('SETTINGS', 0, 0))),
    );
  });

  it('are ended: PING', async () => {
    const pings = Buffer.concat(Array.from({ length: 512 }, () => frame('PING', 0, 0, Buffer.alloc(8))));
    await flood(drover.port, [], () => pings);
  });

  it('are ended: empty DATA', async () => {
    const open = frame(
      'HEADERS',
      4,
      1,
      Buffer.concat([Buffer.from([0x83, 0x86, 0x84, 0x41, 6]), Buffer.from('a.test')]),
    );
    const empty = Buffer.concat(Array.from({ length: 64 }, () => frame('DATA', 0, 1)));
    await flood(drover.port, [open], () => empty);
  });

  it('are ended: CONTINUATION without end', async () => {
    await flood(drover.port, [frame('HEADERS', 1, 1, REQUEST)], () => frame('CONTINUATION', 0, 1, FIELD));
  });

  it('are ended: streams that are taken back', async () => {
    const reset = (stream: number): Buffer =>
      Buffer.concat([
        frame('HEADERS', 5, stream, REQUEST),
        frame('RST_STREAM', 0, stream, Buffer.from([0, 0, 0, 8])),
      ]);
    await flood(drover.port, [], (round) =>
      Buffer.concat(Array.from({ length: 16 }, (_, i) => reset((round * 16 + i) * 2 + 1))),
    );
  });

  it('are ended: a window that grows beyond its end', async () => {
    const codes = await flood(drover.port, [], () =>
      frame('WINDOW_UPDATE', 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    );
    // FLOW_CONTROL_ERROR
    assert.deepEqual(codes, [3]);
  });

  it('are read for a while after the end, lest a reset overtakes it', async () => {
    const socket = connect({ host: '127.0.0.1', port: drover.port, allowHalfOpen: true });
    const failures: Error[] = [];
    const client = new FrameClient(socket);
    socket.on('error', (error) => failures.push(error));
    socket.write(Buffer.concat([PREFACE, frame('SETTINGS', 0, 0), frame('PING', 0, 3, Buffer.alloc(8))]));
    await new Promise((resolve) => socket.once('end', resolve));
    const goaways = client.heard.filter((words) => words === 'GOAWAY 0 PROTOCOL_ERROR').length;
    const late = frame('DATA', 0, 1, Buffer.alloc(16_384));
    for (let n = 0; n < 10; n += 1) await new Promise((resolve) => socket.write(late, resolve));
    socket.end();
    await new Promise((resolve) => socket.once('close', resolve));
    assert.deepEqual([goaways, failures], [1, []]);
  });

  it('are ended: fields without end', async () => {
    const codes = await flood(drover.port, [], (round) =>
      Buffer.concat([
        frame('HEADERS', 1, round * 2 + 1, REQUEST),
        ...Array.from({ length: 20 }, () => frame('CONTINUATION', 0, round * 2 + 1, FIELD)),
        frame('CONTINUATION', 4, round * 2 + 1, FIELD),
      ]),
    );
    assert.ok(codes.length <= 1);
  });

  it('are counted and logged', async () => {
    const { body } = await drover.ask('/metrics');
    const count = (reason: string): number =>
      Number(new RegExp(`^drover_abuse_ended_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(body)?.[1]);
    assert.equal(count('resets'), 1);
    assert.ok(count('flood') >= 1, `${count('flood')} floods`);
    assert.ok(count('protocol') >= 1, `${count('protocol')} others`);
    assert.match(drover.log(), /connection ended: too many streams were reset by the client/);
  });
});
