/**
 * How mod_proxy reads the value of a `key=value` parameter: numbers as C's atoi does (trailing text is ignored, no
 * number is 0), switches as On or Off, times as an integer with a unit. A value that is not acceptable throws
 * BadParameter with httpd's words; whoever reads the line puts its own name before them.
 *
 * Source: httpd 2.4, manual of mod_proxy; messages and corner cases from httpd itself.
 * Thread: main, at load.
 */
import type { Ms } from '../../settings.js';

/** A refused value: httpd's message without the directive's name. */
export class BadParameter extends Error {}

/** A parameter of a member or a balancer: its key in lower case, and how its value gets into the draft. */
export interface ParameterRow<Draft> {
  key: string;
  /** Throws BadParameter. */
  apply(draft: Draft, value: string): void;
}

/** C's atoi and atol: leading blanks, a sign, digits; the rest is ignored. */
export function atoi(text: string): number {
  const digits = /^\s*[+-]?\d+/.exec(text);
  return digits === null ? 0 : Number(digits[0]);
}

/** atoi within bounds; outside of them the message is thrown. */
export function integer(text: string, least: number, most: number, message: string): number {
  const value = atoi(text);
  if (value < least || value > most) throw new BadParameter(message);
  return value;
}

/** Sizes of buffers: at least 512 bytes, or 0 for what the system has. */
export function bufferSize(text: string, message: string): number {
  const value = atoi(text);
  if (value < 512 && value !== 0) throw new BadParameter(message);
  return value;
}

export function onOff(text: string, message: string): boolean {
  const word = text.toLowerCase();
  if (word !== 'on' && word !== 'off') throw new BadParameter(message);
  return word === 'on';
}

/** Text shorter than `limit` bytes; httpd keeps it in an array of that size. */
export function shortText(text: string, limit: number, what: string): string {
  if (Buffer.byteLength(text) >= limit)
    throw new BadParameter(`${what} length must be < ${limit} characters`);
  return text;
}

const UNITS: Record<string, Ms> = { s: 1000, ms: 1, mi: 60_000, h: 3_600_000 };
/** Microseconds in a signed 64-bit integer, as httpd holds times. */
const LONGEST: Ms = 2 ** 63 / 1000;

/**
 * An integer followed by s, ms, mi (minutes) or h, or by nothing for the default unit. Text after the unit is ignored,
 * as httpd ignores it; units are in lower case only.
 * returns  milliseconds, or undefined when the text is not a time
 */
export function duration(text: string, defaultUnit: 's' | 'ms'): Ms | undefined {
  const [, digits = '', rest = ''] = /^\s*([+-]?\d+)?(.*)$/s.exec(text) ?? [];
  const unit = rest === '' ? defaultUnit : (/^(?:s|ms|mi|h)/.exec(rest)?.[0] ?? '');
  const scale = UNITS[unit];
  if (scale === undefined) return undefined;
  const value = Number(digits) * scale;
  return value < 0 || value > LONGEST ? undefined : value;
}

/** A time of at least one millisecond, with httpd's two messages. */
export function atLeastOneMs(text: string, defaultUnit: 's' | 'ms', what: string, tooShort: string): Ms {
  const value = duration(text, defaultUnit);
  if (value === undefined) throw new BadParameter(`${what} has wrong format`);
  if (value < 1) throw new BadParameter(tooShort);
  return value;
}

/** Splits `key=value` at the first `=`; undefined when there is none. */
export function keyValue(word: string): { key: string; value: string } | undefined {
  const at = word.indexOf('=');
  return at === -1 ? undefined : { key: word.slice(0, at), value: word.slice(at + 1) };
}
