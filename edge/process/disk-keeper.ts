/**
 * What the control thread does for caches on disk: it makes their directories while it may, and keeps them in bounds while
 * the process serves (cache/disk/sweep.ts). A sweep comes at the start, every few minutes, and as soon as what was written
 * since the last one may have gone beyond CacheDiskSize. What the disk refuses is told, not oftener than once a minute.
 * Thread: control.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readCounters } from '../../cache/counters.js';
import type { DiskPlace } from '../../cache/disk/object-file.js';
import { sweep } from '../../cache/disk/sweep.js';
import { type CacheMemory, H, regionsOf } from '../../cache/memory/layout.js';
import { lock, unlock } from '../../cache/memory/words.js';
import { messageOf } from '../errors.js';
import type { Settings } from '../settings.js';
import { giveToAccount } from './privileges.js';
import type { ProcessLog } from './process-log.js';

/** Without CacheDiskSize: this part of the file system. */
const PART = 10;
const LOOK_EVERY_MS = 1000;
const SWEEP_EVERY_MS = 300_000;
const TELL_EVERY_MS = 60_000;

/** CacheRoots of a configuration, made where they are missing. */
export function openDisks(settings: Settings, log: ProcessLog): DiskPlace[] {
  const places = new Map<string, DiskPlace>();
  for (const { cache } of settings.servers) {
    if (cache?.root === undefined || places.has(cache.root)) continue;
    const root = resolve(cache.root);
    try {
      makeRoot(root, settings);
      const { blocks, bsize } = statfsSync(root);
      const most = settings.cacheDiskSize ?? Math.floor((blocks * bsize) / PART);
      places.set(cache.root, { root: cache.root, levels: cache.dirLevels, length: cache.dirLength, most });
    } catch (error) {
      const text = `CacheRoot ${root} cannot be used, so that its cache is in memory alone: ${messageOf(error)}`;
      log.log('cache_disk', 'error', text);
    }
  }
  return [...places.values()];
}

/** It belongs to the account that the process will have. */
function makeRoot(root: string, { user, group }: Settings): void {
  const made = mkdirSync(root, { recursive: true, mode: 0o700 });
  if (made !== undefined) giveToAccount(root, user, group);
}

export class DiskKeeper {
  readonly #memory: CacheMemory;
  readonly #log: ProcessLog;
  #timer: NodeJS.Timeout | undefined;
  #isSweeping = false;
  #sweptAt = 0;
  /** Bytes that lay there after the last sweep, by place, and what had been written until then. */
  readonly #left = new Map<DiskPlace, number>();
  #written = 0;
  #failures = 0;
  #toldAt = 0;

  constructor(memory: CacheMemory, log: ProcessLog) {
    this.#memory = memory;
    this.#log = log;
  }

  start(): void {
    if (this.#memory.disks.length === 0) return;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
    this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = Date.now();
    const { diskBytes, diskFailures, diskBroken } = readCounters(this.#memory);
    const troubles = diskFailures + diskBroken;
    if (troubles > this.#failures && now - this.#toldAt > TELL_EVERY_MS) {
      const text = `cache on disk: ${diskFailures} times the file system refused something, ${diskBroken} files were not whole`;
      this.#log.log('cache_disk', 'error', text);
      this.#failures = troubles;
      this.#toldAt = now;
    }
    const grown = diskBytes - this.#written;
    const isFull = [...this.#left].some(([{ most }, left]) => left + grown > most);
    if (this.#isSweeping || (!isFull && now - this.#sweptAt < SWEEP_EVERY_MS)) return;
    this.#isSweeping = true;
    this.#sweptAt = now;
    this.#written = diskBytes;
    void this.#sweepAll(now).then(() => {
      this.#isSweeping = false;
    });
  }

  async #sweepAll(now: number): Promise<void> {
    const { header } = regionsOf(this.#memory);
    const locked = (act: () => void): void => {
      lock(header, H.diskLock);
      try {
        act();
      } finally {
        unlock(header, H.diskLock);
      }
    };
    for (const place of this.#memory.disks) {
      try {
        const { bytes } = await sweep(place.root, place.most, now, locked);
        this.#left.set(place, bytes);
      } catch (error) {
        this.#log.log('cache_disk', 'error', `CacheRoot ${place.root}: ${messageOf(error)}`);
      }
    }
  }
}
