/**
 * Which files an Include line means. A plain path is a file, or a directory with all that lies in it; `*`, `?` and
 * `[…]` may stand in any component of the path, and do not match a leading dot. Names are taken in byte order.
 *
 * Source: httpd 2.4 manual, core, "Include", "IncludeOptional"; messages and order from a running httpd.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What keeps an Include line from being followed; the text is httpd's. */
export class IncludeError extends Error {}

const WILD = /[*?[]/;
const DEEPEST_DIRECTORY = 20;

/**
 * path    absolute
 * returns absolute paths of files, in the order they are read
 * errors  IncludeError, unless isOptional
 */
export function filesOf(path: string, isOptional: boolean): string[] {
  if (!WILD.test(path)) {
    if (isDirectory(path)) return filesBelow(path, 0);
    if (isOptional && statSync(path, { throwIfNoEntry: false }) === undefined) return [];
    return [path];
  }
  const components = path.split('/').filter((component) => component !== '');
  return matching('/', components, isOptional);
}

function matching(root: string, components: readonly string[], isOptional: boolean): string[] {
  const [first, ...rest] = components;
  if (first === undefined) return isDirectory(root) ? filesBelow(root, 0) : [root];
  if (!WILD.test(first)) {
    const next = join(root, first);
    if (rest.length > 0) return matching(next, rest, isOptional);
    if (statSync(next, { throwIfNoEntry: false }) !== undefined) return matching(next, [], isOptional);
    return isOptional ? [] : [next];
  }
  let names: string[];
  try {
    names = readdirSync(root);
  } catch (error) {
    if (isOptional) return [];
    throw new IncludeError(`Include/IncludeOptional: Could not open directory ${root}: ${reasonOf(error)}`);
  }
  const pattern = globPattern(first);
  const hits = names.filter((name) => pattern.test(name)).sort(byBytes);
  const found = rest.length > 0 ? hits.filter((name) => isDirectory(join(root, name))) : hits;
  if (found.length === 0 && !isOptional) {
    throw new IncludeError(
      `Include/IncludeOptional: No matches for the wildcard '${first}' in '${root}', failing`,
    );
  }
  return found.flatMap((name) => matching(join(root, name), rest, isOptional));
}

function filesBelow(directory: string, depth: number): string[] {
  if (depth > DEEPEST_DIRECTORY) {
    throw new IncludeError(
      `Directory ${directory} exceeds the maximum include directory nesting level of ${DEEPEST_DIRECTORY}. ` +
        'You have probably a recursion somewhere.',
    );
  }
  let names: string[];
  try {
    names = readdirSync(directory).sort(byBytes);
  } catch (error) {
    throw new IncludeError(`Could not open config directory ${directory}: ${reasonOf(error)}`);
  }
  return names.flatMap((name) => {
    const path = join(directory, name);
    return isDirectory(path) ? filesBelow(path, depth + 1) : [path];
  });
}

/** One component of a path with wildcards as a regular expression. */
export function globPattern(glob: string): RegExp {
  let source = glob.startsWith('.') ? '^' : '^(?!\\.)';
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at] ?? '';
    const end = character === '[' ? glob.indexOf(']', at + 2) : -1;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (end > 0) {
      const set = glob.slice(at + 1, end).replace(/[\\\]^[]/g, '\\$&');
      source +=
        set.startsWith('!') || set.startsWith('\\^') ? `[^${set.replace(/^!|^\\\^/, '')}]` : `[${set}]`;
      at = end;
    } else source += character.replace(/[.+^${}()|[\]\\*?]/g, '\\$&');
  }
  try {
    return new RegExp(`${source}$`, 's');
  } catch {
    // A range out of order, as in [z-a]: it matches nothing.
    return /(?!)/;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  EBADF: 'Bad file descriptor',
};

/** The system's words for an error of the file system, as C prints them. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
