/**
 * A member whose protocol drover does not speak yet is refused, and never spoken to in another one: what was meant for
 * TLS must not leave in clear text.
 */
import assert from 'node:assert/strict';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

describe('a member of a protocol that is not active', function () {
  this.timeout(10_000);
  for (const scheme of ['h2', 'h2c']) {
    it(`gets not a byte, and is named at start: ${scheme}`, async () => {
      const origin = await RawOrigin.start();
      const url = `${scheme}://127.0.0.1:${origin.port}`;
      const drover = await Appliance.start(
        `SSLProxyEngine on\n<Proxy balancer://c>\nBalancerMember ${url}\n</Proxy>\nProxyPass /one/ ${url}/\nProxyPass /many/ balancer://c/`,
      );
      try {
        assert.equal((await drover.ask('/one/x')).status, 503);
        assert.equal((await drover.ask('/many/x')).status, 503);
        assert.equal(origin.bytes, '');
        assert.match(drover.said + drover.log(), new RegExp(`${scheme}.*not active`));
      } finally {
        await drover.stop();
        await origin.stop();
      }
    });
  }
});
