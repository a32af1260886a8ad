/**
 * Members for WebSockets: a program of its own on the client's core, with two ports, that sends each message back. It
 * knows no more of RFC 6455 than the load client makes use of: whole messages, masked, up to 64 KB.
 *
 *   node echo.js PORT PORT
 */
import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import { type Running, start } from './process.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Head of a client's frame with two bytes of length, and its mask. */
const HEAD_BYTES = 8;

export interface Echo extends Running {
  ports: [number, number];
}

export async function startEcho(directory: string, core: number): Promise<Echo> {
  const ports: [number, number] = [await freePort(), await freePort()];
  const launch = { command: process.execPath, arguments: [import.meta.filename, ...ports.map(String)] };
  return { ...(await start(launch, core, ports[1], join(directory))), ports };
}

function serve(socket: Socket): void {
  let held: Buffer = Buffer.alloc(0);
  let isOpen = false;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (!isOpen) {
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      const key = /^sec-websocket-key: *(\S+)/im.exec(held.toString('latin1', 0, end))?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
      const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      held = held.subarray(end + 4);
      isOpen = true;
    }
    while (held.length >= HEAD_BYTES) {
      const size = held.readUInt16BE(2);
      if (held.length < HEAD_BYTES + size) return;
      const answer = Buffer.allocUnsafe(4 + size);
      held.copy(answer, 0, 0, 4);
      answer[1] = 126;
      for (let i = 0; i < size; i += 1)
        answer[4 + i] = (held[HEAD_BYTES + i] as number) ^ (held[4 + (i & 3)] as number);
      socket.write(answer);
      held = held.subarray(HEAD_BYTES + size);
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const port of process.argv.slice(2)) createServer(serve).listen(Number(port), '127.0.0.1');
}
