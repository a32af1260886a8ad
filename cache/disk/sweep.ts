/**
 * Keeps a CacheRoot in bounds, which is htcacheclean's work: one walk over its files, and of those that lie there the ones
 * that were used longest ago go until the rest takes nine tenths of what it may. What a purge meant goes as well, and the
 * list of purges is emptied when nothing was added to it meanwhile and nothing that it meant is left: what was purged softly
 * goes then too, since without the list it would be good again. So do leftovers of writers that were killed.
 * Only files named like drover's own are touched. Thread: control.
 */
import { open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OBJECT_NAME, unpackHead } from './object-file.js';
import { PurgeList } from './purge-list.js';
import { TEMPORARY } from './store.js';

export interface Swept {
  files: number;
  /** Bytes that are left. */
  bytes: number;
  removed: number;
}

interface Found {
  path: string;
  size: number;
  usedAt: number;
}

/** A purge is kept so long: what was being stored as it came is seen by a sweep that began later (ms). */
const SETTLED = 60_000;
/** Leftovers younger than this may be under way (ms). */
const ABANDONED = 60_000;
const KEPT_SHARE = 0.9;
/** Of a file, as much as holds key and meta nearly always. */
const HEAD_BYTES = 16_384;

/**
 * root    of the files
 * most    bytes they may take
 * locked  runs something while no thread of this process adds to the list of purges
 * errors  none for files that go meanwhile; what readdir(2) says of the root
 */
export async function sweep(
  root: string,
  most: number,
  now: number,
  locked: (act: () => void) => void,
): Promise<Swept> {
  const purges = new PurgeList(root);
  purges.refresh();
  const isPurging = purges.last > 0;
  const isSettled = isPurging && now - purges.last > SETTLED;
  let isClean = true;
  const found: Found[] = [];
  const swept: Swept = { files: 0, bytes: 0, removed: 0 };
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const isObject = OBJECT_NAME.test(entry.name);
    if (!isObject && !entry.name.startsWith(TEMPORARY)) continue;
    const seenFile = await stat(path).catch(isGone);
    if (typeof seenFile === 'boolean') {
      isClean &&= seenFile;
      continue;
    }
    if (!isObject) {
      if (now - seenFile.mtimeMs > ABANDONED) await remove(path, swept);
    } else if (isPurging && (await isPurged(path, purges, isSettled))) {
      if (!(await remove(path, swept))) isClean = false;
    } else {
      found.push({ path, size: seenFile.size, usedAt: seenFile.mtimeMs });
      swept.bytes += seenFile.size;
    }
  }
  if (isSettled && isClean) locked(() => purges.refresh() || purges.empty());
  if (swept.bytes > most) {
    found.sort((one, other) => one.usedAt - other.usedAt);
    for (const { path, size } of found) {
      if (swept.bytes <= most * KEPT_SHARE) break;
      await remove(path, swept);
      swept.bytes -= size;
    }
  }
  swept.files = found.length;
  return swept;
}

/** False when it is there still. */
async function remove(path: string, swept: Swept): Promise<boolean> {
  swept.removed += 1;
  return unlink(path).then(() => true, isGone);
}

function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT';
}

/** Does the list mean the object in a file, softly or not as is asked? What is no object goes as well. */
async function isPurged(path: string, purges: PurgeList, evenSoftly: boolean): Promise<boolean> {
  const head = unpackHead(await beginningOf(path)) ?? unpackHead(await readFile(path).catch(() => EMPTY));
  if (head === undefined) return true;
  const judgement = purges.judge(head.key, head.meta);
  return judgement === 'gone' || (evenSoftly && judgement === 'soft');
}

const EMPTY = Buffer.alloc(0);

async function beginningOf(path: string): Promise<Buffer> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return EMPTY;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
