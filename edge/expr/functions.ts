/**
 * The functions of expressions. Each takes the function that gives its argument and returns the one that gives the
 * result; what has no value gives the empty string.
 * Source: httpd 2.4 manual, "Expressions in Apache HTTP Server", "Functions". Any thread; nothing here throws.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { requestValue, responseValue, tlsVariable } from '../http/variables.js';
import type { Request } from '../request.js';
import { addVary } from './vary.js';

type Value = (r: Request) => string;

/** httpd's bound for file(): a larger file gives nothing. */
const MAX_FILE = 10 * 1024 * 1024;

/** Characters that stay themselves in a path (ap_os_escape_path); every other byte becomes %xx. */
const ESCAPED = /[^A-Za-z0-9$\-_.+!*'(),:@&=/~;]/g;

/**
 * fn    name in lower case, one of STRING_FUNCTIONS or `hc`
 * vary  req and http add their field to Vary
 */
export function compileFunction(fn: string, arg: Value, vary: boolean): Value {
  switch (fn) {
    case 'req':
    case 'http':
      return vary ? varying(arg) : (r) => requestValue(r, arg(r)) ?? '';
    case 'req_novary':
      return (r) => requestValue(r, arg(r)) ?? '';
    case 'resp':
      return (r) => responseValue(r, arg(r)) ?? '';
    case 'reqenv':
      return (r) => r.env?.get(arg(r)) ?? '';
    case 'osenv':
      return (r) => process.env[arg(r)] ?? '';
    case 'note':
      return (r) => r.notes?.get(arg(r)) ?? '';
    case 'env':
      return (r) => {
        const name = arg(r);
        return r.notes?.get(name) ?? r.env?.get(name) ?? process.env[name] ?? '';
      };
    case 'ssl':
      return (r) => tlsVariable(r, arg(r)) ?? '';
    // The health checker leaves the answer's body there.
    case 'hc':
      return (r) => (arg(r) === 'body' ? (r.notes?.get('hc-body') ?? '') : '');
    default:
      return textFunction(fn, arg);
  }
}

function varying(arg: Value): Value {
  return (r) => {
    const name = arg(r);
    if (name !== '') addVary(r, name);
    return requestValue(r, name) ?? '';
  };
}

/** ASCII letters only: strings hold bytes, and the bytes of an UTF-8 character are no letters. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function textFunction(fn: string, arg: Value): Value {
  const apply = TEXT.get(fn);
  return apply === undefined ? () => '' : (r) => apply(arg(r));
}

const TEXT = new Map<string, (text: string) => string>([
  ['tolower', lowerCase],
  ['toupper', (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())],
  ['escape', escapePath],
  ['unescape', percentDecode],
  ['base64', (text) => bytes(text).toString('base64')],
  ['unbase64', (text) => Buffer.from(text, 'base64').toString('latin1')],
  ['md5', (text) => createHash('md5').update(bytes(text)).digest('hex')],
  ['sha1', (text) => createHash('sha1').update(bytes(text)).digest('hex')],
  ['file', readWhole],
  ['filesize', fileSize],
]);

/** Strings of a request hold one byte a character; anything wider was written in the configuration, as UTF-8. */
function bytes(text: string): Buffer {
  return /[^\0-\xff]/.test(text) ? Buffer.from(text, 'utf8') : Buffer.from(text, 'latin1');
}

function escapePath(text: string): string {
  if (text.search(ESCAPED) < 0) return text;
  return bytes(text)
    .toString('latin1')
    .replace(ESCAPED, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Percent decoding. A slash stays encoded; a malformed sequence or a NUL gives nothing at all, as in httpd. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  if (/%(?![0-9A-Fa-f]{2})|%00/.test(text)) return '';
  return text.replace(/%(?!2[Ff])(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

// httpd differs: where a file cannot be read the whole expression gives nothing, not the function alone.
function readWhole(path: string): string {
  try {
    const status = statSync(path);
    if (!status.isFile() || status.size > MAX_FILE) return '';
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function fileSize(path: string): string {
  try {
    const status = statSync(path);
    return status.isFile() ? String(status.size) : '0';
  } catch {
    return '0';
  }
}
