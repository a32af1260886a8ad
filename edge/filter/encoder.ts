/**
 * gzip and brotli by node:zlib, and gzip undone. A body that is all there and small is encoded at once, since handing it to
 * another thread and back would cost more than the encoding; what is about to be stored is encoded as a whole on a thread
 * of its own (apart.ts); anything else is encoded piece by piece on libuv's threads, so that a long body never keeps the
 * worker from its other requests.
 * Source: httpd 2.4, mod_deflate and mod_brotli (level, window, memory). Thread: worker.
 */
import { createBrotliCompress, createGunzip, createGzip } from 'node:zlib';
import { ApartEncoder } from './apart.js';
import type { BodyFilter, FilterSink, SizesHearer } from './body-filter.js';
import type { CompressionSettings } from './compression.js';
import { hasRoom } from './encoding-pool.js';
import { brotliOptions, type Coding, encodeWhole, gzipOptions } from './whole.js';

/** Bytes that are encoded in place: about a millisecond at the usual levels. */
const MAX_IN_PLACE = 65536;

/** Lengths that are encoded on another thread when they are stored: handing over costs more than the least of them. */
const LEAST_APART = 8192;
const MOST_APART = 4 * 2 ** 20;

export class Encoder implements BodyFilter {
  /** What comes of a few kilobytes of gzip may be sixty megabytes: never in one piece. */
  readonly mostWhole: number;
  readonly #coding: Coding | 'gunzip';
  readonly #settings: CompressionSettings;
  readonly #onSizes: SizesHearer | undefined;
  #stream: ReturnType<typeof streamOf> | undefined;
  #input = 0;
  #output = 0;

  constructor(coding: Coding | 'gunzip', settings: CompressionSettings, onSizes: SizesHearer | undefined) {
    this.#coding = coding;
    this.mostWhole = coding === 'gunzip' ? 0 : MAX_IN_PLACE;
    this.#settings = settings;
    this.#onSizes = onSizes;
  }

  whole(body: Uint8Array): Buffer {
    const encoded = encodeWhole(this.#coding as Coding, body, this.#settings);
    this.#onSizes?.(body.length, encoded.length);
    return encoded;
  }

  apart(length: number): BodyFilter {
    const coding = this.#coding;
    if (coding === 'gunzip' || length < LEAST_APART || length > MOST_APART || !hasRoom()) return this;
    const body = new Uint8Array(new SharedArrayBuffer(length));
    return new ApartEncoder({ coding, body, settings: this.#settings }, this, this.#onSizes);
  }

  open(sink: FilterSink): void {
    const stream = streamOf(this.#coding, this.#settings);
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#output += chunk.length;
      if (!sink.onFiltered(chunk)) stream.pause();
    });
    stream.on('drain', () => sink.onFilterDrain());
    stream.on('end', () => {
      this.#onSizes?.(this.#input, this.#output);
      sink.onFilteredEnd();
    });
    stream.on('error', (error) => sink.onFilterFault(error));
  }

  write(chunk: Uint8Array): boolean {
    this.#input += chunk.length;
    // The member's read buffer is used again as soon as this returns.
    return this.#stream?.write(Buffer.from(chunk)) ?? true;
  }

  end(): void {
    this.#stream?.end();
  }

  resume(): void {
    this.#stream?.resume();
  }

  destroy(): void {
    this.#stream?.removeAllListeners();
    this.#stream?.on('error', () => {});
    this.#stream?.destroy();
    this.#stream = undefined;
  }
}

function streamOf(coding: Coding | 'gunzip', settings: CompressionSettings) {
  if (coding === 'gunzip') return createGunzip();
  return coding === 'gzip'
    ? createGzip(gzipOptions(settings))
    : createBrotliCompress(brotliOptions(settings));
}
