/**
 * A request by an unsafe method to a URL that is cached: when it succeeds, what is stored of the URL is not served any
 * more, nor what is stored of the URLs that its answer names on the same server.
 * Source: RFC 9111 4.4. Thread: worker; one per such request.
 */
import { keyOf } from '../../cache/key.js';
import type { MemoryStore } from '../../cache/memory/store.js';
import { fieldValue } from '../http/fields.js';
import type { Request } from '../request.js';
import type { Place } from '../settings.js';
import type { Caching } from './caching.js';
import { addMarks } from './marks.js';
import type { CacheRuntime } from './runtime.js';

export class Invalidation implements Caching {
  #place: Place | undefined;
  isFetching = false;
  readonly isWanted = false;
  readonly isStoring = false;
  readonly #request: Request;
  readonly #runtime: CacheRuntime;
  readonly #store: MemoryStore;
  readonly #key: string;

  constructor(request: Request, runtime: CacheRuntime, store: MemoryStore, key: string) {
    this.#request = request;
    this.#runtime = runtime;
    this.#store = store;
    this.#key = key;
  }

  begin(place: Place): void {
    this.#place = place;
    this.isFetching = true;
  }

  onHead(): boolean {
    const r = this.#request;
    if (r.status < 200 || r.status >= 400) return false;
    this.#drop(this.#key);
    for (const name of ['location', 'content-location']) {
      const value = fieldValue(r.responseFields, name);
      const key = value === undefined ? undefined : this.#keyOfUrl(value);
      if (key !== undefined && key !== this.#key) this.#drop(key);
    }
    const rules = this.#runtime.rulesOf(this.#place ?? r.server.base);
    // httpd: the quick handler has declined the request by then, and says nothing.
    if (rules.isMarked && !this.#runtime.settings.quickHandler) {
      const detail = `cache invalidated by ${r.exchange.method}`;
      const status = `fwd=method; fwd-status=${r.status}`;
      addMarks(r.responseFields, r, rules, { result: 'INVALIDATE', detail, status });
    }
    return false;
  }

  #drop(key: string): void {
    if (this.#store.invalidate(key)) this.#store.counters.add('invalidations');
  }

  /** The key of a URL in a field, when it is of this server; relative ones are. */
  #keyOfUrl(value: string): string | undefined {
    const base = this.#runtime.keyBaseOf(this.#request);
    const port = base.endsWith(':80') || base.endsWith(':443') ? '' : base.slice(base.lastIndexOf(':'));
    const origin = base.slice(0, base.lastIndexOf(':')) + port;
    let url: URL;
    try {
      url = new URL(value, `${origin}${this.#request.rawPath}`);
    } catch {
      return undefined;
    }
    if (url.origin !== new URL(origin).origin) return undefined;
    const query = url.search === '' ? undefined : url.search.slice(1);
    return keyOf(base, url.pathname, query, this.#runtime.keyRules);
  }

  onData(): void {}
  onEnd(): void {}

  onFail(): boolean {
    return false;
  }

  finish(): void {}
}
