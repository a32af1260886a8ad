/**
 * Shell patterns as apr_fnmatch takes them: `*`, `?`, `[…]` and backslash; with FNM_PATHNAME wildcards stop at a slash.
 * The walk returns to the last star only, so its cost is at most length × length, never exponential.
 * Any thread; nothing here throws.
 */

/** Does the whole text match? Wildcards take slashes too. */
export function matchesGlob(text: string, pattern: string): boolean {
  return walk(text, pattern);
}

/** Does the whole path match, where `*`, `?` and `[…]` never take a slash? */
export function matchesFileGlob(text: string, pattern: string): boolean {
  const segments = text.split('/');
  const patterns = pattern.split('/');
  return segments.length === patterns.length && segments.every((s, i) => walk(s, patterns[i] ?? ''));
}

const STAR = 42;
const QUESTION = 63;
const OPEN = 91;
const BACKSLASH = 92;

/** How many pattern characters at p take the text character at t; 0: it does not match. */
function taken(text: string, t: number, pattern: string, p: number): number {
  const c = pattern.charCodeAt(p);
  if (c === QUESTION) return 1;
  if (c === BACKSLASH && p + 1 < pattern.length)
    return pattern.charCodeAt(p + 1) === text.charCodeAt(t) ? 2 : 0;
  if (c === OPEN) {
    const end = classEnd(pattern, p);
    if (end > 0) return classTakes(pattern.slice(p + 1, end), text.charAt(t)) ? end + 1 - p : 0;
  }
  return c === text.charCodeAt(t) ? 1 : 0;
}

function walk(text: string, pattern: string): boolean {
  let t = 0;
  let p = 0;
  let starAt = -1;
  let starText = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern.charCodeAt(p) === STAR) {
      starAt = p++;
      starText = t;
      continue;
    }
    const length = p < pattern.length ? taken(text, t, pattern, p) : 0;
    if (length > 0) {
      p += length;
      t++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      t = ++starText;
    } else return false;
  }
  while (p < pattern.length && pattern.charCodeAt(p) === STAR) p++;
  return p === pattern.length;
}

/** Place of the `]` that closes a class; one that comes first is a member. -1 when there is none. */
function classEnd(pattern: string, open: number): number {
  const first = open + (/[!^]/.test(pattern.charAt(open + 1)) ? 2 : 1);
  return pattern.indexOf(']', first + 1);
}

function classTakes(body: string, c: string): boolean {
  const isNegated = body.startsWith('!') || body.startsWith('^');
  const members = isNegated ? body.slice(1) : body;
  let isMember = false;
  for (let i = 0; i < members.length; i++) {
    const low = members.charAt(i);
    const isRange = members.charAt(i + 1) === '-' && i + 2 < members.length;
    const high = isRange ? members.charAt(i + 2) : low;
    if (c >= low && c <= high) isMember = true;
    if (isRange) i += 2;
  }
  return isMember !== isNegated;
}
