/**
 * The last answer of a connection (status 500 closes it, as in httpd) that comes from the member in pieces: the client
 * gets it whole, framed right, with `Connection: close` in the head and not a byte of it elsewhere.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { BodyDecoder, framingOf, takeHead } from '../diff/harness/message.js';
import { Appliance } from './appliance.js';
import { sendRaw } from './raw-client.js';
import { RawOrigin } from './raw-origin.js';

const BODIES: [string, string[], string][] = [
  ['chunked', ['Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', '3\r\ndef\r\n0\r\n\r\n'], 'abcdef'],
  ['of known length', ['Content-Length: 6\r\n\r\nabc', 'def'], 'abcdef'],
  ['that comes after its head', ['Content-Length: 6\r\n\r\n', 'abcdef'], 'abcdef'],
  [
    'of known length, and long',
    [`Content-Length: 100000\r\n\r\n${'a'.repeat(1000)}`, 'b'.repeat(99_000)],
    `${'a'.repeat(1000)}${'b'.repeat(99_000)}`,
  ],
  ['that ends with the connection', ['X-Plain: 1\r\n\r\nabc', 'def'], 'abcdef'],
];

for (const engine of ['uws', 'node'] as const) {
  describe(`the last answer on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let pieces: string[] = [];
    before(async () => {
      origin = await RawOrigin.start((socket) => {
        void (async () => {
          socket.write(`HTTP/1.1 500 Broken\r\n${pieces[0] ?? ''}`);
          await sleep(60);
          socket.write(pieces[1] ?? '');
          if (pieces[0]?.startsWith('X-Plain') === true) socket.end();
        })();
      });
      const away = 'ProxyPass /away !\nRedirect /away http://elsewhere.test/';
      drover = await Appliance.start(`${away}\nProxyPass / http://127.0.0.1:${origin.port}/`, { engine });
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    it('to HEAD, when it is drover’s own, leaves the process as it is', async () => {
      const { edge } = drover;
      const head = await drover.ask('/away', { method: 'HEAD' });
      assert.equal(head.status, 302);
      const again = await drover.ask('/away');
      assert.equal(again.status, 302);
      assert.equal(drover.edge, edge);
    });

    for (const [name, sent, expected] of BODIES) {
      it(`is whole with a body ${name}`, async () => {
        pieces = sent;
        const reply = await sendRaw(drover.port, 'GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n');
        const taken = takeHead(Buffer.from(reply.text, 'latin1'));
        assert.ok(taken !== undefined);
        const { head, rest } = taken;
        const connection = head.fields
          .filter(([field]) => /^connection$/i.test(field))
          .map(([, value]) => value);
        assert.deepEqual(connection, ['close']);
        const decoder = new BodyDecoder(framingOf(head.fields, 'close'));
        const left = decoder.feed(rest);
        assert.equal(decoder.body.toString('latin1'), expected);
        assert.equal(left.length, 0);
        assert.ok(decoder.isDone || framingOf(head.fields, 'close').kind === 'close');
      });
    }
  });
}
