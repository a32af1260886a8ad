/** What a client sees that writes bytes as they stand: everything that came back, and whether the server closed. */
import { connect, type Socket } from 'node:net';
import { BodyDecoder, fieldValue, framingOf, takeHead } from '../diff/harness/message.js';

export interface Reply {
  /** Everything that came, latin1. */
  text: string;
  /** Of the first response; 0 when none came. */
  status: number;
  /** Body of the first response, as far as it came. */
  body: string;
  isComplete: boolean;
  isClosed: boolean;
}

/** Time in which a second response would come after the first, in ms. */
const GRACE = 10;

export interface RawOptions {
  /** Longest wait for the response, in ms. */
  patience?: number;
  /** The server is expected to close the connection after its response: that is waited for as well. */
  closes?: boolean;
  host?: string;
  method?: string;
}

/** Sends bytes on a new connection and reads until the response is complete, the server closes, or patience ends. */
export async function sendRaw(port: number, bytes: string, options: RawOptions = {}): Promise<Reply> {
  const {
    patience = 10_000,
    closes = false,
    host = '127.0.0.1',
    method = bytes.split(' ')[0] ?? 'GET',
  } = options;
  const socket = await openRaw(port, host);
  let held = '';
  let isClosed = false;
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout;
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...readReply(held, method, isClosed), text: held, isClosed });
    };
    timer = setTimeout(done, patience);
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1');
      if (closes || !readReply(held, method, false).isComplete) return;
      clearTimeout(timer);
      timer = setTimeout(done, GRACE);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isClosed = true;
      done();
    });
    socket.write(bytes, 'latin1');
  });
}

export function openRaw(port: number, host = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** The first final response in a text. isClosed: the connection has ended, which completes a body without a length. */
export function readReply(
  text: string,
  method: string,
  isClosed: boolean,
): { status: number; body: string; isComplete: boolean } {
  let rest: Buffer = Buffer.from(text, 'latin1');
  for (;;) {
    const taken = takeHead(rest);
    if (taken === undefined) return { status: 0, body: '', isComplete: false };
    rest = taken.rest;
    const status = Number(taken.head.line.split(' ')[1]) || 0;
    if (status >= 100 && status < 200) continue;
    const { fields } = taken.head;
    const isBodyless = method === 'HEAD' || status === 204 || status === 304;
    const hasFraming =
      fieldValue(fields, 'content-length') !== undefined ||
      fieldValue(fields, 'transfer-encoding') !== undefined;
    const decoder = new BodyDecoder(isBodyless ? { kind: 'none' } : framingOf(fields, 'close'));
    decoder.feed(rest);
    const isComplete = decoder.isDone || (!hasFraming && isClosed);
    return { status, body: decoder.body.toString('latin1'), isComplete };
  }
}
