/**
 * What stands between a member's response body and the client: at most one encoder, chosen when the response's head is
 * known. A response that none is chosen for never meets this folder but for one test of `undefined`.
 *
 *   member → ProxyHandler → BodyFilter.write … end → FilterSink.onFiltered … onFilteredEnd → client
 *
 * Backpressure goes both ways: write() tells the member's side to wait until onFilterDrain, and a sink that returns
 * false is given nothing more until resume(). Thread: worker.
 */
import type { Request } from '../request.js';

export interface FilterSink {
  /** Encoded bytes, owned by the sink; false: give no more until resume(). */
  onFiltered(chunk: Buffer): boolean;
  onFilteredEnd(): void;
  /** More may be written. */
  onFilterDrain(): void;
  /** Nothing more comes; the response can only be cut. */
  onFilterFault(error: Error): void;
}

/** Bytes before and after encoding, for DeflateFilterNote and its like. */
export type SizesHearer = (input: number, output: number) => void;

export interface BodyFilter {
  /** Bytes of a body that may be given to whole(). */
  readonly mostWhole: number;
  /** The whole body at once, for one that is all there; then nothing else is called. */
  whole(body: Uint8Array): Buffer;
  /** What to use in its place for a body of this length (-1: unknown) that is about to be stored; maybe itself. */
  apart(length: number): BodyFilter;
  /** Must be called before the first write. */
  open(sink: FilterSink): void;
  /** Bytes are copied; false: wait for onFilterDrain. */
  write(chunk: Uint8Array): boolean;
  end(): void;
  resume(): void;
  /** The client is gone: nothing more is told to the sink. */
  destroy(): void;
}

/**
 * Chooses the filter of a response and changes its fields accordingly; undefined: the body goes as it is.
 * size  bytes of the body when all of it is there, else -1
 */
export type FilterChoice = (r: Request, size: number) => BodyFilter | undefined;
