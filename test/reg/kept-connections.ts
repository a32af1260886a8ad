/**
 * Connections that an old generation or program keeps while it drains, each good for one more request: it is answered
 * there, and closed. So a test that waits until word of something has come to the old one asks on one after the other.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRaw, readReply } from './raw-client.js';

/** Enough for a wait that doubles from FIRST_WAIT to be longer than any message takes, and shorter than a drain. */
const COUNT = 10;
const FIRST_WAIT = 10;

export class KeptConnections {
  readonly #sockets: Socket[];

  private constructor(sockets: Socket[]) {
    this.#sockets = sockets;
  }

  /** Opens them, and has one request answered on each. fields: lines of a head, each with its end */
  static async open(port: number, path: string, fields = ''): Promise<KeptConnections> {
    const sockets: Socket[] = [];
    for (let n = 0; n < COUNT; n += 1) {
      const socket = await openRaw(port);
      socket.on('error', () => undefined);
      sockets.push(socket);
      assert.equal(readReply(await answerOn(socket, port, path, fields), 'GET', false).status, 200);
    }
    return new KeptConnections(sockets);
  }

  /** Asks on one after the other until a whole answer is as wanted. errors: none of them was */
  async hear(port: number, path: string, wanted: RegExp, fields = ''): Promise<void> {
    const heard: string[] = [];
    for (const [n, socket] of this.#sockets.entries()) {
      const text = await answerOn(socket, port, path, fields);
      if (wanted.test(text)) return;
      heard.push(text);
      await sleep(FIRST_WAIT * 2 ** n);
    }
    assert.fail(`never ${wanted}: ${heard.join('\n')}`);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** What a server sends for a GET; what has come when the connection ends before it is whole. */
function answerOn(socket: Socket, port: number, path: string, fields: string): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('data', onData).off('close', done);
      resolve(text);
    };
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (readReply(text, 'GET', false).isComplete) done();
    };
    socket.on('data', onData).on('close', done);
    if (socket.destroyed) done();
    else socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${fields}\r\n`);
  });
}
