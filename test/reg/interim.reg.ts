/** Interim responses of members reach the client before the final one, byte for byte, on both engines. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-My: \u00e4\r\n\r\n';
/** Node itself takes this Link for none. */
const ODD = 'HTTP/1.1 103 Early Hints\r\nLink: a.css\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n';
const PROCESSING = 'HTTP/1.1 102 Processing\r\n\r\n';
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone';

const ANSWERS: Record<string, string[]> = {
  '/hints': [HINTS, plainReply('one')],
  '/several': [PROCESSING, HINTS, ODD, NOT_FOUND],
  '/bare': [PROCESSING, plainReply('two')],
  '/none': [plainReply('three')],
};

/** What arrives until its end is as wanted. */
async function hear(socket: Socket, text: string, end: RegExp): Promise<string> {
  let heard = '';
  const whole = new Promise<string>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (end.test(heard)) resolve(heard);
    });
    socket.on('close', () => reject(new Error(`closed after: ${heard}`)));
  });
  socket.write(text);
  try {
    return await whole;
  } finally {
    socket.removeAllListeners('data').removeAllListeners('close');
  }
}

for (const engine of ['uws', 'node'] as const) {
  describe(`interim responses on the ${engine} engine`, () => {
    let origin: RawOrigin;
    let drover: Appliance;
    let socket: Socket;
    /** Ends the wait of /slow. */
    let go: () => void = () => undefined;

    before(async () => {
      origin = await RawOrigin.start((member, { head }) => {
        const path = head.line.split(' ')[1] ?? '';
        if (path === '/slow') {
          member.write(HINTS, 'latin1');
          go = (): unknown => member.write(plainReply('late'));
          return;
        }
        for (const part of ANSWERS[path] ?? []) member.write(part, 'latin1');
      });
      drover = await Appliance.start(`ProxyPass / http://127.0.0.1:${origin.port}/`, { engine });
    });
    beforeEach(() => {
      socket = connect(drover.port, '127.0.0.1');
    });
    afterEach(() => {
      socket.destroy();
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: drover.test\r\n\r\n`;

    it('come with all of their fields, and the connection goes on', async () => {
      for (let turn = 0; turn < 2; turn += 1) {
        const heard = await hear(socket, get('/hints'), /one$/);
        assert.ok(heard.startsWith(`${HINTS}HTTP/1.1 200 OK\r\n`), heard);
        const plain = await hear(socket, get('/none'), /three$/);
        assert.match(plain, /^HTTP\/1\.1 200 OK\r\n/);
      }
    });

    it('come one after the other, before whatever the final answer is', async () => {
      const all = await hear(socket, get('/several'), /gone$/);
      const clean = 'HTTP/1.1 103 Early Hints\r\nLink: a.css\r\n\r\n';
      assert.ok(all.startsWith(`${PROCESSING}${HINTS}${clean}HTTP/1.1 404 Not Found\r\n`), all);
    });

    it('need no fields', async () => {
      const heard = await hear(socket, get('/bare'), /two$/);
      assert.ok(heard.startsWith(`${PROCESSING}HTTP/1.1 200 OK\r\n`), heard);
    });

    it('are not held back until the final answer', async () => {
      const early = await hear(socket, get('/slow'), /\r\n\r\n$/);
      assert.equal(early, HINTS);
      go();
      const late = await hear(socket, '', /late$/);
      assert.ok(late.startsWith('HTTP/1.1 200 OK\r\n'), late);
    });

    it('come before the answer to HEAD', async () => {
      const heard = await hear(socket, get('/hints').replace('GET', 'HEAD'), /\n\r\nHTTP.*\n\r\n$/s);
      assert.ok(heard.startsWith(`${HINTS}HTTP/1.1 200 OK\r\n`), heard);
      const rest = await hear(socket, get('/none'), /three$/);
      assert.match(rest, /^HTTP\/1\.1 200 OK\r\n/);
    });

    if (engine === 'node')
      it('do not go to HTTP/1.0', async () => {
        const text = 'GET /hints HTTP/1.0\r\nHost: drover.test\r\n\r\n';
        const heard = await hear(socket, text, /one$/);
        assert.match(heard, /^HTTP\/1\.[01] 200 OK\r\n/);
      });
  });
}
