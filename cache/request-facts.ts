/**
 * What of a request matters to a cache, found in one pass over its fields. Nearly every request has none of it, so that the
 * pass decides by a name's length and compares few strings. Any thread.
 */
import { type CacheControl, NO_CONTROL, PRAGMA_NO_CACHE, parseCacheControl } from './cache-control.js';

export class RequestFacts {
  isHead = false;
  control: Readonly<CacheControl> = NO_CONTROL;
  /** Pragma: no-cache, which counts where there is no Cache-Control (RFC 9111 5.4). */
  isPragmaNoCache = false;
  hasAuthorization = false;
  ifNoneMatch: string | undefined = undefined;
  ifMatch: string | undefined = undefined;
  ifModifiedSince: string | undefined = undefined;
  ifUnmodifiedSince: string | undefined = undefined;
  ifRange: string | undefined = undefined;
  range: string | undefined = undefined;
  /** None of the above: a fresh copy can be sent as it is. */
  isPlain = true;

  /**
   * Reads anew.
   * fields  name, value, name, value …, names in lower case
   */
  read(method: string, fields: readonly string[]): this {
    this.isHead = method === 'HEAD';
    if (!this.isPlain) this.#reset();
    let cacheControl: string | undefined;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      const value = fields[i + 1] as string;
      switch (name.length) {
        case 5:
          if (name === 'range') this.range = value;
          break;
        case 6:
          if (name === 'pragma') this.isPragmaNoCache ||= PRAGMA_NO_CACHE.test(value);
          break;
        case 8:
          if (name === 'if-match') this.ifMatch = joined(this.ifMatch, value);
          else if (name === 'if-range') this.ifRange = value;
          break;
        case 13:
          if (name === 'cache-control') cacheControl = joined(cacheControl, value);
          else if (name === 'if-none-match') this.ifNoneMatch = joined(this.ifNoneMatch, value);
          else if (name === 'authorization') this.hasAuthorization = true;
          break;
        case 17:
          if (name === 'if-modified-since') this.ifModifiedSince = value;
          break;
        case 19:
          if (name === 'if-unmodified-since') this.ifUnmodifiedSince = value;
          break;
      }
    }
    if (cacheControl !== undefined) {
      this.control = parseCacheControl(cacheControl);
      this.isPragmaNoCache = false;
    }
    this.isPlain =
      this.control === NO_CONTROL &&
      !this.isPragmaNoCache &&
      !this.hasAuthorization &&
      this.range === undefined &&
      !this.isConditional;
    return this;
  }

  get isConditional(): boolean {
    return (
      this.ifNoneMatch !== undefined ||
      this.ifModifiedSince !== undefined ||
      this.ifMatch !== undefined ||
      this.ifUnmodifiedSince !== undefined ||
      this.ifRange !== undefined
    );
  }

  /** Does the client want it asked for, whatever is stored? */
  get wantsNoCache(): boolean {
    return this.control.noCache || this.isPragmaNoCache;
  }

  /** These facts for keeping: the object itself is read into again by the next request. */
  copy(): RequestFacts {
    return Object.assign(new RequestFacts(), this);
  }

  #reset(): void {
    this.control = NO_CONTROL;
    this.isPragmaNoCache = false;
    this.hasAuthorization = false;
    this.ifNoneMatch = undefined;
    this.ifMatch = undefined;
    this.ifModifiedSince = undefined;
    this.ifUnmodifiedSince = undefined;
    this.ifRange = undefined;
    this.range = undefined;
  }
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
