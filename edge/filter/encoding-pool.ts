/**
 * A pool for encoding what goes into the cache, so that a worker thread answers hits meanwhile: a megabyte of brotli is
 * 50 ms of its time. Each worker has one of its own with one thread, which starts when it is first needed and ends when it
 * has had nothing to do for a while. It is nicer than those that serve: where cores are scarce the first client of a
 * variant waits longer, and everybody else does not. Thread: worker.
 */
import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { EncodeTask } from './encode.js';

const ENCODE_FILE = join(import.meta.dirname, 'encode.js');
const IDLE_MS = 30_000;
const NICE = 5;
/** Bodies that may wait for the thread; each is held whole. */
const MOST_WAITING = 16;

let pool: Piscina<EncodeTask, Uint8Array> | undefined;

export function hasRoom(): boolean {
  return pool === undefined || pool.queueSize < MOST_WAITING;
}

/** errors  rejects when the thread cannot start or ends, or zlib fails */
export async function encodeApart(task: EncodeTask): Promise<Buffer> {
  pool ??= new Piscina({
    filename: ENCODE_FILE,
    name: 'encode',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    niceIncrement: NICE,
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
  });
  const { buffer, byteOffset, byteLength } = await pool.run(task);
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
