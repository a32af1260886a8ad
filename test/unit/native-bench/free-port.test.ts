import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { freePort, portsBeside } from '../../../native-bench/free-port.js';

describe('free ports', () => {
  it('lie beside those that the kernel gives to connections, on the larger side', () => {
    assert.deepEqual(portsBeside('32768\t60999\n'), { first: 10_000, last: 32_767 });
    assert.deepEqual(portsBeside('1024\t40000\n'), { first: 40_001, last: 65_535 });
    assert.deepEqual(portsBeside('1024\t65535\n'), { first: 10_000, last: 65_535 });
  });

  it('are given once, and nobody listens on them', async () => {
    const given = [await freePort(), await freePort(), await freePort()];
    assert.equal(new Set(given).size, given.length);
    for (const port of given) {
      const server = createServer();
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      assert.equal((server.address() as AddressInfo).port, port);
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('leave out what somebody listens on', async () => {
    const taken = (await freePort()) + 1;
    const server = createServer();
    server.listen(taken, '127.0.0.1');
    await once(server, 'listening');
    assert.notEqual(await freePort(), taken);
    await new Promise((resolve) => server.close(resolve));
  });
});
