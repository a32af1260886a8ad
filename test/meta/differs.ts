/**
 * Where drover differs from httpd on purpose. Each such line of the code carries a mark, `httpd differs:`, and what it
 * does otherwise; this lists them with file and line. README.md explains them in groups.
 *
 *   npm run build && node dist/test/meta/differs.js
 */
import { realpathSync } from 'node:fs';
import { sourceFiles } from './sources.js';

export interface Difference {
  path: string;
  line: number;
  /** What httpd does, or what drover does in its place; one line. */
  text: string;
}

const MARK = 'httpd differs:';

/** All of them, by file and line. */
export function differences(): Difference[] {
  return sourceFiles()
    .filter(({ path }) => !path.startsWith('test/') && !path.startsWith('native-bench/'))
    .flatMap(({ path, text }) => differencesOf(text).map((found) => ({ path, ...found })));
}

/** Those of one file: the mark, and the lines of the same comment that follow, as one line. */
export function differencesOf(text: string): Omit<Difference, 'path'>[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const start = line.indexOf(MARK);
    if (start < 0) return [];
    const words = [line.slice(start + MARK.length)];
    for (let next = at + 1; isOpen(words.at(-1) ?? '') && isComment(lines[next]); next += 1) {
      words.push((lines[next] as string).replace(/^\s*(?:\/\/|\*)/, ''));
    }
    const said = words
      .join(' ')
      .replace(/\*\/.*$/, '')
      .replace(/\s+/g, ' ')
      .trim();
    return [{ line: at + 1, text: said }];
  });
}

/** A comment goes on unless its line ends it, or ends a sentence. */
function isOpen(line: string): boolean {
  return !line.includes('*/') && !/[.)]$/.test(line.trim());
}

function isComment(line: string | undefined): boolean {
  return line !== undefined && /^\s*(?:\/\/|\*(?!\/))\s*\S/.test(line);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  for (const { path, line, text } of differences()) process.stdout.write(`${path}:${line}: ${text}\n`);
}
