/** A thousand clients with a connection each, all kept alive, asked over and over on two threads. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Appliance } from './appliance.js';
import { openRaw, readReply } from './raw-client.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const CLIENTS = 1000;
const ROUNDS = 3;

describe('a thousand open connections', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  before(async () => {
    origin = await RawOrigin.start((socket, { head }) =>
      socket.write(plainReply(head.line.split(' ')[1] ?? '')),
    );
    drover = await Appliance.start(`KeepAliveTimeout 120\nProxyPass / http://127.0.0.1:${origin.port}/`, {
      threads: 2,
    });
  });
  after(async () => {
    await drover.stop();
    await origin.stop();
  });

  it('are served, each with its own answers, and stay open', async () => {
    const sockets: Socket[] = [];
    for (let n = 0; n < CLIENTS; n += 1) sockets.push(await openRaw(drover.port));
    for (let round = 0; round < ROUNDS; round += 1) {
      const bodies = await Promise.all(sockets.map((socket, n) => askOn(socket, `/${round}/${n}`)));
      bodies.forEach((body, n) => {
        assert.equal(body, `/${round}/${n}`);
      });
    }
    assert.equal(sockets.filter((socket) => socket.destroyed).length, 0);
    for (const socket of sockets) socket.destroy();
    assert.equal((await drover.ask('/after')).body, '/after');
  });
});

function askOn(socket: Socket, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const { isComplete, body } = readReply(text, 'GET', false);
      if (!isComplete) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(body);
    };
    const onClose = (): void => reject(new Error(`closed: ${path}`));
    socket.on('data', onData);
    socket.once('close', onClose);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  });
}
