/**
 * Shell wildcards to regular expressions, as httpd's fnmatch reads them: `*`, `?`, `[set]`, `\` to escape.
 * Source: POSIX fnmatch(3). Pure; used at load and at a thread's start.
 */

/** True when a section's argument has wildcards. */
export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** A whole-text pattern. isPathname: `*` and `?` do not match a slash. */
export function globRegex(pattern: string, isPathname: boolean, flags = ''): RegExp {
  const any = isPathname ? '[^/]' : '[^]';
  let out = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern[i] as string;
    if (char === '*') out += `${any}*`;
    else if (char === '?') out += any;
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end < 0) out += '\\[';
      else {
        const set = pattern
          .slice(i + 1, end)
          .replace(/[\\\]^]/g, (c, at: number) => (c === '^' && at === 0 ? c : `\\${c}`));
        out += `[${set.replace(/^!/, '^')}]`;
        i = end;
      }
    } else {
      if (char === '\\') i += 1;
      out += (pattern[i] ?? '\\').replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    }
  }
  return new RegExp(`^${out}$`, flags);
}
