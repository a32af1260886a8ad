/**
 * The owner of an exchange that is answered without a member: it only waits for the end.
 * Thread: worker; one a request.
 */
import type { ExchangeOwner } from './exchange.js';
import type { RequestEnd } from './outgoing.js';
import type { Request } from './request.js';

export class LocalOwner implements ExchangeOwner {
  readonly #request: Request;
  readonly #end: RequestEnd;
  hasEnded = false;

  constructor(request: Request, end: RequestEnd) {
    this.#request = request;
    this.#end = end;
  }

  onClientAbort(): void {
    this.#request.isAborted = true;
    this.onResponseEnd();
  }

  onClientWritable(): void {}

  onResponseEnd(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#end.onRequestEnd(this.#request);
  }
}
