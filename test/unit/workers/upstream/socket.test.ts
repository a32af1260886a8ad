/** Sockets to members, plain and by TLS: what they are told of before the first byte. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { selfSigned } from '../../../../tls/self-signed.js';
import type { MemberSettings } from '../../../../workers/member.js';
import { MemberTls } from '../../../../workers/upstream/member-tls.js';
import { openSocket, type Way } from '../../../../workers/upstream/socket.js';

/** Options of a socket by the names that Node.js keeps them under. */
function optionOf(socket: Socket, name: string): unknown {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === name);
  assert.ok(key !== undefined, `this Node.js has no ${name}`);
  return (socket as unknown as Record<symbol, unknown>)[key];
}

describe('a socket to a member', () => {
  const servers: Server[] = [];
  const accepted: Socket[] = [];
  const keep = (socket: Socket): void => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  };

  before(async () => {
    const { key, certificate } = await selfSigned({ names: ['member.test'], days: 2, now: Date.now() });
    servers.push(createServer(keep), createTls({ key, cert: certificate }, keep));
    for (const server of servers)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    for (const socket of accepted) socket.destroy();
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
  });

  for (const [kind, index] of [
    ['plain', 0],
    ['TLS', 1],
  ] as const) {
    for (const keepalive of [true, false]) {
      it(`(${kind}) sends at once, and probes when idle: ${keepalive}`, async () => {
        const { port } = (servers[index] as Server).address() as AddressInfo;
        const member = { slot: 0, port, keepalive } as MemberSettings;
        const tls = new MemberTls({ checkName: false, checkCn: false });
        const way: Way | undefined =
          index === 0 ? undefined : { tls, name: 'member.test', prelude: undefined };
        let ready = (): void => undefined;
        const isReady = new Promise<void>((resolve) => {
          ready = resolve;
        });
        const socket = openSocket(member, '127.0.0.1', way, [], () => true, ready);
        try {
          await isReady;
          assert.equal(optionOf(socket, 'kSetNoDelay'), true);
          assert.equal(optionOf(socket, 'kSetKeepAlive'), keepalive);
        } finally {
          socket.destroy();
        }
      });
    }
  }
});
