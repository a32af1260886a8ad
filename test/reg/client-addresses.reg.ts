/** Each request is taken for its own client's, however connections of several addresses come, mix and go. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

/** Body of a request from a loopback address: the member says what X-Forwarded-For it saw. */
function addressSeen(port: number, localAddress: string, agent: Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, localAddress, agent }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString('latin1');
      });
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

for (const engine of ['uws', 'node'] as const) {
  describe(`client addresses on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    before(async () => {
      origin = await RawOrigin.start((socket, { head }) =>
        socket.write(plainReply(head.fields.find(([name]) => name === 'X-Forwarded-For')?.[1] ?? 'none')),
      );
      drover = await Appliance.start(`ProxyPass / http://127.0.0.1:${origin.port}/`, { engine });
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    it('are right for one client after the other', async () => {
      for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.1', '127.0.0.3'])
        assert.equal(await addressSeen(drover.port, address, false), address);
    });

    it('are right for connections that stay open side by side, and after some have closed', async () => {
      const addresses = ['127.0.0.4', '127.0.0.4', '127.0.0.5', '127.0.0.6'];
      const agents = addresses.map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
      for (let round = 0; round < 3; round += 1) {
        const seen = await Promise.all(
          addresses.map((a, i) => addressSeen(drover.port, a, agents[i] as Agent)),
        );
        assert.deepEqual(seen, addresses);
      }
      agents[0]?.destroy();
      agents[2]?.destroy();
      for (const i of [1, 3])
        assert.equal(
          await addressSeen(drover.port, addresses[i] as string, agents[i] as Agent),
          addresses[i],
        );
      agents[1]?.destroy();
      agents[3]?.destroy();
      assert.equal(await addressSeen(drover.port, '127.0.0.7', false), '127.0.0.7');
    });
  });
}
