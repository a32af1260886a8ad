/**
 * An encoder for a body that is about to be stored: it is gathered, encoded as a whole on another thread, and goes on in one
 * piece. What is stored is no longer than memory allows, its length is known, and it is encoded once for all clients to come,
 * so that this costs one of them some patience. Where the other thread fails, the usual encoder does it.
 * Thread: worker.
 */
import type { BodyFilter, FilterSink, SizesHearer } from './body-filter.js';
import type { EncodeTask } from './encode.js';
import { encodeApart } from './encoding-pool.js';

export class ApartEncoder implements BodyFilter {
  readonly mostWhole = 0;
  readonly #task: EncodeTask;
  readonly #usual: BodyFilter;
  readonly #onSizes: SizesHearer | undefined;
  #sink: FilterSink | undefined;
  #length = 0;
  #isUsual = false;
  /** All has been given, and the sink has not taken the end. */
  #isEndDue = false;

  /**
   * task   its body is filled here, and must have room for all that is written
   * usual  does the work where the other thread fails
   */
  constructor(task: EncodeTask, usual: BodyFilter, onSizes: SizesHearer | undefined) {
    this.#task = task;
    this.#usual = usual;
    this.#onSizes = onSizes;
  }

  whole(body: Uint8Array): Buffer {
    return this.#usual.whole(body);
  }

  apart(): BodyFilter {
    return this;
  }

  open(sink: FilterSink): void {
    this.#sink = sink;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#length + chunk.length <= this.#task.body.length) this.#task.body.set(chunk, this.#length);
    this.#length += chunk.length;
    return true;
  }

  end(): void {
    if (this.#length !== this.#task.body.length) {
      this.#sink?.onFilterFault(new Error(`${this.#length} bytes came for ${this.#task.body.length}`));
      return;
    }
    encodeApart(this.#task).then(
      (encoded) => this.#pass(encoded),
      () => this.#encodeHere(),
    );
  }

  #pass(encoded: Buffer): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#onSizes?.(this.#length, encoded.length);
    this.#isEndDue = true;
    if (sink.onFiltered(encoded)) this.resume();
  }

  #encodeHere(): void {
    if (this.#sink === undefined) return;
    this.#isUsual = true;
    this.#usual.open(this.#sink);
    this.#usual.write(this.#task.body);
    this.#usual.end();
  }

  resume(): void {
    if (this.#isUsual) this.#usual.resume();
    if (!this.#isEndDue) return;
    this.#isEndDue = false;
    this.#sink?.onFilteredEnd();
  }

  destroy(): void {
    this.#sink = undefined;
    this.#isEndDue = false;
    if (this.#isUsual) this.#usual.destroy();
  }
}
