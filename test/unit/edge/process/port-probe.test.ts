import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { bindFailure, firstBusy, osErrorText } from '../../../../edge/process/port-probe.js';

describe('the probe of addresses', () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    server.close();
  });

  const listen = (): { address: string; port: number; protocol: 'http'; at: string } => ({
    address: '127.0.0.1',
    port,
    protocol: 'http',
    at: 'a:1',
  });

  it("names a busy address in httpd's words", async () => {
    assert.equal(
      await firstBusy([listen()]),
      `(98)Address already in use: AH00072: make_sock: could not bind to address 127.0.0.1:${port}`,
    );
  });

  it('finds nothing when all are free, and leaves them free', async () => {
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await firstBusy([listen()]), undefined);
    assert.equal(await firstBusy([listen()]), undefined);
  });
});

describe('the message of a failed bind', () => {
  const refused = Object.assign(new Error('listen EACCES'), { errno: -13, code: 'EACCES' });

  it('brackets IPv6 and shows every address as [::]', () => {
    assert.match(bindFailure({ address: '::1', port: 80 }, refused), /address \[::1\]:80$/);
    assert.match(bindFailure({ address: '', port: 80 }, refused), /address \[::\]:80$/);
  });

  it('begins with the number and the words of the system', () => {
    assert.equal(osErrorText(refused), '(13)Permission denied');
  });

  it('falls back to the message of an error without number', () => {
    assert.equal(osErrorText(new Error('odd')), 'odd');
  });
});
