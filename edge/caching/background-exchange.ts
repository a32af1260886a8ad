/**
 * An exchange without a client: what is asked of a member for the cache's own sake goes through the same pipeline as a
 * client's request, and its answer is heard by the cache alone. Thread: worker.
 */
import type { Exchange, ExchangeOwner, Fields } from '../exchange.js';

/** What is taken over of another exchange. */
type Like = Pick<Exchange, 'isSecure' | 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>;

export class BackgroundExchange implements Exchange {
  readonly method = 'GET';
  readonly target: string;
  readonly protocol = 'HTTP/1.1';
  readonly fields: Fields;
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly keepAliveCount = 0;
  readonly wantsClose = false;
  readonly bodyLength = 0;
  readonly bodyBytesSent = 0;
  readonly bytesSent = 0;
  #owner: ExchangeOwner | undefined;

  /** Asks for the same as another exchange; fields: a list of its own. */
  constructor(like: Like, target: string, fields: Fields) {
    this.target = target;
    this.fields = fields;
    this.isSecure = like.isSecure;
    this.remoteAddress = like.remoteAddress;
    this.remotePort = like.remotePort;
    this.localAddress = like.localAddress;
    this.localPort = like.localPort;
  }

  tlsVariable(name: string): string | undefined {
    return name === 'HTTPS' ? (this.isSecure ? 'on' : 'off') : undefined;
  }

  attach(owner: ExchangeOwner): void {
    this.#owner = owner;
  }

  readBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}

  inform(): boolean {
    return false;
  }

  respond(): void {
    this.#owner?.onResponseEnd();
  }

  begin(): void {}

  write(): boolean {
    return true;
  }

  end(): void {
    this.#owner?.onResponseEnd();
  }

  closeAfter(): void {}
  abort(): void {}

  fault(): void {
    this.#owner?.onClientAbort();
  }
}
