/** What the pool of encoding-pool.ts runs. Thread: an encoding thread. */
import { move } from 'piscina';
import type { CompressionSettings } from './compression.js';
import { type Coding, encodeWhole } from './whole.js';

export interface EncodeTask {
  coding: Coding;
  /** Of shared memory: whoever asks keeps it. */
  body: Uint8Array;
  settings: CompressionSettings;
}

/** The encoded bytes, which are moved to whoever asked; errors: throws what zlib does. */
export function encode({ coding, body, settings }: EncodeTask): unknown {
  return move(new Uint8Array(encodeWhole(coding, body, settings)));
}
