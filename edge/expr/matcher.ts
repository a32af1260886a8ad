/**
 * Running translated regular expressions: one RegExp per use, made when a thread compiles its steps, and the groups in
 * PCRE's numbering. Any thread; nothing here throws.
 */
import type { RegexSource } from './ast.js';
import { boundedRegExp } from './bounded-regex.js';

/** Groups of a match, $0 first, and the place of the match in the subject. */
export interface Groups extends ReadonlyArray<string | undefined> {
  readonly index: number;
}

/** Does it match anywhere in the subject? Allocates nothing. */
export function compileTest(regex: RegexSource): (subject: string) => boolean {
  const compiled = boundedRegExp(regex.source, regex.flags);
  return (subject) => compiled.test(subject);
}

/** returns  the groups of the first match, or undefined */
export function compileMatch(regex: RegexSource): (subject: string) => Groups | undefined {
  const compiled = boundedRegExp(regex.source, regex.flags);
  const { groups } = regex;
  if (groups === undefined) return (subject) => compiled.exec(subject) ?? undefined;
  return (subject) => {
    const found = compiled.exec(subject);
    if (found === null) return undefined;
    const mapped = groups.map((place) => found[place]);
    return Object.assign(mapped, { index: found.index });
  };
}

/** How many groups it has beside $0. */
export function groupCount({ source, flags, groups }: RegexSource): number {
  if (groups !== undefined) return groups.length - 1;
  return (boundedRegExp(`${source}|`, flags).exec('')?.length ?? 1) - 1;
}

/** A value with `$0…$9` to fill in, as text pieces and group numbers. */
export type Substitution = readonly (string | number)[];

/** `$n` is a group, a backslash takes the next character as it is; anything else is text (ap_pregsub). */
export function parseSubstitution(value: string): Substitution {
  const parts: (string | number)[] = [];
  let text = '';
  for (let i = 0; i < value.length; i++) {
    const c = value.charAt(i);
    const next = value.charAt(i + 1);
    if (c === '$' && next >= '0' && next <= '9') {
      if (text !== '') parts.push(text);
      text = '';
      parts.push(Number(next));
      i++;
    } else if (c === '\\' && next !== '') {
      text += next;
      i++;
    } else text += c;
  }
  if (text !== '') parts.push(text);
  return parts;
}

/** A group that took no part gives nothing. */
export function substitute(parts: Substitution, groups: readonly (string | undefined)[]): string {
  let out = '';
  for (const part of parts) out += typeof part === 'string' ? part : (groups[part] ?? '');
  return out;
}
