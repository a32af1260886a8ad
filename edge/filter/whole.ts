/**
 * A body that is all there, encoded in one go, and what node:zlib wants to be told for it.
 * Source: httpd 2.4, mod_deflate and mod_brotli (level, window, memory). Pure; a worker thread or an encoding thread.
 */
import { type BrotliOptions, brotliCompressSync, constants, gzipSync, type ZlibOptions } from 'node:zlib';
import type { CompressionSettings } from './compression.js';

export type Coding = 'gzip' | 'br';

export function encodeWhole(coding: Coding, body: Uint8Array, settings: CompressionSettings): Buffer {
  return coding === 'gzip'
    ? gzipSync(body, gzipOptions(settings))
    : brotliCompressSync(body, brotliOptions(settings));
}

export function gzipOptions({
  deflateLevel,
  deflateWindow,
  deflateMemory,
}: CompressionSettings): ZlibOptions {
  return { level: deflateLevel, windowBits: deflateWindow, memLevel: deflateMemory };
}

export function brotliOptions(settings: CompressionSettings): BrotliOptions {
  const { brotliQuality, brotliWindow, brotliBlock } = settings;
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
      [constants.BROTLI_PARAM_LGWIN]: brotliWindow,
      ...(brotliBlock === 0 ? {} : { [constants.BROTLI_PARAM_LGBLOCK]: brotliBlock }),
    },
  };
}
