/**
 * TLS before a member of the comparison: ends it, and passes the bytes on to the member's plain socket, so that what
 * arrives is recorded there as everything else. One for each kind of certificate.
 */
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';

export class SecureFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: TlsOptions, port: number) {
    this.#server = createServer(options, (socket) => {
      const below = connect(port, '127.0.0.1');
      for (const one of [socket, below]) {
        this.#sockets.add(one);
        one.on('error', () => one.destroy());
        one.on('close', () => this.#sockets.delete(one));
      }
      socket.on('close', () => below.destroy());
      below.on('close', () => socket.end());
      socket.pipe(below).pipe(socket);
    });
    this.#server.on('tlsClientError', () => undefined);
  }

  /** port  of the member behind */
  static async start(options: TlsOptions, port: number): Promise<SecureFront> {
    const front = new SecureFront(options, port);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
