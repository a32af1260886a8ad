/**
 * Where a WebSocket's handshake is written from. The library wants an upgrade that comes later than its handler within a
 * cork; but at the end of a cork of the upgraded response itself it looks whether that was a connection's last answer,
 * and when the WebSocket lies where the response was, it reads this out of memory that is neither any more. In one
 * process of four or so each WebSocket was closed (1006) as it opened. What is written while another socket is corked
 * is not gathered, and nothing is looked at afterwards. So a response of a connection of our own, which is never answered,
 * lends its cork. Its socket takes one connection, from this thread, and listens no longer.
 * Thread: worker; one per address that takes WebSockets.
 */
import { connect } from 'node:net';

/** Of uWS.HttpResponse. */
interface Corkable {
  cork(act: () => void): unknown;
  onAborted(hear: () => void): unknown;
}

/** Of the library; what listens is its own kind of thing. */
export interface HostLibrary<Socket> {
  App(): {
    any(pattern: string, handler: (res: Corkable) => void): unknown;
    listen(host: string, port: number, done: (socket: Socket | false) => void): unknown;
    close(): unknown;
  };
  portOf(socket: Socket): number;
  closeListening(socket: Socket): void;
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

export class CorkHost<Socket> {
  readonly #app: ReturnType<HostLibrary<Socket>['App']>;
  #res: Corkable | undefined;
  #stopListening: () => void = () => {};

  constructor(library: HostLibrary<Socket>) {
    this.#app = library.App();
    this.#app.any('/*', (res) => this.#take(res));
    this.#app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) return;
      this.#stopListening = () => library.closeListening(socket);
      const client = connect(library.portOf(socket), '127.0.0.1', () => client.write(REQUEST));
      client.unref();
      client.on('error', () => {});
    });
  }

  /** Does it at once; within the cork when there is one, and else the library complains on standard error. */
  cork(act: () => void): void {
    if (this.#res === undefined) act();
    else this.#res.cork(act);
  }

  close(): void {
    this.#stop();
    this.#res = undefined;
    this.#app.close();
  }

  #take(res: Corkable): void {
    res.onAborted(() => {
      this.#res = undefined;
    });
    this.#res = res;
    this.#stop();
  }

  #stop(): void {
    this.#stopListening();
    this.#stopListening = () => {};
  }
}
