/** A wildcard Listen with vhosts for IPs of their own: whichever engine, each address has its own servers. */
import assert from 'node:assert/strict';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';

for (const engine of ['uws', 'node'] as const) {
  describe(`a wildcard Listen with vhosts for addresses on ${engine}`, () => {
    it('answers each address from its own servers', async () => {
      const port = await freePort();
      const answer = (name: string): string => `ServerName ${name}.test\nRedirect 302 / http://${name}.test/`;
      const text = `
Listen ${port}
<VirtualHost *:${port}>
${answer('all')}
</VirtualHost>
<VirtualHost 127.0.0.2:${port}>
${answer('second')}
</VirtualHost>
<VirtualHost 127.0.0.3:${port}>
${answer('third')}
</VirtualHost>`;
      const appliance = await Appliance.start(text, { engine, threads: 2 });
      try {
        for (let round = 0; round < 4; round += 1) {
          for (const [host, name] of [
            ['127.0.0.1', 'all'],
            ['127.0.0.2', 'second'],
            ['127.0.0.3', 'third'],
          ] as const) {
            const { headers } = await appliance.ask('/x', { host, port, headers: { host: 'all.test' } });
            assert.equal(headers['location'], `http://${name}.test/x`);
          }
        }
      } finally {
        await appliance.stop();
      }
    }).timeout(120_000);
  });
}
