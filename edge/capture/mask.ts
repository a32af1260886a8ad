/**
 * What a capture must not show. Values of fields that carry credentials are replaced as a whole, and so are those whose
 * names the configuration gives; parameters of these names are masked in queries, in the URLs of Referer and Location, and in
 * bodies of forms. Names are compared without regard to case, and percent-encoded letters in them are decoded. Pure; worker.
 */
import type { Fields } from '../exchange.js';

export const MASKED = '***';

/** Whoever holds one of these is somebody. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'cookie2',
  'proxy-authorization',
  'set-cookie',
  'set-cookie2',
];
/** Values that are URLs. */
const URL_FIELDS = new Set(['referer', 'location', 'content-location']);

export class Mask {
  readonly #fields: ReadonlySet<string>;
  readonly #parameters: ReadonlySet<string>;

  /** names: in lower case */
  constructor(names: readonly string[]) {
    this.#fields = new Set([...SECRET_FIELDS, ...names]);
    this.#parameters = new Set(names);
  }

  /** A list of its own with what is secret masked. */
  fields(fields: Fields): Fields {
    const masked = fields.slice();
    for (let i = 0; i < masked.length; i += 2) {
      const name = (masked[i] as string).toLowerCase();
      if (this.#fields.has(name)) masked[i + 1] = MASKED;
      else if (URL_FIELDS.has(name)) masked[i + 1] = this.url(masked[i + 1] as string);
    }
    return masked;
  }

  /** A target or URL: user and password of its authority, and parameters of its query and fragment. */
  url(text: string): string {
    const open = text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${MASKED}@`);
    if (this.#parameters.size === 0) return open;
    const mark = open.search(/[?#]/);
    return mark < 0 ? open : open.slice(0, mark + 1) + this.parameters(open.slice(mark + 1));
  }

  /** `a=1&b=2` as in a query or a form. */
  parameters(text: string): string {
    if (this.#parameters.size === 0) return text;
    return text.replace(/([^&;?#=]*)=([^&;#]*)/g, (pair: string, name: string) =>
      this.#parameters.has(decoded(name)) ? `${name}=${MASKED}` : pair,
    );
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}
