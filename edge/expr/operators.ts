/**
 * Unary and binary operators of expressions, all but those on networks.
 * Source: httpd 2.4 manual, "Expressions in Apache HTTP Server", "Operators". Any thread; nothing here throws.
 */
import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import type { Request } from '../request.js';
import { matchesFileGlob, matchesGlob } from './wildcard.js';

type Test = (r: Request) => boolean;
type Value = (r: Request) => string;

/** name  without its dash, one of UNARY_OPERATORS */
export function compileUnary(name: string, arg: Value): Test {
  const test = UNARY.get(name);
  return test === undefined ? () => false : (r) => test(arg(r));
}

/** name  without its dash, one of BINARY_OPERATORS */
export function compileBinary(name: string, left: Value, right: Value): Test {
  switch (name) {
    case 'strmatch':
      return (r) => matchesGlob(left(r), right(r));
    case 'strcmatch':
      return (r) => matchesGlob(left(r).toLowerCase(), right(r).toLowerCase());
    case 'fnmatch':
      return (r) => matchesFileGlob(left(r), right(r));
    default:
      return () => false;
  }
}

const UNARY = new Map<string, (text: string) => boolean>([
  ['n', (text) => text !== ''],
  ['z', (text) => text === ''],
  ['T', isTrue],
  ['d', (path) => status(path, statSync)?.isDirectory() === true],
  ['e', (path) => status(path, statSync) !== undefined],
  ['f', (path) => status(path, statSync)?.isFile() === true],
  ['s', (path) => (status(path, statSync)?.size ?? 0) > 0],
  ['L', isLink],
  ['h', isLink],
  ['x', isExecutable],
]);

function isTrue(text: string): boolean {
  return text !== '' && text !== '0' && !/^(?:off|false|no)$/i.test(text);
}

function isLink(path: string): boolean {
  return status(path, lstatSync)?.isSymbolicLink() === true;
}

function status(path: string, stat: (path: string) => Stats): Stats | undefined {
  if (path === '') return undefined;
  try {
    return stat(path);
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
