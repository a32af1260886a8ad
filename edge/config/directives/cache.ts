/**
 * The directives of mod_cache and its two stores: checked as httpd checks them, accepted, and listed as not active. A
 * cache that does not cache is slower and nothing else, so none of these is an error.
 *
 * Source: httpd 2.4 manual, mod_cache, mod_cache_disk, mod_cache_socache; messages from httpd itself.
 * Thread: main, at load.
 */
import { fail } from '../error.js';
import {
  ANYWHERE,
  type Context,
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_VHOST,
  type ServerDraft,
} from '../table.js';
import { atoi } from './proxy-params-values.js';

type Check = (line: DirectiveLine, scope: Scope) => void;

const IN_LOCATION: readonly Context[] = ['server', 'vhost', 'location', 'proxy'];
const NOTHING: Check = () => undefined;

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

/** A whole number that is not below `least`. */
function atLeast(least: number, message: string): Check {
  return (line) => {
    if (atoi(line.words[0]?.text ?? '') < least) fail(line, message, line.words[0]?.column);
  };
}

const LARGEST_ENTRY = 2 ** 32 - 1;

function checkEntrySize(line: DirectiveLine): void {
  const size = atoi(line.words[0]?.text ?? '');
  if (size >= 1024 && size <= LARGEST_ENTRY) return;
  const message =
    'CacheSocacheMaxSize argument must be a integer representing the max size of a cached entry (headers and body), ' +
    `at least 1024 and at most (${LARGEST_ENTRY}U)`;
  fail(line, message, line.words[0]?.column);
}

/** Levels and length of directory names on disk so far, by server; httpd limits their product. */
const directories = new WeakMap<ServerDraft, { CacheDirLevels: number; CacheDirLength: number }>();

function checkDirectories(line: DirectiveLine, scope: Scope): void {
  const word = line.words[0];
  const value = atoi(word?.text ?? '');
  if (value < 1) fail(line, `${line.name} value must be an integer greater than 0`, word?.column);
  const own = directories.get(scope.server) ?? { CacheDirLevels: 2, CacheDirLength: 2 };
  directories.set(scope.server, own);
  own[/levels/i.test(line.name) ? 'CacheDirLevels' : 'CacheDirLength'] = value;
  if (own.CacheDirLevels * own.CacheDirLength > 20) {
    fail(line, 'CacheDirLevels*CacheDirLength value must not be higher than 20', word?.column);
  }
}

const SOCACHES = ['shmcb', 'dbm', 'dc', 'memcache', 'redis', 'default'];

function checkSocache(line: DirectiveLine): void {
  const word = line.words[0];
  const name = (word?.text ?? '').replace(/:.*$/s, '');
  if (SOCACHES.includes(name)) return;
  fail(
    line,
    `Unknown socache provider '${name}'. Maybe you need to load the appropriate socache module (mod_socache_${name}?)`,
    word?.column,
  );
}

function row(
  module: string,
  name: string,
  arity: DirectiveRow['arity'],
  contexts: readonly Context[],
  usage: string,
  check: Check = NOTHING,
): DirectiveRow {
  return {
    name,
    module,
    contexts,
    arity,
    usage,
    apply(line, scope) {
      check(line, scope);
      scope.note('inactive', line, 'nothing is cached yet: every request goes to a member');
    },
  };
}

const cache = row.bind(undefined, 'mod_cache');
const disk = row.bind(undefined, 'mod_cache_disk');
const socache = row.bind(undefined, 'mod_cache_socache');

function notNegative(name: string, what: string): Check {
  return atLeast(0, `${name} argument must be a non-negative integer representing the ${what}.`);
}

export const CACHE_ROWS: readonly DirectiveRow[] = [
  cache(
    'CacheEnable',
    'take12',
    IN_LOCATION,
    'A cache type and partial URL prefix below which caching is enabled',
    checkEnable,
  ),
  cache(
    'CacheDisable',
    'take1',
    IN_LOCATION,
    'A partial URL prefix below which caching is disabled',
    checkDisable,
  ),
  cache('CacheMaxExpire', 'take1', ANYWHERE, 'The maximum time in seconds to cache a document'),
  cache('CacheMinExpire', 'take1', ANYWHERE, 'The minimum time in seconds to cache a document'),
  cache('CacheDefaultExpire', 'take1', ANYWHERE, 'The default time in seconds to cache a document'),
  cache('CacheQuickHandler', 'flag', SERVER_VHOST, 'Run the cache in the quick handler, default on'),
  cache('CacheIgnoreNoLastMod', 'flag', ANYWHERE, 'Ignore Responses where there is no Last Modified Header'),
  cache(
    'CacheIgnoreCacheControl',
    'flag',
    SERVER_VHOST,
    'Ignore requests from the client for uncached content',
  ),
  cache(
    'CacheStoreExpired',
    'flag',
    ANYWHERE,
    'Ignore expiration dates when populating cache, resulting in an If-Modified-Since request to the backend on ' +
      'retrieval',
  ),
  cache('CacheStorePrivate', 'flag', ANYWHERE, "Ignore 'Cache-Control: private' and store private content"),
  cache(
    'CacheStoreNoStore',
    'flag',
    ANYWHERE,
    "Ignore 'Cache-Control: no-store' and store sensitive content",
  ),
  cache(
    'CacheIgnoreHeaders',
    'iterate',
    SERVER_VHOST,
    'A space separated list of headers that should not be stored by the cache',
  ),
  cache('CacheIgnoreQueryString', 'flag', SERVER_VHOST, 'Ignore query-string when caching'),
  cache(
    'CacheIgnoreURLSessionIdentifiers',
    'iterate',
    SERVER_VHOST,
    'A space separated list of session identifiers that should be ignored for creating the key of the cached entity.',
  ),
  cache(
    'CacheLastModifiedFactor',
    'take1',
    ANYWHERE,
    'The factor used to estimate Expires date from LastModified date',
    checkFactor,
  ),
  cache('CacheLock', 'flag', SERVER_VHOST, 'Enable or disable the thundering herd lock.'),
  cache(
    'CacheLockPath',
    'take1',
    SERVER_VHOST,
    "The thundering herd lock path. Defaults to the '/mod_cache-lock' directory in the system temp directory.",
  ),
  cache(
    'CacheLockMaxAge',
    'take1',
    SERVER_VHOST,
    'Maximum age of any thundering herd lock.',
    atLeast(1, 'CacheLockMaxAge value must be a non-zero positive integer'),
  ),
  cache('CacheHeader', 'flag', ANYWHERE, 'Add a X-Cache header to responses. Default is off.'),
  cache('CacheDetailHeader', 'flag', ANYWHERE, 'Add a X-Cache-Detail header to responses. Default is off.'),
  cache(
    'CacheKeyBaseURL',
    'take1',
    SERVER_VHOST,
    'Override the base URL of reverse proxied cache keys.',
    checkKeyBase,
  ),
  cache(
    'CacheStaleOnError',
    'flag',
    ANYWHERE,
    'Serve stale content on 5xx errors if present. Defaults to on.',
  ),
  disk('CacheRoot', 'take1', SERVER_VHOST, 'The directory to store cache files'),
  disk(
    'CacheDirLevels',
    'take1',
    SERVER_VHOST,
    'The number of levels of subdirectories in the cache',
    checkDirectories,
  ),
  disk(
    'CacheDirLength',
    'take1',
    SERVER_VHOST,
    'The number of characters in subdirectory names',
    checkDirectories,
  ),
  disk(
    'CacheMinFileSize',
    'take1',
    ANYWHERE,
    'The minimum file size to cache a document',
    notNegative('CacheMinFileSize', 'min size of a file to cache in bytes'),
  ),
  disk(
    'CacheMaxFileSize',
    'take1',
    ANYWHERE,
    'The maximum file size to cache a document',
    notNegative('CacheMaxFileSize', 'max size of a file to cache in bytes'),
  ),
  disk(
    'CacheReadSize',
    'take1',
    ANYWHERE,
    'The maximum quantity of data to attempt to read and cache in one go',
    notNegative('CacheReadSize', 'max amount of data to cache in go'),
  ),
  disk(
    'CacheReadTime',
    'take1',
    ANYWHERE,
    'The maximum time taken to attempt to read and cache in go',
    notNegative('CacheReadTime', 'max amount of time taken to cache in go'),
  ),
  socache(
    'CacheSocache',
    'take1',
    SERVER_VHOST,
    'The shared object cache to store cache files',
    checkSocache,
  ),
  socache(
    'CacheSocacheMaxTime',
    'take1',
    ANYWHERE,
    'The maximum cache expiry age to cache a document in seconds',
    atLeast(
      0,
      'CacheSocacheMaxTime argument must be the maximum amount of time in seconds to cache an entry.',
    ),
  ),
  socache(
    'CacheSocacheMinTime',
    'take1',
    ANYWHERE,
    'The minimum cache expiry age to cache a document in seconds',
    atLeast(
      0,
      'CacheSocacheMinTime argument must be the minimum amount of time in seconds to cache an entry.',
    ),
  ),
  socache(
    'CacheSocacheMaxSize',
    'take1',
    ANYWHERE,
    'The maximum cache entry size (headers and body) to cache a document',
    checkEntrySize,
  ),
  socache(
    'CacheSocacheReadSize',
    'take1',
    ANYWHERE,
    'The maximum quantity of data to attempt to read and cache in one go',
    notNegative('CacheSocacheReadSize', 'max amount of data to cache in go'),
  ),
  socache(
    'CacheSocacheReadTime',
    'take1',
    ANYWHERE,
    'The maximum time taken to attempt to read and cache in go',
    notNegative('CacheSocacheReadTime', 'max amount of time taken to cache in go'),
  ),
];
