/**
 * Which fields of a response are kept, and what a 304 changes in them (RFC 9111 3.1, 3.2). Any thread; pure.
 */
import type { ResponseFacts } from './response-facts.js';

/** Of one connection, or made anew for every answer. Fields named by Connection are gone before. */
const NEVER = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
  ...[
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'content-length',
    'age',
    'warning',
  ],
]);
/** A 304 says these of itself, or they belong to the stored bytes (RFC 9111 3.2). */
const NOT_UPDATED = new Set(['content-encoding', 'content-range', 'content-md5', 'content-type']);

/**
 * The fields to keep. Those that private or no-cache name are left out, because they are not for everybody, or not
 * without asking (RFC 9111 5.2.2.4, 5.2.2.7).
 * ignored  CacheIgnoreHeaders, in lower case
 */
export function storedFields(
  fields: readonly string[],
  facts: ResponseFacts,
  ignored: readonly string[],
): string[] {
  const { noCacheFields, privateFields } = facts.control;
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    if (NEVER.has(name) || ignored.includes(name)) continue;
    if (noCacheFields.includes(name) || privateFields.includes(name)) continue;
    kept.push(fields[i] as string, fields[i + 1] as string);
  }
  return kept;
}

/** Stored fields with what a 304 says over them; kept: fields of the 304 that are to be stored. */
export function mergeFields(stored: readonly string[], kept: readonly string[]): string[] {
  const replaced = new Set<string>();
  const added: string[] = [];
  for (let i = 0; i < kept.length; i += 2) {
    const name = (kept[i] as string).toLowerCase();
    if (NOT_UPDATED.has(name)) continue;
    replaced.add(name);
    added.push(kept[i] as string, kept[i + 1] as string);
  }
  const merged: string[] = [];
  for (let i = 0; i < stored.length; i += 2) {
    if (!replaced.has((stored[i] as string).toLowerCase()))
      merged.push(stored[i] as string, stored[i + 1] as string);
  }
  return [...merged, ...added];
}
