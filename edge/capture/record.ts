/**
 * A captured request: one line of JSON in the file, one object when it is read again. Times are ms since the epoch; field lists
 * are name, value, name, value … as they came, with what is secret masked. Pure.
 */
import type { Fields } from '../exchange.js';

export interface CaptureRecord {
  /** When it came. */
  at: number;
  method: string;
  /** As sent, its query masked. */
  target: string;
  /** The vhost's name, and whether it came over TLS. */
  server: string;
  secure: boolean;
  fields: Fields;
  /** Length of its body, and the body as base64; undefined where there was none or it was not kept. */
  bytes: number;
  body?: string;
  answer: {
    status: number;
    /** Of the body that was sent. */
    bytes: number;
    /** From its arrival to the end of the answer. */
    ms: number;
    fields: Fields;
    /** The client left before the end. */
    cut?: true;
  };
}

/** What a line says; undefined where it is no record. */
export function parseRecord(line: string): CaptureRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is CaptureRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { at, method, target, fields, bytes, body, answer } = value as Partial<CaptureRecord>;
  return (
    typeof at === 'number' &&
    typeof method === 'string' &&
    /^[!#$%&'*+.^_`|~\w-]+$/.test(method) &&
    typeof target === 'string' &&
    Array.isArray(fields) &&
    fields.length % 2 === 0 &&
    fields.every((word) => typeof word === 'string') &&
    typeof bytes === 'number' &&
    (body === undefined || typeof body === 'string') &&
    typeof answer?.status === 'number' &&
    typeof answer.bytes === 'number' &&
    typeof answer.ms === 'number'
  );
}
