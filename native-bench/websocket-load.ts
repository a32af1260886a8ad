/**
 * The load client for WebSockets, a program of its own: connections that each send a message, wait until it has come back,
 * and send the next. Frames are made once and answers are counted by their length, so that the client is never what is
 * measured.
 *
 *   node websocket-load.js URL CONNECTIONS BYTES SECONDS    → {"completed":…,"seconds":…,"p99":…}
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const [url = '', connections = '1', bytes = '1024', seconds = '1'] = process.argv.slice(2);
const target = new URL(url);
const size = Number(bytes);
/** From 126 to 65535 bytes of payload: two bytes of length in both directions. */
const answerBytes = 4 + size;
const frame = maskedFrame(randomBytes(size));
const latencies: number[] = [];
let isOver = false;

function maskedFrame(payload: Buffer): Buffer {
  const head = Buffer.from([0x82, 0xfe, 0, 0, ...randomBytes(4)]);
  head.writeUInt16BE(size, 2);
  return Buffer.concat([head, payload.map((byte, i) => byte ^ (head[4 + (i & 3)] as number))]);
}

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(target.port), target.hostname);
    socket.setNoDelay(true);
    const key = randomBytes(16).toString('base64');
    const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${key}`];
    const lines = [`GET ${target.pathname} HTTP/1.1`, `Host: ${target.host}`, ...fields];
    socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\n\r\n`);
    let head = '';
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      if (head.startsWith('HTTP/1.1 101')) resolve(socket);
      else reject(new Error(`no WebSocket: ${head}`));
    };
    socket.on('data', read);
    socket.on('error', reject);
  });
}

function talk(socket: Socket): void {
  let came = 0;
  let since = 0;
  const say = (): void => {
    since = performance.now();
    socket.write(frame);
  };
  socket.on('data', (chunk: Buffer) => {
    came += chunk.length;
    if (came < answerBytes) return;
    if (came > answerBytes) throw new Error(`${came} bytes came back, not ${answerBytes}`);
    came = 0;
    if (isOver) return;
    latencies.push(performance.now() - since);
    say();
  });
  socket.on('close', () => {
    if (!isOver) throw new Error('a WebSocket was closed');
  });
  say();
}

const sockets = await Promise.all(Array.from({ length: Number(connections) }, open));
const begin = performance.now();
for (const socket of sockets) talk(socket);
setTimeout(() => {
  isOver = true;
  const elapsed = (performance.now() - begin) / 1000;
  for (const socket of sockets) socket.destroy();
  const sorted = Float64Array.from(latencies).sort();
  const p99 = sorted[Math.floor(sorted.length * 0.99)];
  process.stdout.write(`${JSON.stringify({ completed: sorted.length, seconds: elapsed, p99 })}\n`);
}, Number(seconds) * 1000);
