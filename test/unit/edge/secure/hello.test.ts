/** The name in a hello, from the bytes that openssl and Node send, cut and mended in every way. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import tls from 'node:tls';
import { readOpening } from '../../../../edge/secure/hello.js';

/** What a client sends first. */
async function helloOf(options: tls.ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const bytes = new Promise<Buffer>((resolve) => {
    server.once('connection', (socket: Socket) => socket.once('data', resolve));
  });
  const client = tls.connect({ host: '127.0.0.1', port, ...options });
  client.on('error', () => undefined);
  const seen = await bytes;
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  return seen;
}

describe('the opening of a TLS connection', () => {
  let hello: Buffer;
  before(async () => {
    hello = await helloOf({ servername: 'Shop.Example', ALPNProtocols: ['h2', 'http/1.1'] });
  });

  it('has the name, in lower case', () => {
    assert.deepEqual(readOpening(hello), { kind: 'hello', name: 'shop.example' });
    assert.deepEqual(readOpening(Buffer.concat([hello, hello])), { kind: 'hello', name: 'shop.example' });
  });

  it('has none where none is sent, in each version', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      assert.deepEqual(readOpening(await helloOf({ maxVersion })), { kind: 'hello', name: '' });
  });

  it('is waited for to its last byte', () => {
    for (let length = 0; length < hello.length; length += 1)
      assert.equal(readOpening(hello.subarray(0, length)).kind, 'more', `${length}`);
  });

  it('may come in several records', () => {
    const message = hello.subarray(5);
    const pieces = [message.subarray(0, 2), message.subarray(2, 90), message.subarray(90)];
    const records = pieces.map((piece) =>
      Buffer.concat([Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece]),
    );
    assert.deepEqual(readOpening(Buffer.concat(records)), { kind: 'hello', name: 'shop.example' });
    assert.equal(readOpening(Buffer.concat(records.slice(0, 2))).kind, 'more');
  });

  it('may be plain HTTP, or nothing that is known', () => {
    assert.equal(readOpening(Buffer.from('GET / HTTP/1.1\r\n')).kind, 'http');
    assert.equal(readOpening(Buffer.from('HEAD / HTTP/1.1\r\n')).kind, 'http');
    assert.equal(readOpening(Buffer.from('hello there')).kind, 'other');
    assert.equal(readOpening(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])).kind, 'other');
  });

  it('throws for no bytes whatever', () => {
    for (let at = 5; at < hello.length; at += 1)
      for (const byte of [0, 1, 127, 255]) {
        const broken = Buffer.from(hello);
        broken[at] = byte;
        assert.ok(['hello', 'more', 'other'].includes(readOpening(broken).kind));
      }
  });
});
