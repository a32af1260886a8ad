/**
 * What drover's cache has and mod_cache has not.
 *
 * CacheMemorySize 512M|25%            memory for what is stored, over all threads; a quarter of the machine without it
 * CacheDiskSize 10G                   what files below a CacheRoot may take; a tenth of its file system without it. It is
 *                                     htcacheclean's -l, and the cleaning is done by drover itself
 * CacheStatus On|Off                  Cache-Status on every answer of a cached URL (RFC 9211)
 * CacheStaleWhileRevalidate seconds   stale copies are sent so long while newer ones are fetched (RFC 5861), where a
 *                                     response does not say itself; Off for never
 * CacheVaryNormalize On|Off           Accept-Encoding counts as the best coding in it and Accept-Language without its order: few variants
 * CacheStoreSetCookie On|Off          Off: responses with Set-Cookie are not stored; On as in httpd
 * CacheSlice size|Off                 large objects are kept in slices of so many bytes, which a member is asked for by Range
 * CacheWarm FILE [concurrency=N]      URLs that are fetched at start, a line each
 * CachePurge address|network …        who may purge by the method PURGE (edge/caching/purge.ts)
 *
 * Thread: main, at load.
 */
import { totalmem } from 'node:os';
import { parseNetwork } from '../../http/access-address.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, SERVER_ONLY, SERVER_VHOST } from '../table.js';
import { isOn, placeCache } from './cache.js';
import { firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const LEAST_MEMORY = 2 ** 20;
const LEAST_SLICE = 2 ** 16;
const MOST_SLICE = 2 ** 26;
const DEFAULT_CONCURRENCY = 4;
const MOST_CONCURRENCY = 1000;

/** `512M` or `25%` in bytes; undefined: it makes no sense. */
export function cacheBytes(text: string): number | undefined {
  const match = /^(\d+)(?:([kmg]?)b?|(%))$/i.exec(text);
  if (match === null) return undefined;
  const share = match[3] === undefined ? undefined : Number(match[1]);
  const bytes =
    share === undefined
      ? Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1)
      : Math.floor((totalmem() * share) / 100);
  return bytes < LEAST_MEMORY || (share !== undefined && share > 90) ? undefined : bytes;
}

function bytesOf(line: DirectiveLine): number {
  const { text, column } = firstWord(line);
  const bytes = cacheBytes(text);
  if (bytes === undefined)
    fail(line, 'CacheMemorySize must be bytes with K, M or G, at least 1M, or a share up to 90%', column);
  return bytes;
}

function flag(name: string, usage: string, apply: DirectiveRow['apply'], isOfServer = false): DirectiveRow {
  return {
    name,
    module: 'edge',
    contexts: isOfServer ? SERVER_VHOST : ANYWHERE,
    arity: 'flag',
    usage,
    apply,
  };
}

export const CACHE_EDGE_ROWS: readonly DirectiveRow[] = [
  {
    name: 'CacheMemorySize',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'memory for what is cached, like 512M or 25%',
    apply(line, scope) {
      scope.settings.cacheMemorySize = bytesOf(line);
    },
  },
  {
    name: 'CacheDiskSize',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'what the files of a cache on disk may take, like 10G',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const match = /^(\d+)([kmgt]?)b?$/i.exec(text);
      const bytes = Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toLowerCase()] ?? 1);
      if (match === null || bytes < LEAST_MEMORY)
        fail(line, 'CacheDiskSize must be bytes with K, M, G or T, at least 1M', column);
      scope.settings.cacheDiskSize = bytes;
    },
  },
  flag('CacheStatus', 'Cache-Status on answers of cached URLs', (line, scope) => {
    placeCache(scope).status = isOn(line);
  }),
  {
    name: 'CacheStaleWhileRevalidate',
    module: 'edge',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'seconds, or Off',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const isOff = text.toLowerCase() === 'off';
      if (!isOff && !/^\d{1,9}$/.test(text))
        fail(line, 'CacheStaleWhileRevalidate must be seconds, or Off', column);
      placeCache(scope).staleWhileRevalidate = isOff ? -1 : atoi(text) * 1000;
    },
  },
  flag(
    'CacheVaryNormalize',
    'Accept-Encoding counts as the best coding in it',
    (line, scope) => {
      scope.server.cache.varyNormalize = isOn(line);
    },
    true,
  ),
  flag('CacheStoreSetCookie', 'store responses with Set-Cookie, default on', (line, scope) => {
    placeCache(scope).storeSetCookie = isOn(line);
  }),
  {
    name: 'CacheSlice',
    module: 'edge',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'bytes of a slice with K or M, or Off',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const match = /^(\d{1,9})([km]?)b?$/i.exec(text);
      const bytes = Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toLowerCase()] ?? 1);
      const isOff = text.toLowerCase() === 'off';
      if (!isOff && (match === null || bytes < LEAST_SLICE || bytes > MOST_SLICE))
        fail(line, 'CacheSlice must be bytes with K or M, 64K to 64M, or Off', column);
      placeCache(scope).slice = isOff ? 0 : bytes;
    },
  },
  {
    name: 'CacheWarm',
    module: 'edge',
    contexts: SERVER_VHOST,
    arity: 'take12',
    usage: 'a file with URLs or paths to be fetched at start, and optionally concurrency=N',
    apply(line, scope) {
      const [file = firstWord(line), more] = line.words;
      const match = more === undefined ? undefined : /^concurrency=(\d{1,4})$/i.exec(more.text);
      const concurrency = Number(match?.[1] ?? DEFAULT_CONCURRENCY);
      if (match === null || concurrency < 1 || concurrency > MOST_CONCURRENCY)
        fail(
          line,
          `CacheWarm: what follows the file must be concurrency=N, 1 to ${MOST_CONCURRENCY}`,
          more?.column,
        );
      if (file.text === '') fail(line, 'CacheWarm must name a file', file.column);
      const { cache } = scope.server;
      cache.warm = [...(cache.warm ?? []), { file: scope.resolve(file.text), concurrency }];
    },
  },
  {
    name: 'CachePurge',
    module: 'edge',
    contexts: SERVER_VHOST,
    arity: 'iterate',
    usage: 'addresses and networks from which PURGE is taken',
    apply(line, scope) {
      const networks = line.words.map(({ text, column }) => {
        const network = parseNetwork(text);
        if (network === undefined) fail(line, `CachePurge: '${text}' is no address or network`, column);
        return network;
      });
      const { cache } = scope.server;
      cache.purgeFrom = [...(cache.purgeFrom ?? []), ...networks];
    },
  },
];
