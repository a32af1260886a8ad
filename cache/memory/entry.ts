/**
 * A stored object as one thread sees it: its place in the directory, what is known of it, and views on its bytes. The
 * bytes may only be touched between a find (which pins) and the release. One per object and thread, in the thread's index.
 */
import type { StoredMeta } from '../stored.js';
import type { Bytes } from './layout.js';

export class Entry {
  readonly key: string;
  readonly slot: number;
  readonly generation: number;
  readonly a: number;
  readonly b: number;
  readonly meta: StoredMeta;
  /** The whole body, or undefined when it lies in several segments. */
  readonly body: Uint8Array | undefined;
  readonly segments: readonly Uint8Array[];
  readonly length: Bytes;
  /** Purged softly: to be asked for again before it is sent, or sent as stale. */
  isSoft = false;
  /** What whoever sends it has made of it; lives as long as the entry. */
  prepared: unknown = undefined;

  constructor(
    key: string,
    slot: number,
    generation: number,
    a: number,
    b: number,
    meta: StoredMeta,
    segments: readonly Uint8Array[],
    length: Bytes,
  ) {
    this.key = key;
    this.slot = slot;
    this.generation = generation;
    this.a = a;
    this.b = b;
    this.meta = meta;
    this.segments = segments;
    this.body = segments.length === 1 ? segments[0] : undefined;
    this.length = length;
  }
}
