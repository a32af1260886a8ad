/**
 * ErrorDocument: what stands in the place of an error's page. Its text may have variables, of which what comes from a client
 * must neither end a field nor a request line: a URL gets blanks for line ends, and a path that could not be asked for as
 * it is, is none.
 * Source: httpd 2.4 core, "ErrorDocument"; ap_response_code_string as observed. Compiled once per thread; nothing compiled
 * here throws.
 */
import { compileString } from '../expr/compile.js';
import { sanitised } from '../http/header-rules-value.js';
import type { Request } from '../request.js';
import type { ErrorDocument } from '../settings.js';

export interface Document {
  kind: ErrorDocument['kind'];
  /** The text; undefined: it can not be used. */
  textOf: (r: Request) => string | undefined;
}

/** By status. */
export type ErrorDocuments = ReadonlyMap<number, Document>;

export function compileDocuments(documents: Readonly<Record<number, ErrorDocument>>): ErrorDocuments {
  return new Map(Object.entries(documents).map(([status, document]) => [Number(status), compile(document)]));
}

function compile({ kind, value, expr }: ErrorDocument): Document {
  if (expr === undefined) return { kind, textOf: () => value };
  const text = compileString(expr, { vary: false });
  switch (kind) {
    case 'url':
      return { kind, textOf: (r) => sanitised(text(r)) };
    case 'path':
      return { kind, textOf: (r) => askable(text(r)) };
    default:
      return { kind, textOf: text };
  }
}

/** Undefined for what has a blank, a control or a byte above ASCII. */
function askable(path: string): string | undefined {
  return /^[!-~]+$/.test(path) ? path : undefined;
}
