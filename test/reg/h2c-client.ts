/** Asks by `Upgrade: h2c`, and gives what comes back as text: the head of the 101, and the frames behind it. */
import { openRaw } from './raw-client.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = '\0\0\0\x04\0\0\0\0\0';
/** DATA that ends stream 1. */
const LAST_DATA = /\0\x01\0\0\0\x01/;

export async function h2cUpgrade(port: number, path: string): Promise<{ head: string; session: string }> {
  const socket = await openRaw(port);
  let held = '';
  socket.on('data', (chunk: Buffer) => {
    held += chunk.toString('latin1');
  });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
  );
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere() && !socket.destroyed) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until(() => held.includes('\r\n\r\n'));
  const end = held.indexOf('\r\n\r\n') + 4;
  const head = held.slice(0, end);
  socket.write(PREFACE + SETTINGS, 'latin1');
  await until(() => LAST_DATA.test(held.slice(end)));
  socket.destroy();
  return { head, session: held.slice(end) };
}
