/**
 * One stored object as a file: a line of numbers, the key, what is kept beside the body, the body. The line ends with a
 * SHA-256 over all that follows, so that a file that was cut, mixed or bent by whatever happened to the machine is seen
 * for what it is before a byte of it is served.
 *
 *   drover-cache 1 <bytes of key> <of meta> <of body> <sha256, hex>\n  key  meta (JSON)  body
 *
 * Its name is a hash of the key; as many of the hash's characters as CacheDirLevels and CacheDirLength say name the
 * directories above it, as mod_cache_disk lays its files. Any thread; pure.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** A CacheRoot and how files lie below it. */
export interface DiskPlace {
  root: string;
  levels: number;
  length: number;
  /** Bytes that its files may take together. */
  most: number;
}

export interface FiledObject {
  /** StoredMeta as JSON. */
  meta: string;
  body: Uint8Array;
}

const MARK = 'drover-cache 1';
const LINE = /^drover-cache 1 (\d+) (\d+) (\d+) ([0-9a-f]{64})$/;
/** Longest first line: five numbers and a hash. */
const LINE_BYTES = 160;
/** What names an object's file; nothing else below a CacheRoot is touched. */
export const OBJECT_NAME = /^[\w-]{43}\.object$/;

/** Where the object of a key lies below its root. */
export function pathOf({ root, levels, length }: DiskPlace, key: string): string {
  const name = createHash('sha256').update(key, 'latin1').digest('base64url');
  const parts = [root];
  for (let level = 0; level < levels; level += 1)
    parts.push(name.slice(level * length, (level + 1) * length));
  return join(...parts, `${name}.object`);
}

/** The content of an object's file. */
export function pack(key: string, meta: string, segments: readonly Uint8Array[]): Buffer {
  const texts = Buffer.from(key + meta, 'latin1');
  let length = 0;
  for (const segment of segments) length += segment.length;
  const file = Buffer.allocUnsafe(LINE_BYTES + texts.length + length);
  texts.copy(file, LINE_BYTES);
  let at = LINE_BYTES + texts.length;
  for (const segment of segments) {
    file.set(segment, at);
    at += segment.length;
  }
  const sum = createHash('sha256').update(file.subarray(LINE_BYTES)).digest('hex');
  const line = `${MARK} ${key.length} ${meta.length} ${length} ${sum}\n`;
  file.write(line, LINE_BYTES - line.length, 'latin1');
  return file.subarray(LINE_BYTES - line.length);
}

/** Key and meta at a file's beginning, unchecked; undefined when that is no object's, or too little of it. */
export function unpackHead(file: Buffer): { key: string; meta: string } | undefined {
  const found = measure(file);
  if (found === undefined || file.length < found.metaEnd) return undefined;
  const { keyStart, keyEnd, metaEnd } = found;
  return { key: file.toString('latin1', keyStart, keyEnd), meta: file.toString('latin1', keyEnd, metaEnd) };
}

/** The object in a file's content; undefined when it is not whole, not right, or another key's. */
export function unpack(file: Buffer, key: string): FiledObject | undefined {
  const found = measure(file);
  if (found === undefined) return undefined;
  const { keyStart, keyEnd, metaEnd, end, sum } = found;
  if (file.length !== end || file.toString('latin1', keyStart, keyEnd) !== key) return undefined;
  if (createHash('sha256').update(file.subarray(keyStart)).digest('hex') !== sum) return undefined;
  return { meta: file.toString('latin1', keyEnd, metaEnd), body: file.subarray(metaEnd) };
}

interface Measured {
  keyStart: number;
  keyEnd: number;
  metaEnd: number;
  end: number;
  sum: string;
}

function measure(file: Buffer): Measured | undefined {
  const lineEnd = file.subarray(0, LINE_BYTES).indexOf(10);
  if (lineEnd < 0) return undefined;
  const match = LINE.exec(file.toString('latin1', 0, lineEnd));
  if (match === null) return undefined;
  const keyStart = lineEnd + 1;
  const keyEnd = keyStart + Number(match[1]);
  const metaEnd = keyEnd + Number(match[2]);
  return { keyStart, keyEnd, metaEnd, end: metaEnd + Number(match[3]), sum: match[4] as string };
}
