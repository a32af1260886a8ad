/**
 * gzip and brotli by node:zlib, and gzip undone. A body that is all there and small is encoded at once, since handing it to another thread and
 * back would cost more than the encoding; anything else is encoded piece by piece on libuv's threads, so that a long
 * body never keeps the worker from its other requests.
 * Source: httpd 2.4, mod_deflate and mod_brotli (level, window, memory). Thread: worker.
 */
import {
  type BrotliOptions,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGunzip,
  createGzip,
  gzipSync,
  type ZlibOptions,
} from 'node:zlib';
import type { BodyFilter, FilterSink } from './body-filter.js';
import type { CompressionSettings } from './compression.js';

/** Bytes that are encoded in place: about a millisecond at the usual levels. */
const MAX_IN_PLACE = 65536;

export type Coding = 'gzip' | 'br' | 'gunzip';

/** Bytes before and after encoding, for DeflateFilterNote and its like. */
export type SizesHearer = (input: number, output: number) => void;

export class Encoder implements BodyFilter {
  /** What comes of a few kilobytes of gzip may be sixty megabytes: never in one piece. */
  readonly mostWhole: number;
  readonly #coding: Coding;
  readonly #settings: CompressionSettings;
  readonly #onSizes: SizesHearer | undefined;
  #stream: ReturnType<typeof streamOf> | undefined;
  #input = 0;
  #output = 0;

  constructor(coding: Coding, settings: CompressionSettings, onSizes: SizesHearer | undefined) {
    this.#coding = coding;
    this.mostWhole = coding === 'gunzip' ? 0 : MAX_IN_PLACE;
    this.#settings = settings;
    this.#onSizes = onSizes;
  }

  whole(body: Uint8Array): Buffer {
    const encoded =
      this.#coding === 'gzip'
        ? gzipSync(body, gzipOptions(this.#settings))
        : brotliCompressSync(body, brotliOptions(this.#settings));
    this.#onSizes?.(body.length, encoded.length);
    return encoded;
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

function streamOf(coding: Coding, settings: CompressionSettings) {
  if (coding === 'gunzip') return createGunzip();
  return coding === 'gzip'
    ? createGzip(gzipOptions(settings))
    : createBrotliCompress(brotliOptions(settings));
}

function gzipOptions({ deflateLevel, deflateWindow, deflateMemory }: CompressionSettings): ZlibOptions {
  return { level: deflateLevel, windowBits: deflateWindow, memLevel: deflateMemory };
}

function brotliOptions(settings: CompressionSettings): BrotliOptions {
  const { brotliQuality, brotliWindow, brotliBlock } = settings;
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
      [constants.BROTLI_PARAM_LGWIN]: brotliWindow,
      ...(brotliBlock === 0 ? {} : { [constants.BROTLI_PARAM_LGBLOCK]: brotliBlock }),
    },
  };
}
