/**
 * RewriteMap: keys to values. `txt` reads a file of lines `key value`, `rnd` takes one of a value's alternatives
 * (`a|b|c`) by chance, `int` is one of four functions.
 * A file is looked at again when a second has passed and its time of change is another.
 * Source: httpd 2.4, mod_rewrite, "RewriteMap". Thread: worker, one copy each; nothing here throws.
 */
import { readFileSync, statSync } from 'node:fs';
import { escapePath } from '../http/uri.js';
import type { Lookup } from './rewrite-template.js';

export type RewriteMap =
  | { kind: 'txt' | 'rnd'; file: string }
  | { kind: 'int'; name: 'toupper' | 'tolower' | 'escape' | 'unescape' };

/** httpd differs: it asks for the file's time at every look-up. */
const CHECK_EVERY_MS = 1000;

/** random, now  injected by tests */
export function compileRewriteMap(map: RewriteMap, random = Math.random, now = Date.now): Lookup {
  if (map.kind === 'int') return INTERNAL[map.name];
  const read = compileFile(map.file, now);
  if (map.kind === 'txt') return read;
  return (key, r) => {
    const value = read(key, r);
    if (value === undefined) return undefined;
    const choices = value.split('|');
    return choices[Math.floor(random() * choices.length)] ?? '';
  };
}

const INTERNAL: Readonly<Record<Extract<RewriteMap, { kind: 'int' }>['name'], Lookup>> = {
  toupper: (key) => key.replace(/[a-z]+/g, (text) => text.toUpperCase()),
  tolower: (key) => key.replace(/[A-Z]+/g, (text) => text.toLowerCase()),
  escape: (key) => escapePath(key),
  unescape: (key) => unescapeUrl(key),
};

function unescapeUrl(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function compileFile(file: string, now: () => number): Lookup {
  let values = new Map<string, string>();
  let changedAt = -1;
  let checkedAt = Number.NEGATIVE_INFINITY;
  return (key) => {
    const time = now();
    if (time - checkedAt >= CHECK_EVERY_MS) {
      checkedAt = time;
      try {
        const { mtimeMs } = statSync(file);
        if (mtimeMs !== changedAt) {
          values = parseMap(readFileSync(file, 'latin1'));
          changedAt = mtimeMs;
        }
      } catch {
        // What was read before holds until the file is there again.
      }
    }
    return values.get(key);
  };
}

/** The first line of a key counts; a comment begins with `#`, a line without value is none. */
function parseMap(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([^\s#]\S*)[ \t]+(\S+)/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && !values.has(key)) values.set(key, value);
  }
  return values;
}
