/**
 * Whose connections are open on an address of this thread. uWebSockets.js asks the kernel for a client's address at each
 * request (getpeername and an ArrayBuffer, 1.5 to 3 µs of about 22) and gives nothing to remember a connection by, nor
 * does it say which one has closed. So only this much can be known for certain: while every connection that was opened
 * since there was none came from one address, each request comes from there too. That is what a thread sees behind
 * another balancer, a NAT gateway or a cache; with clients from all over each request asks the kernel, as before.
 * Thread: worker; one per address.
 */

/** Of uWS.HttpResponse, what is needed here. */
export interface Addressed {
  getRemoteAddress(): ArrayBuffer;
}

export class OpenPeers {
  readonly #textOf: (raw: ArrayBuffer) => string;
  #open = 0;
  #sole: string | undefined;

  /** textOf  raw bytes of an address to text */
  constructor(textOf: (raw: ArrayBuffer) => string) {
    this.#textOf = textOf;
  }

  /** Connections that are open, but for those that were upgraded. */
  get open(): number {
    return this.#open;
  }

  /** A connection was accepted. One that is lost already has no address; it counts as an address of its own. */
  opened(connection: Addressed): void {
    const address = this.#textOf(connection.getRemoteAddress());
    if (this.#open === 0) this.#sole = address === '' ? undefined : address;
    else if (address !== this.#sole) this.#sole = undefined;
    this.#open += 1;
  }

  /** A connection was closed, whichever, or upgraded: the library tells nothing more of such a one. */
  closed(): void {
    this.#open -= 1;
  }

  /** Client's address of a request, as text. */
  addressOf(request: Addressed): string {
    return this.#sole ?? this.#textOf(request.getRemoteAddress());
  }
}
