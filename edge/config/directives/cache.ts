/**
 * The directives of mod_cache: what is cached, for how long, under which key, and what the cache says of itself. Checked as
 * httpd checks them. Those of the stores stand in cache-stores.ts, drover's own in cache-edge.ts.
 *
 * Source: httpd 2.4 manual, mod_cache; messages from httpd itself. Thread: main, at load.
 */
import type { CacheEnabled, CachePlaceSettings, CacheServerSettings } from '../../caching/settings.js';
import { fail } from '../error.js';
import {
  ANYWHERE,
  type Context,
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_VHOST,
} from '../table.js';
import { firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

type Apply = DirectiveRow['apply'];

const IN_LOCATION: readonly Context[] = ['server', 'vhost', 'location', 'proxy'];

function isInPath(scope: Scope): boolean {
  return scope.context !== 'server' && scope.context !== 'vhost';
}

function checkEnable(line: DirectiveLine, scope: Scope): void {
  const [type, url] = line.words;
  if (url === undefined && !isInPath(scope)) {
    fail(line, `CacheEnable provider (${type?.text ?? ''}) is missing an URL.`, type?.column);
  }
  if (url !== undefined && isInPath(scope) && !url.text.startsWith(scope.sectionArgument)) {
    const message = 'When in a Location, CacheEnable must specify a path or an URL below that location.';
    fail(line, message, url.column);
  }
}

function checkDisable(line: DirectiveLine, scope: Scope): void {
  const word = line.words[0];
  const text = word?.text ?? '';
  if (isInPath(scope)) {
    if (text.toLowerCase() === 'on') return;
    fail(line, "CacheDisable must be followed by the word 'on' when in a Location.", word?.column);
  }
  if (!/^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(text)) {
    fail(line, 'CacheDisable must specify a path or an URL.', word?.column);
  }
}

function checkFactor(line: DirectiveLine): void {
  const word = line.words[0];
  if (!/^\s*[+-]?(?:\d|\.\d|inf|nan)/i.test(word?.text ?? '')) {
    fail(line, 'CacheLastModifiedFactor value must be a float', word?.column);
  }
}

function checkKeyBase(line: DirectiveLine): void {
  const word = line.words[0];
  const text = word?.text ?? '';
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined) {
    const message = `URL '${text}' must contain at least one of a scheme, a hostname or a port.`;
    fail(line, message, word?.column);
  }
  if (!/^(?:.*@)?(?:\[[^\]]*\]|[^:[\]]*)(?::\d*)?$/s.test(authority)) {
    fail(line, `Could not parse '${text}' as an URL.`, word?.column);
  }
}

/** The stores by the names that httpd's versions have for them; disk wants a CacheRoot (cache-stores.ts). */
const STORES: Readonly<Record<string, CacheEnabled['store']>> = {
  memory: 'memory',
  mem: 'memory',
  disk: 'disk',
  socache: 'socache',
};

function applyEnable(line: DirectiveLine, scope: Scope): void {
  checkEnable(line, scope);
  const [type, url] = line.words;
  const store = STORES[type?.text ?? ''];
  if (store === undefined) {
    scope.warn(line, `there is no cache of type '${type?.text ?? ''}': nothing is cached by this line`);
    return;
  }
  const enabled: CacheEnabled = { store, url: url?.text ?? '' };
  if (isInPath(scope)) {
    const own = placeCache(scope);
    own.enable = [...(own.enable ?? []), enabled];
  } else {
    const { cache } = scope.server;
    cache.enable = [...(cache.enable ?? []), enabled];
  }
}

function applyDisable(line: DirectiveLine, scope: Scope): void {
  checkDisable(line, scope);
  if (isInPath(scope)) placeCache(scope).isDisabled = true;
  else {
    const { cache } = scope.server;
    cache.disable = [...(cache.disable ?? []), firstWord(line).text];
  }
}

function applyKeyBase(line: DirectiveLine, scope: Scope): void {
  checkKeyBase(line);
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?/i.exec(
    firstWord(line).text,
  );
  scope.server.cache.keyBase = {
    ...(parts?.[1] === undefined ? {} : { scheme: parts[1].toLowerCase() }),
    ...(parts?.[2] ? { host: parts[2].toLowerCase() } : {}),
    ...(parts?.[3] === undefined ? {} : { port: Number(parts[3]) }),
  };
}

/** The cache's settings of the place at hand. */
export function placeCache(scope: Scope): CachePlaceSettings {
  scope.place.cache ??= {};
  return scope.place.cache;
}

/** A whole number that is not below `least`. */
export function numberOf(line: DirectiveLine, least: number, message: string): number {
  const word = firstWord(line);
  const value = atoi(word.text);
  if (value < least) fail(line, message, word.column);
  return value;
}

export function isOn(line: DirectiveLine): boolean {
  return firstWord(line).text.toLowerCase() === 'on';
}

/** Keys of T whose values are of type V. */
type KeysOf<T, V> = { [K in keyof T]-?: V extends NonNullable<T[K]> ? K : never }[keyof T];

function row(
  name: string,
  arity: DirectiveRow['arity'],
  contexts: readonly Context[],
  usage: string,
  apply: Apply,
): DirectiveRow {
  return { name, module: 'mod_cache', contexts, arity, usage, apply };
}

function placeFlag(name: string, key: KeysOf<CachePlaceSettings, boolean>, usage: string): DirectiveRow {
  return row(name, 'flag', ANYWHERE, usage, (line, scope) => {
    placeCache(scope)[key] = isOn(line);
  });
}

function serverFlag(name: string, key: KeysOf<CacheServerSettings, boolean>, usage: string): DirectiveRow {
  return row(name, 'flag', SERVER_VHOST, usage, (line, scope) => {
    scope.server.cache[key] = isOn(line);
  });
}

/** Seconds in the file, ms in the settings. */
function placeSeconds(
  name: string,
  key: 'defaultExpire' | 'minExpire' | 'maxExpire',
  usage: string,
): DirectiveRow {
  return row(name, 'take1', ANYWHERE, usage, (line, scope) => {
    placeCache(scope)[key] = atoi(firstWord(line).text) * 1000;
  });
}

/** Names in lines that add up; `None` empties the list. */
function names(line: DirectiveLine, before: readonly string[] | undefined): string[] {
  const words = line.words.map(({ text }) => text);
  return words.length === 1 && words[0]?.toLowerCase() === 'none' ? [] : [...(before ?? []), ...words];
}

export const CACHE_ROWS: readonly DirectiveRow[] = [
  row(
    'CacheEnable',
    'take12',
    IN_LOCATION,
    'A cache type and partial URL prefix below which caching is enabled',
    applyEnable,
  ),
  row(
    'CacheDisable',
    'take1',
    IN_LOCATION,
    'A partial URL prefix below which caching is disabled',
    applyDisable,
  ),
  placeSeconds('CacheMaxExpire', 'maxExpire', 'The maximum time in seconds to cache a document'),
  placeSeconds('CacheMinExpire', 'minExpire', 'The minimum time in seconds to cache a document'),
  placeSeconds('CacheDefaultExpire', 'defaultExpire', 'The default time in seconds to cache a document'),
  serverFlag('CacheQuickHandler', 'quickHandler', 'Run the cache in the quick handler, default on'),
  placeFlag(
    'CacheIgnoreNoLastMod',
    'ignoreNoLastMod',
    'Ignore Responses where there is no Last Modified Header',
  ),
  serverFlag(
    'CacheIgnoreCacheControl',
    'ignoreCacheControl',
    'Ignore requests from the client for uncached content',
  ),
  placeFlag(
    'CacheStoreExpired',
    'storeExpired',
    'Ignore expiration dates when populating cache, resulting in an If-Modified-Since request to the backend on ' +
      'retrieval',
  ),
  placeFlag('CacheStorePrivate', 'storePrivate', "Ignore 'Cache-Control: private' and store private content"),
  placeFlag(
    'CacheStoreNoStore',
    'storeNoStore',
    "Ignore 'Cache-Control: no-store' and store sensitive content",
  ),
  row(
    'CacheIgnoreHeaders',
    'iterate',
    SERVER_VHOST,
    'A space separated list of headers that should not be stored by the cache',
    (line, scope) => {
      const { cache } = scope.server;
      cache.ignoreHeaders = names(line, cache.ignoreHeaders).map((name) => name.toLowerCase());
    },
  ),
  serverFlag('CacheIgnoreQueryString', 'ignoreQueryString', 'Ignore query-string when caching'),
  row(
    'CacheIgnoreURLSessionIdentifiers',
    'iterate',
    SERVER_VHOST,
    'A space separated list of session identifiers that should be ignored for creating the key of the cached entity.',
    (line, scope) => {
      const { cache } = scope.server;
      cache.sessionIds = names(line, cache.sessionIds);
    },
  ),
  row(
    'CacheLastModifiedFactor',
    'take1',
    ANYWHERE,
    'The factor used to estimate Expires date from LastModified date',
    (line, scope) => {
      checkFactor(line);
      placeCache(scope).lastModifiedFactor = Number.parseFloat(firstWord(line).text) || 0;
    },
  ),
  serverFlag('CacheLock', 'lock', 'Enable or disable the thundering herd lock.'),
  row(
    'CacheLockPath',
    'take1',
    SERVER_VHOST,
    "The thundering herd lock path. Defaults to the '/mod_cache-lock' directory in the system temp directory.",
    (line, scope) => scope.note('irrelevant', line, 'locks lie in memory that the threads share'),
  ),
  row('CacheLockMaxAge', 'take1', SERVER_VHOST, 'Maximum age of any thundering herd lock.', (line, scope) => {
    const message = 'CacheLockMaxAge value must be a non-zero positive integer';
    scope.server.cache.lockMaxAge = numberOf(line, 1, message);
  }),
  placeFlag('CacheHeader', 'header', 'Add a X-Cache header to responses. Default is off.'),
  placeFlag('CacheDetailHeader', 'detailHeader', 'Add a X-Cache-Detail header to responses. Default is off.'),
  row(
    'CacheKeyBaseURL',
    'take1',
    SERVER_VHOST,
    'Override the base URL of reverse proxied cache keys.',
    applyKeyBase,
  ),
  placeFlag(
    'CacheStaleOnError',
    'staleOnError',
    'Serve stale content on 5xx errors if present. Defaults to on.',
  ),
];
