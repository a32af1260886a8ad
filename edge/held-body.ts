/**
 * The body of a request whose access rules wait for something (a password's hash, a name from DNS). An engine only hands
 * a body over to whoever asks within its own handler, so it is asked for at once, paused, and what has come is kept
 * until the request goes on. Thread: worker; only requests that wait and have a body have one of these.
 */
import type { BodyReader, Exchange } from './exchange.js';

export class HeldBody implements BodyReader {
  readonly #exchange: Exchange;
  #chunks: { chunk: Buffer; isLast: boolean }[] = [];
  #isBroken = false;
  #reader: BodyReader | undefined;

  /** Asks for the body; must be made within the engine's handler. */
  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    exchange.readBody(this);
    exchange.pauseBody();
  }

  onBody(chunk: Buffer, isLast: boolean): void {
    if (this.#reader === undefined) this.#chunks.push({ chunk, isLast });
    else this.#reader.onBody(chunk, isLast);
  }

  onBodyBroken(): void {
    if (this.#reader === undefined) this.#isBroken = true;
    else this.#reader.onBodyBroken();
  }

  /** As Exchange.readBody: what was kept comes first, before this returns. */
  readBody(reader: BodyReader): void {
    this.#reader = reader;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#exchange.resumeBody();
    for (const { chunk, isLast } of chunks) reader.onBody(chunk, isLast);
    if (this.#isBroken) reader.onBodyBroken();
  }
}
