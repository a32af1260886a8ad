/**
 * Patterns of ProxyPassMatch as one piece of text for `new RegExp`, without flags and with the groups where they were
 * written: what `(?i)` asks for is spelt out in the pattern itself.
 *
 * Source: pcre2pattern(3). Thread: main, at load.
 */
import { RegexError, translateRegex } from '../../expr/regex.js';

/**
 * pattern  PCRE as written
 * returns  JavaScript's source, for no flags
 * errors   RegexError, also for atomic groups and possessive quantifiers, which would move $1, $2 …
 */
export function flaglessSource(pattern: string): string {
  const plain = translateRegex(pattern);
  if (plain.groups !== undefined) {
    // httpd differs: it knows them.
    throw new RegexError('atomic groups and possessive quantifiers cannot stand here', 1);
  }
  if (plain.flags === '') return plain.source;
  // Beside an alternative that never matches but minds case, the translator cannot use a flag for the whole.
  const spelt = translateRegex(`(?:${pattern})|(?!)c`);
  if (spelt.flags !== '') throw new RegexError('options that cannot be spelt out', 1);
  return spelt.source;
}
