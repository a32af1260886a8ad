/**
 * A server's cache settings compiled for a thread: which URLs are cached, what their keys begin with, and the rules of a
 * place. Thread: worker, at start; one per server that caches anything.
 */
import { STORE_DEFAULTS, type StoreRules } from '../../cache/freshness.js';
import type { KeyRules } from '../../cache/key.js';
import type { ServeRules } from '../../cache/policy.js';
import { compileNetworks } from '../http/access-address.js';
import { requestScheme, serverName, serverPort } from '../http/variables.js';
import type { Request } from '../request.js';
import type { Place } from '../settings.js';
import {
  CACHE_SERVER_DEFAULTS,
  type CachePlaceSettings,
  type CacheServerSettings,
  type CacheStoreKind,
} from './settings.js';

type UrlTest = (r: Request) => boolean;

/** A place's settings with all defaults. */
export interface PlaceRules extends StoreRules, ServeRules {
  header: boolean;
  detailHeader: boolean;
  status: boolean;
  staleOnError: boolean;
  /** Any of the three fields is asked for. */
  isMarked: boolean;
  socacheMaxSize: number;
  /** Bytes of a slice; 0: objects are kept whole. */
  slice: number;
}

/** mod_cache_socache's limit. */
const SOCACHE_MAX_SIZE = 102_400;

export class CacheRuntime {
  readonly settings: CacheServerSettings;
  readonly keyRules: KeyRules;
  readonly #enabled: { store: CacheStoreKind; test: UrlTest }[];
  readonly #disabled: UrlTest[];
  readonly #places = new WeakMap<Place, PlaceRules>();
  readonly #mayPurge: ((address: string) => boolean) | undefined;
  readonly #enabledPlaces = new WeakMap<CachePlaceSettings, { store: CacheStoreKind; test: UrlTest }[]>();
  // The base of the last key: nearly always the next one's too.
  #lastHost = '';
  #lastPort = -1;
  #lastLocalPort = -1;
  #lastBase = '';

  constructor(settings: CacheServerSettings | undefined) {
    this.settings = settings ?? CACHE_SERVER_DEFAULTS;
    const { enable, disable, ignoreQueryString, sessionIds, purgeFrom } = this.settings;
    this.#enabled = enable.map(({ store, url }) => ({ store, test: compileUrl(url) }));
    this.#disabled = disable.map(compileUrl);
    this.keyRules = { ignoreQuery: ignoreQueryString, sessionIds };
    this.#mayPurge = purgeFrom === undefined ? undefined : compileNetworks(purgeFrom);
  }

  /** Where the responses of a request's URL are kept; undefined: nowhere. */
  storeOf(r: Request, place: Place): CacheStoreKind | undefined {
    for (const isDisabled of this.#disabled) if (isDisabled(r)) return undefined;
    const { cache } = place;
    if (cache?.isDisabled === true) return undefined;
    if (cache?.enable !== undefined) {
      for (const { store, test } of this.#enabledIn(cache)) if (test(r)) return store;
    }
    for (const { store, test } of this.#enabled) if (test(r)) return store;
    return undefined;
  }

  #enabledIn(cache: CachePlaceSettings): { store: CacheStoreKind; test: UrlTest }[] {
    let list = this.#enabledPlaces.get(cache);
    if (list === undefined) {
      list = (cache.enable ?? []).map(({ store, url }) => ({ store, test: compileUrl(url) }));
      this.#enabledPlaces.set(cache, list);
    }
    return list;
  }

  /** May this address purge? Undefined where PURGE is no method of this server's own. */
  mayPurge(address: string): boolean | undefined {
    return this.#mayPurge?.(address);
  }

  /** `scheme://host:port` of a request's key. */
  keyBaseOf(r: Request): string {
    const { localPort } = r.exchange;
    const isLast =
      r.hostname === this.#lastHost && r.hostPort === this.#lastPort && localPort === this.#lastLocalPort;
    if (isLast && r.hostname !== '') return this.#lastBase;
    const { keyBase } = this.settings;
    const scheme = keyBase?.scheme ?? requestScheme(r);
    const host = keyBase?.host ?? serverName(r).toLowerCase();
    const port = keyBase === undefined ? serverPort(r) : (keyBase.port ?? (scheme === 'https' ? 443 : 80));
    this.#lastHost = r.hostname;
    this.#lastPort = r.hostPort;
    this.#lastLocalPort = localPort;
    this.#lastBase = `${scheme}://${host}:${port}`;
    return this.#lastBase;
  }

  rulesOf(place: Place): PlaceRules {
    let rules = this.#places.get(place);
    if (rules === undefined) {
      rules = this.#makeRules(place.cache ?? {});
      this.#places.set(place, rules);
    }
    return rules;
  }

  #makeRules(said: CachePlaceSettings): PlaceRules {
    const { header = false, detailHeader = false, status = false } = said;
    return {
      ...STORE_DEFAULTS,
      ignoreCacheControl: this.settings.ignoreCacheControl,
      staleWhileRevalidate: -1,
      staleOnError: true,
      socacheMaxSize: SOCACHE_MAX_SIZE,
      slice: 0,
      ...said,
      header,
      detailHeader,
      status,
      isMarked: header || detailHeader || status,
    };
  }
}

/** A prefix of a path, or of a URL: `http://*.example.com/a` means any host below, an empty path any path. */
function compileUrl(url: string): UrlTest {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/:]*)(?::(\d+))?(\/.*)?$/i.exec(url);
  if (parts === null) return (r) => r.uri.startsWith(url);
  const scheme = (parts[1] as string).toLowerCase();
  const host = (parts[2] as string).toLowerCase();
  const port = parts[3] === undefined ? undefined : Number(parts[3]);
  const path = parts[4] ?? '';
  return (r) => {
    if (requestScheme(r) !== scheme || !r.uri.startsWith(path)) return false;
    if (port !== undefined && serverPort(r) !== port) return false;
    const name = serverName(r).toLowerCase();
    return host.startsWith('*') ? name.endsWith(host.slice(1)) : host === '' || name === host;
  };
}
