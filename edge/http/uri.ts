/**
 * Request targets to paths and back. A path is decoded byte by byte: every character of the result is one byte (latin1),
 * so that encoding gives the same bytes again whatever character set the client meant.
 * Source: RFC 3986 5.2.4, RFC 9112 3.2; httpd 2.4 core "AllowEncodedSlashes", "MergeSlashes", and mod_proxy's canonical
 * form as observed. Any thread; nothing here throws.
 */

export interface PathRules {
  mergeSlashes: boolean;
  allowEncodedSlashes: 'Off' | 'On' | 'NoDecode';
}

/** What has to be looked at closely; any other path is its own normal form. */
const NOT_PLAIN = /[%\\]|\/\/|\/\.|[^\x21-\x7e]/;
const NOT_PLAIN_TARGET = /[#%\\]|\/\/|\/\.|[^\x21-\x7e]/;
/** The last target that was found plain: without a query, it is the path that is asked about next. */
let lastPlain = '';

/**
 * The decoded, normalised path; or the status of the refusal: 400 for what is no path or leaves the root, 404 for an
 * encoded slash or NUL.
 * path  raw, without query; printable ASCII (asciiTarget has seen to that)
 */
export function normalisePath(path: string, rules: PathRules): string | 400 | 404 {
  if (path.charCodeAt(0) !== 0x2f) return 400;
  if (path === lastPlain || !NOT_PLAIN.test(path)) return path;
  const dotted = path.includes('%2') || path.includes('%') ? decodeUnreserved(path) : path;
  const resolved = removeDotSegments(merged(dotted, rules), false);
  if (resolved === undefined) return 400;
  const decoded = decode(resolved, rules.allowEncodedSlashes);
  if (rules.allowEncodedSlashes !== 'On' || typeof decoded !== 'string') return decoded;
  // Slashes that were encoded may have made new `..` segments; httpd does not refuse those that leave the root now.
  return removeDotSegments(merged(decoded, rules), true) ?? 400;
}

/** What a refused path is called in logs and pages: an encoded slash is one there. */
export function shownPath(rawPath: string, rules: PathRules): string {
  if (!/%2f/i.test(rawPath)) return rawPath;
  const resolved = removeDotSegments(merged(decodeUnreserved(rawPath), rules), false);
  const path = resolved === undefined ? undefined : decode(resolved, 'On');
  return typeof path === 'string' ? path : rawPath;
}

function merged(path: string, rules: PathRules): string {
  return rules.mergeSlashes ? path.replace(/\/\/+/g, '/') : path;
}

/** `%2e` and other unreserved characters decoded, so that dots are found (RFC 3986 6.2.2.2). */
function decodeUnreserved(path: string): string {
  return path.replace(/%([0-9a-fA-F]{2})/g, (whole, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-._~]/.test(char) ? char : whole;
  });
}

/** Undefined when the path leads above the root, unless it is to stay there. */
function removeDotSegments(path: string, staysAtRoot: boolean): string | undefined {
  if (!path.includes('/.')) return path;
  const out: string[] = [];
  const segments = path.split('/');
  for (let i = 1; i < segments.length; i += 1) {
    const segment = segments[i] as string;
    const isLast = i === segments.length - 1;
    if (segment === '.') {
      if (isLast) out.push('');
    } else if (segment === '..') {
      if (out.length === 0 && !staysAtRoot) return undefined;
      out.pop();
      if (isLast) out.push('');
    } else out.push(segment);
  }
  return `/${out.join('/')}`;
}

function decode(path: string, slashes: PathRules['allowEncodedSlashes']): string | 400 | 404 {
  let at = path.indexOf('%');
  if (at < 0) return path;
  let out = '';
  let from = 0;
  for (; at >= 0; at = path.indexOf('%', at + 3)) {
    const hex = path.slice(at + 1, at + 3);
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) return 400;
    const code = Number.parseInt(hex, 16);
    if (code === 0) return 404;
    if (code === 0x2f && slashes === 'Off') return 404;
    if (code === 0x2f && slashes === 'NoDecode') continue;
    out += path.slice(from, at) + String.fromCharCode(code);
    from = at + 3;
  }
  return out + path.slice(from);
}

/** A target in printable ASCII: other characters become the percent-encoded bytes of their UTF-8; undefined if it has controls or a fragment. */
export function asciiTarget(target: string): string | undefined {
  if (!NOT_PLAIN_TARGET.test(target)) {
    lastPlain = target;
    return target;
  }
  if (!/[^\x21\x22\x24-\x7e]/.test(target)) return target;
  if (/[\0-\x20#\x7f\ufffd]/.test(target)) return undefined;
  return target.replace(/[^\x21-\x7e]+/g, (text) =>
    Buffer.from(text).reduce((out, byte) => `${out}%${byte.toString(16).toUpperCase().padStart(2, '0')}`, ''),
  );
}

/** What mod_proxy leaves as it is in a path; all else is percent-encoded. */
const RAW_IN_PATH = /^[A-Za-z0-9$\-_.+!*'(),:@&=/~;]*$/;

/**
 * A decoded path as a member gets it. keepEncodedSlash: a `%2f` that NoDecode left stays as it is.
 * httpd differs: where a section fits the request it forgets NoDecode here, and `%2f` reaches the member as `%252f`; it
 * refuses with 400 a `%25` that no two hexadecimal digits follow.
 */
export function encodePath(path: string, keepEncodedSlash = false): string {
  if (RAW_IN_PATH.test(path)) return path;
  let out = '';
  for (let i = 0; i < path.length; i += 1) {
    const char = path[i] as string;
    if (RAW_IN_PATH.test(char)) out += char;
    else if (keepEncodedSlash && /^%2[fF]/.test(path.slice(i, i + 3))) {
      out += path.slice(i, i + 3);
      i += 2;
    } else out += `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** A decoded path as it stands in a URL that a client is sent to (httpd: ap_os_escape_path). */
export function escapePath(path: string): string {
  if (RAW_IN_PATH.test(path)) return path;
  return path.replace(
    /[^A-Za-z0-9$\-_.+!*'(),:@&=/~;]/g,
    (char) => `%${(char.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`,
  );
}
