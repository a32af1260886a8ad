/**
 * Escapes of log lines: whatever a client sends, a line stays one line and a field stays within its quotes.
 * Source: ap_escape_logitem and ap_escape_errorlog_item of httpd 2.4, by their output. Any thread; hot for access logs.
 */

const NEEDS_ESCAPE = /["\\\0-\x1f\x7f-\uffff]/;
const ACCESS = /["\\\0-\x1f\x7f-\uffff]/g;
const ERROR = /[\\\0-\x1f\x7f-\uffff]/g;

const LETTERS = new Map([
  ['\b', '\\b'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

/** A value inside an access line: quotes and backslashes get a backslash, other bytes outside printable ASCII `\xhh`. */
export function escapeLogItem(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(ACCESS, escapeChar) : text;
}

/** A message of the error log: as above, quotes stay. */
export function escapeErrorItem(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(ERROR, escapeChar) : text;
}

function escapeChar(c: string): string {
  const letter = LETTERS.get(c);
  if (letter !== undefined) return letter;
  const code = c.charCodeAt(0);
  if (code < 256) return hex(code);
  // Not a byte: text of our own configuration or system, which goes out as UTF-8.
  return [...Buffer.from(c, 'utf8')].map(hex).join('');
}

function hex(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}
