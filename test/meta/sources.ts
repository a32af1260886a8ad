/**
 * The repository as the tests of this folder see it: its TypeScript files with their text and imports, and its other text
 * files. Imports are read with a regular expression, which is enough for code that Biome has formatted; a test holds it
 * against every form that occurs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, posix, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

/** Folders that hold code; `test` and `native-bench` may know all others. */
export const CODE_FOLDERS = ['edge', 'workers', 'cache', 'tls', 'native-bench', 'test'] as const;

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.git', 'results']);
const TEXT = new Set(['.ts', '.js', '.json', '.md', '.sh', '.conf', '.conftest', '.service', '.yml', '']);

export interface SourceFile {
  /** From the repository's root, with slashes. */
  path: string;
  text: string;
  lines: number;
  /** What it imports: `node:net`, `piscina`, or a path from the root that ends in .ts. */
  imports: string[];
}

/** All text files, by path. */
export function textFiles(): { path: string; text: string }[] {
  const files = readdirSync(ROOT, { withFileTypes: true, recursive: false }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(ROOT, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
  return files
    .filter((file) => TEXT.has(extname(file)))
    .map((file) => ({ path: relative(ROOT, file), text: readFileSync(file, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

export function sourceFiles(): SourceFile[] {
  return textFiles()
    .filter(({ path }) => path.endsWith('.ts'))
    .map(({ path, text }) => ({
      path,
      text,
      lines: text.split('\n').length - 1,
      imports: importsOf(text, path),
    }));
}

const IMPORT = /^(?:import|export)\b[^;]*?\bfrom '([^']+)';|^import '([^']+)';|\bimport\('([^']+)'\)/gm;
const REQUIRE = /createRequire\(import\.meta\.url\)\('([^']+)'\)/g;

/** Static, dynamic, type and re-exported imports, and those by createRequire; relative ones as paths of sources. */
export function importsOf(text: string, path: string): string[] {
  const named = [...text.matchAll(IMPORT), ...text.matchAll(REQUIRE)].map((m) => m[1] ?? m[2] ?? m[3] ?? '');
  return named.map((name) =>
    name.startsWith('.') ? posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts') : name,
  );
}

/** `edge` of `edge/http/uri.ts`. */
export function roomOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}
