/**
 * A client of another address: it keeps a connection open and asks for something now and then, beside the load. A server that
 * saves work while all its clients are one has to do that work then, as it has on the open internet.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const ADDRESS = '127.0.0.2';
/** Shorter than any peer's idle time-out. */
const EVERY_MS = 2000;

/** Connects; returns what ends it. */
export async function openStray(target: URL): Promise<() => void> {
  const socket = connect({ host: target.hostname, port: Number(target.port), localAddress: ADDRESS });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  const ask = (): void => {
    socket.write(`GET ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`);
  };
  ask();
  const timer = setInterval(ask, EVERY_MS);
  return () => {
    clearInterval(timer);
    socket.destroy();
  };
}
