/**
 * From disk into memory: what a CacheRoot holds of a key that memory has not. Requests for it wait as those do that wait for
 * a fetch, and look again when it is there, or is not. Thread: worker.
 */
import type { DiskAnswer, DiskStore } from '../../cache/disk/store.js';
import type { MemoryStore, Moment } from '../../cache/memory/store.js';
import type { StoredMeta } from '../../cache/stored.js';
import type { Waiter } from '../../cache/waiting.js';
import type { CacheStoreKind } from './settings.js';

/** The CacheRoot behind what is enabled so; undefined where there is none. */
export function diskOf(
  store: MemoryStore,
  kind: CacheStoreKind,
  root: string | undefined,
): DiskStore | undefined {
  if (kind !== 'disk' || root === undefined) return undefined;
  return store.disks.find(({ place }) => place.root === root);
}

/** As Waiting, for an object that is read from disk. */
export class Loading {
  readonly #store: MemoryStore;
  readonly #disk: DiskStore;
  readonly #onIn: (key: string) => void;

  /** onIn: an object has come into memory; others may be waiting for it */
  constructor(store: MemoryStore, disk: DiskStore, onIn: (key: string) => void) {
    this.#store = store;
    this.#disk = disk;
    this.#onIn = onIn;
  }

  wait(key: string, waiter: Waiter): void {
    // Before the file is looked at: what is invalidated from now on does not come in.
    const moment = this.#store.momentOf(key);
    this.#disk.read(key, (answer) => {
      if (answer !== undefined) this.#takeIn(key, answer, moment);
      waiter.onReady(true);
    });
  }

  leave(): void {}

  #takeIn(key: string, { object, isSoft }: NonNullable<DiskAnswer>, moment: Moment): void {
    const store = this.#store;
    const now = Date.now();
    const known = store.find(key, now);
    if (known !== undefined) {
      store.release(known);
      return;
    }
    const meta = JSON.parse(object.meta) as StoredMeta;
    const { length } = object.body;
    const writer = store.write(key, meta, length, length, moment, now, { isForced: true });
    writer?.write(object.body);
    if (writer?.commit() !== true) return;
    store.counters.add('diskHits');
    if (isSoft) store.invalidate(key, true);
    this.#onIn(key);
  }
}
