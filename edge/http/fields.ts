/**
 * Header field lists: flat arrays of name, value, name, value …, duplicates apart, in order. Names are compared without
 * regard to case (RFC 9110 5.1). A linear scan beats a map at the ten or so fields that a request has.
 * Any thread; nothing here throws.
 */
import type { Fields } from '../exchange.js';

/** Are these two names the same field? Length and first letter decide nearly always, so little is lower-cased in vain. */
export function isName(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  if (a === b) return true;
  return ((a.charCodeAt(0) ^ b.charCodeAt(0)) & 0xdf) === 0 && a.toLowerCase() === b.toLowerCase();
}

/** Index of the first field of that name (any case) at or after `from`, or -1. */
export function indexOfField(fields: Fields, name: string, from = 0): number {
  for (let i = from; i < fields.length; i += 2) if (isName(fields[i] as string, name)) return i;
  return -1;
}

/** Value of a field, duplicates joined with `, ` (RFC 9110 5.3); undefined when there is none. */
export function fieldValue(fields: Fields, name: string): string | undefined {
  let i = indexOfField(fields, name);
  if (i < 0) return undefined;
  let value = fields[i + 1] as string;
  for (i = indexOfField(fields, name, i + 2); i >= 0; i = indexOfField(fields, name, i + 2))
    value += `, ${fields[i + 1] as string}`;
  return value;
}

export function removeField(fields: Fields, name: string): void {
  for (let i = indexOfField(fields, name); i >= 0; i = indexOfField(fields, name, i)) fields.splice(i, 2);
}

/** Replaces all fields of that name by one at the place of the first, or adds it at the end. */
export function setField(fields: Fields, name: string, value: string): void {
  const first = indexOfField(fields, name);
  if (first < 0) {
    fields.push(name, value);
    return;
  }
  fields[first + 1] = value;
  for (let i = indexOfField(fields, name, first + 2); i >= 0; i = indexOfField(fields, name, i))
    fields.splice(i, 2);
}
