/**
 * What a configuration says of caching, as plain data: by server (what mod_cache knows per server) and by place (what it
 * knows per directory). Filled by edge/config/directives/cache*.ts, read by runtime.ts.
 */
import type { StoreRules } from '../../cache/freshness.js';

/** Where an enabled URL's responses are kept. */
export type CacheStoreKind = 'memory' | 'disk' | 'socache';

/** A CacheEnable line. */
export interface CacheEnabled {
  store: CacheStoreKind;
  /** `/path`, or a URL with scheme and host; a prefix. Empty in a section: all that the section holds for. */
  url: string;
}

export interface CacheWarmList {
  /** Absolute. */
  file: string;
  /** Fetches under way at once. */
  concurrency: number;
}

export interface CacheServerSettings {
  enable: CacheEnabled[];
  /** CacheDisable lines: prefixes, as above. */
  disable: string[];
  quickHandler: boolean;
  ignoreCacheControl: boolean;
  ignoreQueryString: boolean;
  /** Names in lower case. */
  ignoreHeaders: string[];
  sessionIds: string[];
  lock: boolean;
  /** Seconds. */
  lockMaxAge: number;
  /** CacheKeyBaseURL. */
  keyBase?: { scheme?: string; host?: string; port?: number };
  varyNormalize: boolean;
  /** CacheRoot, CacheDirLevels, CacheDirLength: where files lie, for `CacheEnable disk`; absent: in memory alone. */
  root?: string;
  dirLevels: number;
  dirLength: number;
  /** CacheWarm: files with URLs that are fetched at start. */
  warm?: CacheWarmList[];
  /** Networks (CIDR) that may purge; absent: PURGE is a method like any other. */
  purgeFrom?: string[];
}

export interface CachePlaceSettings extends Partial<StoreRules> {
  enable?: CacheEnabled[];
  /** CacheDisable on. */
  isDisabled?: boolean;
  /** X-Cache, X-Cache-Detail, Cache-Status. */
  header?: boolean;
  detailHeader?: boolean;
  status?: boolean;
  staleOnError?: boolean;
  /** ms; for responses that do not say it themselves. */
  staleWhileRevalidate?: number;
  /** CacheSlice: bytes of a slice; 0: objects are kept whole. */
  slice?: number;
  /** CacheSocacheMaxSize: bytes of head and body, for `CacheEnable socache`. */
  socacheMaxSize?: number;
}

export const CACHE_SERVER_DEFAULTS: Readonly<CacheServerSettings> = {
  enable: [],
  disable: [],
  quickHandler: true,
  ignoreCacheControl: false,
  ignoreQueryString: false,
  ignoreHeaders: [],
  sessionIds: [],
  lock: false,
  lockMaxAge: 5,
  varyNormalize: false,
  dirLevels: 2,
  dirLength: 2,
};
