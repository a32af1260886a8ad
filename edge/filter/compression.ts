/**
 * Is a response compressed, or its compression undone, and what becomes of its fields. The rules are httpd's: never what is encoded already, a part, or without a body; Vary as soon as the client's
 * Accept-Encoding was looked at; a strong ETag gets the coding's name, because the bytes are others.
 * Which filters a place has is chain.ts. Source: httpd 2.4, mod_deflate, mod_brotli; corner cases as observed on httpd
 * 2.4.71. Thread: worker; nothing here throws.
 */
import { addVary } from '../expr/vary.js';
import { fieldValue, indexOfField, removeField, setField } from '../http/fields.js';
import type { Request } from '../request.js';
import type { BodyFilter, SizesHearer } from './body-filter.js';
import { Encoder } from './encoder.js';
import type { Coding } from './whole.js';

export type AlterEtag = 'AddSuffix' | 'NoChange' | 'Remove';

/** A note that a filter leaves for the access log: bytes before, after, or both as a ratio in percent. */
export interface FilterNote {
  type: 'Input' | 'Output' | 'Ratio';
  name: string;
}

/** mod_deflate's and mod_brotli's settings of a server. */
export interface CompressionSettings {
  /** zlib: -1 is its own default, 6. */
  deflateLevel: number;
  /** Bits. */
  deflateWindow: number;
  deflateMemory: number;
  deflateEtag: AlterEtag;
  deflateNotes: FilterNote[];
  brotliQuality: number;
  /** Bits; brotliBlock 0: brotli's own choice. */
  brotliWindow: number;
  brotliBlock: number;
  brotliEtag: AlterEtag;
  brotliNotes: FilterNote[];
}

export const COMPRESSION_DEFAULTS: CompressionSettings = {
  deflateLevel: -1,
  deflateWindow: 15,
  deflateMemory: 9,
  deflateEtag: 'AddSuffix',
  deflateNotes: [],
  brotliQuality: 5,
  brotliWindow: 18,
  brotliBlock: 0,
  brotliEtag: 'AddSuffix',
  brotliNotes: [],
};

export type FilterName = 'DEFLATE' | 'BROTLI_COMPRESS' | 'INFLATE';

/** Up to this many bytes the fields that are added would outweigh what deflating saves. */
const SMALL = 68;
const NO_CODING = new Set(['identity', '7bit', '8bit', 'binary']);

/**
 * One filter for one response, whose fields it changes; undefined: not for this one.
 * size  bytes of the body when all of it is there, else -1
 */
export function choose(
  name: FilterName,
  r: Request,
  size: number,
  settings: CompressionSettings,
): BodyFilter | undefined {
  if (name === 'INFLATE') return inflation(r, size, settings);
  const isDeflate = name === 'DEFLATE';
  if (!mayEncode(r, size, isDeflate)) return undefined;
  addVary(r, 'Accept-Encoding');
  const coding: Coding = isDeflate ? 'gzip' : 'br';
  const isForced = isDeflate && r.hasFlag('force-gzip');
  if (!isForced && !accepts(r, coding)) return undefined;
  setField(r.responseFields, 'Content-Encoding', coding);
  removeField(r.responseFields, 'Content-MD5');
  alterEtag(r, coding, isDeflate ? settings.deflateEtag : settings.brotliEtag);
  return new Encoder(
    coding,
    settings,
    noteTaker(r, isDeflate ? settings.deflateNotes : settings.brotliNotes),
  );
}

/** Undone is gzip alone, where it is the last coding of a body that is all there. */
function inflation(r: Request, size: number, settings: CompressionSettings): BodyFilter | undefined {
  const { responseFields } = r;
  if (size === 0 || indexOfField(responseFields, 'content-range') >= 0) return undefined;
  const codings = fieldValue(responseFields, 'content-encoding')?.split(',') ?? [];
  if (!/^\s*(?:x-)?gzip\s*$/i.test(codings.pop() ?? '')) return undefined;
  if (codings.length === 0) removeField(responseFields, 'Content-Encoding');
  else setField(responseFields, 'Content-Encoding', codings.join(','));
  removeField(responseFields, 'Content-MD5');
  alterEtag(r, 'gunzip', settings.deflateEtag);
  return new Encoder('gunzip', settings, undefined);
}

function mayEncode(r: Request, size: number, isDeflate: boolean): boolean {
  const { responseFields } = r;
  // No body at all (HEAD, 204, 304), or one that is all there and not worth it.
  if (size === 0 || (isDeflate && size > 0 && size <= SMALL)) return false;
  if (r.hasFlag(isDeflate ? 'no-gzip' : 'no-brotli')) return false;
  if (indexOfField(responseFields, 'content-range') >= 0) return false;
  if (isDeflate && r.env?.get('gzip-only-text/html') === '1' && mediaType(r) !== 'text/html') return false;
  const coding = fieldValue(responseFields, 'content-encoding');
  return coding === undefined || coding.split(',').every((token) => NO_CODING.has(token.trim()));
}

export function mediaType(r: Request): string | undefined {
  const at = indexOfField(r.responseFields, 'content-type');
  if (at < 0) return undefined;
  return /^[^; \t]*/.exec(r.responseFields[at + 1] as string)?.[0];
}

/** Is a coding in Accept-Encoding, and not by q=0? `*` is not looked at, as httpd does not. */
function accepts(r: Request, coding: Coding): boolean {
  const value = r.header('accept-encoding');
  if (value === undefined) return false;
  for (const item of value.split(',')) {
    const [token = '', ...parameters] = item.split(';');
    if (token.trim().toLowerCase() !== coding) continue;
    return !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter.trim()));
  }
  return false;
}

function alterEtag(r: Request, coding: Coding | 'gunzip', how: AlterEtag): void {
  if (how === 'NoChange') return;
  if (how === 'Remove') {
    removeField(r.responseFields, 'ETag');
    return;
  }
  const at = indexOfField(r.responseFields, 'etag');
  const etag = at < 0 ? '' : (r.responseFields[at + 1] as string);
  if (etag.length > 2 && etag.endsWith('"')) r.responseFields[at + 1] = `${etag.slice(0, -1)}-${coding}"`;
}

function noteTaker(r: Request, notes: readonly FilterNote[]): SizesHearer | undefined {
  if (notes.length === 0) return undefined;
  return (input, output) => {
    for (const { type, name } of notes) {
      if (type === 'Ratio') r.note(name, input > 0 ? String(Math.floor((output * 100) / input)) : '-');
      else r.note(name, String(type === 'Input' ? input : output));
    }
  };
}
