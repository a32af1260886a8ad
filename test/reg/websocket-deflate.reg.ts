/**
 * Compression of WebSocket messages (RFC 7692) through both engines, after sections 12 and 13 of the Autobahn suite: what a
 * client may offer, messages of all sizes, texts that pack well and bytes that do not. Each leg agrees for itself on uws;
 * on node the two ends agree with each other.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ClientOptions } from 'ws';
import { Appliance } from './appliance.js';
import { Caller, EchoMember } from './websocket-peers.js';

const OFFERS: [name: string, offer: ClientOptions['perMessageDeflate']][] = [
  ['nothing', false],
  ['what ws offers by itself', true],
  ['no context to be kept', { clientNoContextTakeover: true, serverNoContextTakeover: true }],
  ['the smallest windows', { clientMaxWindowBits: 9, serverMaxWindowBits: 9 }],
  ['small windows, no context of its own', { clientMaxWindowBits: 10, clientNoContextTakeover: true }],
  ['messages of all sizes to be compressed', { threshold: 0 }],
];
const SIZES = [0, 1, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];
const LINE = '{"id": 1, "name": "gr\u00fc\u00dfe", "tags": ["a", "b"], "nested": {"deep": true}}\n';

for (const engine of ['uws', 'node'] as const) {
  describe(`compressed WebSocket messages through the ${engine} engine`, function () {
    this.timeout(120_000);
    const members: EchoMember[] = [];
    let drover: Appliance;

    before(async () => {
      for (const hasDeflate of [true, false]) members.push(await EchoMember.start(hasDeflate));
      const [packing, plain] = members.map(({ port }) => port);
      drover = await Appliance.start(
        `EdgeWebSocketMaxMessage 1048576
         ProxyPass /packing/ ws://127.0.0.1:${packing}/
         ProxyPass /plain/ ws://127.0.0.1:${plain}/`,
        { engine },
      );
    });
    after(async () => {
      try {
        await drover.stop();
      } finally {
        for (const member of members) await member.stop();
      }
    });

    for (const [name, perMessageDeflate] of OFFERS) {
      it(`come as they were sent, when a client offers ${name}`, async () => {
        for (const path of ['packing', 'plain']) {
          const options = perMessageDeflate === undefined ? {} : { perMessageDeflate };
          const url = `ws://127.0.0.1:${drover.port}/${path}/`;
          const caller = await new Caller(url, [], options).opened();
          const isPacked = perMessageDeflate !== false && path === 'packing';
          assert.equal(caller.socket.extensions.includes('permessage-deflate'), isPacked, path);
          for (const size of SIZES) {
            const text = LINE.repeat(Math.ceil(size / LINE.length)).slice(0, size);
            const heard = await caller.say(text);
            assert.deepEqual(
              [heard.isBinary, heard.data.toString() === text],
              [false, true],
              `${path} ${size}`,
            );
            for (const bytes of [randomBytes(size), Buffer.alloc(size, 'z')]) {
              const echoed = await caller.say(bytes);
              assert.deepEqual([echoed.isBinary, echoed.data.equals(bytes)], [true, true], `${path} ${size}`);
            }
          }
          caller.socket.close(1000, 'enough');
          assert.deepEqual(await caller.ended, { code: 1000, reason: 'enough' });
        }
      });
    }

    it('come in their order, many at once, long ones and short ones', async () => {
      const caller = await new Caller(`ws://127.0.0.1:${drover.port}/packing/`).opened();
      const sent = Array.from({ length: 200 }, (_, i) => `${i} ${LINE.repeat(i % 7 === 0 ? 200 : i % 3)}`);
      for (const text of sent) caller.socket.send(text);
      await caller.hear(sent.length);
      assert.deepEqual(
        caller.messages.map(({ data }) => data.toString()),
        sent,
      );
      caller.socket.terminate();
    });
  });

  describe(`a message that grows when it is unpacked, on the ${engine} engine`, function () {
    this.timeout(120_000);

    it('ends its own conversation where it is longer than EdgeWebSocketMaxMessage, or is passed', async () => {
      const member = await EchoMember.start(true);
      const text = `EdgeWebSocketMaxMessage 100000\nProxyPass / ws://127.0.0.1:${member.port}/`;
      const drover = await Appliance.start(text, { engine });
      try {
        const url = `ws://127.0.0.1:${drover.port}/`;
        const other = await new Caller(url).opened();
        const caller = await new Caller(url).opened();
        caller.socket.send('b'.repeat(10_000_000));
        if (engine === 'uws') assert.equal((await caller.ended).code, 1006);
        else assert.equal((await caller.hear(1)).data.length, 10_000_000);
        assert.equal((await other.say('still here')).data.toString(), 'still here');
        caller.socket.terminate();
        other.socket.terminate();
      } finally {
        await drover.stop();
        await member.stop();
      }
    });
  });
}
