/**
 * Two filters one after the other (`SetOutputFilter INFLATE;DEFLATE`), as one: what the first gives is the second's, and
 * whoever is slower holds up what is before it. Worker.
 */
import type { BodyFilter, FilterSink } from './body-filter.js';

export class Sequence implements BodyFilter, FilterSink {
  readonly mostWhole: number;
  readonly #first: BodyFilter;
  readonly #second: BodyFilter;
  #sink: FilterSink | undefined;

  constructor(first: BodyFilter, second: BodyFilter) {
    this.#first = first;
    this.#second = second;
    this.mostWhole = Math.min(first.mostWhole, second.mostWhole);
  }

  whole(body: Uint8Array): Buffer {
    return this.#second.whole(this.#first.whole(body));
  }

  apart(): BodyFilter {
    return this;
  }

  open(sink: FilterSink): void {
    this.#sink = sink;
    this.#second.open({
      onFiltered: (chunk) => sink.onFiltered(chunk),
      onFilteredEnd: () => sink.onFilteredEnd(),
      onFilterDrain: () => this.#first.resume(),
      onFilterFault: (error) => sink.onFilterFault(error),
    });
    this.#first.open(this);
  }

  write(chunk: Uint8Array): boolean {
    return this.#first.write(chunk);
  }

  end(): void {
    this.#first.end();
  }

  resume(): void {
    this.#second.resume();
  }

  destroy(): void {
    this.#first.destroy();
    this.#second.destroy();
  }

  // --- what the first gives

  onFiltered(chunk: Buffer): boolean {
    return this.#second.write(chunk);
  }

  onFilteredEnd(): void {
    this.#second.end();
  }

  onFilterDrain(): void {
    this.#sink?.onFilterDrain();
  }

  onFilterFault(error: Error): void {
    this.#sink?.onFilterFault(error);
  }
}
