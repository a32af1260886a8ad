/**
 * What the fields of a response head say of the connection and of the body's length, which decides where the next answer
 * begins: what is not unambiguous is an error. Pure.
 * Source: RFC 9112 6.3, 9.3; RFC 9110 7.6.1.
 */

/** Length of a body that ends with the connection or with the last chunk. */
export const UNKNOWN_LENGTH = -1;

export interface ResponseHead {
  status: number;
  reason: string;
  /** End-to-end fields: name, value, name, value …, in order, case as sent. */
  fields: string[];
  /** Bytes of the body, or UNKNOWN_LENGTH; for HEAD what the member announced. */
  length: number;
  isChunked: boolean;
  /** May the connection serve another request after this one? */
  isReusable: boolean;
  /** Seconds of `Keep-Alive: timeout=`, 0 when not given. */
  idleSeconds: number;
  /** Value of Upgrade, or empty. */
  upgrade: string;
  /** Bytes of the head itself, with its empty line. */
  size: number;
}

/** What is wrong with a head; the words go to the error log. */
export class HeadError extends Error {
  override readonly name = 'HeadError';
  /** A line without a colon: httpd answers 502 Bad Gateway and not Proxy Error. */
  readonly isBadField: boolean;

  constructor(message: string, isBadField = false) {
    super(message);
    this.isBadField = isBadField;
  }
}

/** Fields that decide about the connection, collected in the pass. */
export interface Hop {
  connection: string;
  transferEncoding: string;
  /** Name of the field before when it was one of those that are kept back; a fold goes on with it. */
  last: string;
}

/** What a member sent, as it may stand in a log. */
export function printable(text: string): string {
  return text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
}

/** More of a field that is kept back. How long the body is must stand in one line: nothing with a space is a length. */
export function foldBack(hop: Hop, rest: string): void {
  const name = hop.last.toLowerCase();
  if (name === 'connection') hop.connection += ` ${rest}`;
  else if (name === 'content-length' || name === 'transfer-encoding')
    throw new HeadError(`folded ${hop.last} returned`);
}

/**
 * Takes in a field that is about the connection or the framing; false for all others. Length and first letter decide
 * nearly always, so that hardly a name is lower-cased.
 */
export function isConnectionField(head: ResponseHead, hop: Hop, name: string, value: string): boolean {
  const first = name.charCodeAt(0) | 0x20;
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te';
    case 7:
      if (first === 0x75 /* u */ && name.toLowerCase() === 'upgrade') head.upgrade = value;
      else return first === 0x74 /* t */ && name.toLowerCase() === 'trailer';
      return true;
    case 10:
      if (first === 0x63 /* c */ && (name === 'Connection' || name.toLowerCase() === 'connection')) {
        if (value === 'keep-alive' || value === 'Keep-Alive') return true;
        hop.connection = hop.connection === '' ? value : `${hop.connection}, ${value}`;
        return true;
      }
      if (first !== 0x6b /* k */ || name.toLowerCase() !== 'keep-alive') return false;
      head.idleSeconds = Number(/(?:^|[\s,])timeout=(\d{1,6})/i.exec(value)?.[1] ?? 0);
      return true;
    case 14:
      if (first !== 0x63 || (name !== 'Content-Length' && name.toLowerCase() !== 'content-length'))
        return false;
      setLength(head, value);
      return true;
    case 17:
      if (first !== 0x74 || (name !== 'Transfer-Encoding' && name.toLowerCase() !== 'transfer-encoding'))
        return false;
      hop.transferEncoding = hop.transferEncoding === '' ? value : `${hop.transferEncoding}, ${value}`;
      return true;
    case 18:
      return first === 0x70 /* p */ && name.toLowerCase() === 'proxy-authenticate';
    default:
      return false;
  }
}

/** RFC 9112 6.3 #5: anything but one value, possibly repeated, is an unrecoverable error. */
function setLength(head: ResponseHead, value: string): void {
  let length = digits(value);
  if (length < 0) {
    for (const part of value.split(',')) {
      const one = digits(part.trim());
      if (one < 0 || (length >= 0 && length !== one)) {
        throw new HeadError(`bad Content-Length returned: ${printable(value)}`);
      }
      length = one;
    }
  }
  if (head.length !== UNKNOWN_LENGTH && head.length !== length) {
    throw new HeadError('differing Content-Length values returned');
  }
  head.length = length;
}

/** A number of 1 to 15 digits, or -1. */
function digits(text: string): number {
  if (text.length === 0 || text.length > 15) return -1;
  let number = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** When all fields are there: what they say together. errors: throws HeadError */
export function frame(head: ResponseHead, hop: Hop): void {
  if (hop.connection !== '') applyConnection(head, hop.connection.toLowerCase());
  if (hop.transferEncoding === '') return;
  if (hop.transferEncoding !== 'chunked' && hop.transferEncoding.toLowerCase() !== 'chunked') {
    // What is coded below chunks can not be decoded here, and nobody could be told of it.
    if (/chunked/i.test(hop.transferEncoding))
      throw new HeadError(`Transfer-Encoding ${printable(hop.transferEncoding)} returned`);
    // RFC 9112 6.3 #4: all until the member closes, as in httpd.
    head.isReusable = false;
    head.length = UNKNOWN_LENGTH;
    return;
  }
  // RFC 9112 6.3 #3: Transfer-Encoding overrides Content-Length, and the connection is not to be trusted after it.
  if (head.length !== UNKNOWN_LENGTH) head.isReusable = false;
  head.isChunked = true;
  head.length = UNKNOWN_LENGTH;
}

/** RFC 9110 7.6.1: every field that Connection names goes no further. */
function applyConnection(head: ResponseHead, connection: string): void {
  for (const part of connection.split(',')) {
    const token = part.trim();
    if (token === 'close') head.isReusable = false;
    else if (token !== '' && token !== 'keep-alive') dropField(head.fields, token);
  }
}

function dropField(fields: string[], lower: string): void {
  for (let i = 0; i < fields.length; ) {
    if ((fields[i] as string).toLowerCase() === lower) fields.splice(i, 2);
    else i += 2;
  }
}
