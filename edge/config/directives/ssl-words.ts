/**
 * What the rows of mod_ssl have in common: the shape of a row, files and directories that must be there, notes.
 *
 * Source: httpd 2.4; messages from httpd itself.
 * Thread: main, at load.
 */
import { statSync } from 'node:fs';
import { fail } from '../error.js';
import type { Arity, Context, DirectiveLine, DirectiveRow, Scope } from '../table.js';

export function sslRow(
  name: string,
  arity: Arity,
  usage: string,
  contexts: readonly Context[],
  apply: DirectiveRow['apply'],
): DirectiveRow {
  return { name, module: 'mod_ssl', contexts, arity, usage, apply };
}

/** For `flag` rows, whose word the reader has checked. */
export function isOn(line: DirectiveLine): boolean {
  return line.words[0]?.text.toLowerCase() === 'on';
}

/** The first word as a path of a regular file that is not empty, absolute. */
export function existingFile(line: DirectiveLine, scope: Scope): string {
  const path = scope.resolve(line.words[0]?.text ?? '');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size === 0) {
    fail(line, `${line.name}: file '${path}' does not exist or is empty`, line.words[0]?.column);
  }
  return path;
}

/** The first word as a path of a directory, absolute. */
export function existingDirectory(line: DirectiveLine, scope: Scope): string {
  const path = scope.resolve(line.words[0]?.text ?? '');
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    fail(line, `${line.name}: directory '${path}' does not exist`, line.words[0]?.column);
  }
  return path;
}
