/**
 * The directives of mod_cache's stores: mod_cache_disk, mod_cache_socache, and what httpd 2.2 had in mod_mem_cache. drover has
 * one store in memory that its threads share, and files below CacheRoot behind it for what `CacheEnable disk` means; how a
 * store reads what it is given does not matter here.
 *
 * Source: httpd 2.4 manual, mod_cache_disk, mod_cache_socache; messages from httpd itself. Thread: main, at load.
 */
import { fail } from '../error.js';
import {
  ANYWHERE,
  type Context,
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_ONLY,
  SERVER_VHOST,
} from '../table.js';
import { numberOf, placeCache } from './cache.js';
import { firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

type Apply = DirectiveRow['apply'];

const LARGEST_ENTRY = 2 ** 32 - 1;

function applyEntrySize(line: DirectiveLine, scope: Scope): void {
  const size = atoi(firstWord(line).text);
  if (size < 1024 || size > LARGEST_ENTRY) {
    const message =
      'CacheSocacheMaxSize argument must be a integer representing the max size of a cached entry (headers and body), ' +
      `at least 1024 and at most (${LARGEST_ENTRY}U)`;
    fail(line, message, firstWord(line).column);
  }
  placeCache(scope).socacheMaxSize = size;
}

function applyDirectories(line: DirectiveLine, scope: Scope): void {
  const value = numberOf(line, 1, `${line.name} value must be an integer greater than 0`);
  const { cache } = scope.server;
  cache[/levels/i.test(line.name) ? 'dirLevels' : 'dirLength'] = value;
  const { dirLevels = 2, dirLength = 2 } = cache;
  if (dirLevels * dirLength > 20) {
    const message = 'CacheDirLevels*CacheDirLength value must not be higher than 20';
    fail(line, message, firstWord(line).column);
  }
}

const SOCACHES = ['shmcb', 'dbm', 'dc', 'memcache', 'redis', 'default'];

function applySocache(line: DirectiveLine, scope: Scope): void {
  const word = firstWord(line);
  const name = word.text.replace(/:.*$/s, '');
  if (!SOCACHES.includes(name)) {
    const message = `Unknown socache provider '${name}'. Maybe you need to load the appropriate socache module (mod_socache_${name}?)`;
    fail(line, message, word.column);
  }
  scope.note('irrelevant', line, 'objects lie in memory that the threads share');
}

const READING = 'bodies are stored piece by piece as they come';

function row(
  module: string,
  name: string,
  contexts: readonly Context[],
  usage: string,
  apply: Apply,
): DirectiveRow {
  return { name, module, contexts, arity: 'take1', usage, apply };
}

const disk = row.bind(undefined, 'mod_cache_disk');
const socache = row.bind(undefined, 'mod_cache_socache');
/** A word of httpd 2.2, which 2.4 does not know any more. */
const old = row.bind(undefined, 'edge');

/** Checked, and without effect here. */
function unused(name: string, what: string, why: string): Apply {
  return (line, scope) => {
    numberOf(line, 0, `${name} argument must be ${what}.`);
    scope.note('irrelevant', line, why);
  };
}

function sizeLimit(name: string, what: string, key: 'minSize' | 'maxSize'): Apply {
  return (line, scope) => {
    const message = `${name} argument must be a non-negative integer representing the ${what}.`;
    placeCache(scope)[key] = numberOf(line, 0, message);
  };
}

const amount = (what: string): string => `a non-negative integer representing the ${what}`;

export const CACHE_STORE_ROWS: readonly DirectiveRow[] = [
  disk('CacheRoot', SERVER_VHOST, 'The directory to store cache files', (line, scope) => {
    scope.server.cache.root = firstWord(line).text;
  }),
  disk(
    'CacheDirLevels',
    SERVER_VHOST,
    'The number of levels of subdirectories in the cache',
    applyDirectories,
  ),
  disk('CacheDirLength', SERVER_VHOST, 'The number of characters in subdirectory names', applyDirectories),
  disk(
    'CacheMinFileSize',
    ANYWHERE,
    'The minimum file size to cache a document',
    sizeLimit('CacheMinFileSize', 'min size of a file to cache in bytes', 'minSize'),
  ),
  disk(
    'CacheMaxFileSize',
    ANYWHERE,
    'The maximum file size to cache a document',
    sizeLimit('CacheMaxFileSize', 'max size of a file to cache in bytes', 'maxSize'),
  ),
  disk(
    'CacheReadSize',
    ANYWHERE,
    'The maximum quantity of data to attempt to read and cache in one go',
    unused('CacheReadSize', amount('max amount of data to cache in go'), READING),
  ),
  disk(
    'CacheReadTime',
    ANYWHERE,
    'The maximum time taken to attempt to read and cache in go',
    unused('CacheReadTime', amount('max amount of time taken to cache in go'), READING),
  ),
  socache('CacheSocache', SERVER_VHOST, 'The shared object cache to store cache files', applySocache),
  socache(
    'CacheSocacheMaxTime',
    ANYWHERE,
    'The maximum cache expiry age to cache a document in seconds',
    unused(
      'CacheSocacheMaxTime',
      'the maximum amount of time in seconds to cache an entry',
      'an object stays until its room is needed',
    ),
  ),
  socache(
    'CacheSocacheMinTime',
    ANYWHERE,
    'The minimum cache expiry age to cache a document in seconds',
    unused(
      'CacheSocacheMinTime',
      'the minimum amount of time in seconds to cache an entry',
      'an object stays until its room is needed',
    ),
  ),
  socache(
    'CacheSocacheMaxSize',
    ANYWHERE,
    'The maximum cache entry size (headers and body) to cache a document',
    applyEntrySize,
  ),
  socache(
    'CacheSocacheReadSize',
    ANYWHERE,
    'The maximum quantity of data to attempt to read and cache in one go',
    unused('CacheSocacheReadSize', amount('max amount of data to cache in go'), READING),
  ),
  socache(
    'CacheSocacheReadTime',
    ANYWHERE,
    'The maximum time taken to attempt to read and cache in go',
    unused('CacheSocacheReadTime', amount('max amount of time taken to cache in go'), READING),
  ),
  old(
    'MCacheSize',
    SERVER_ONLY,
    'The maximum amount of memory used by the cache in KBytes',
    (line, scope) => {
      const message = 'MCacheSize argument must be an integer representing the max cache size in KBytes.';
      scope.settings.cacheMemorySize = numberOf(line, 1, message) * 1024;
    },
  ),
  old(
    'MCacheMaxObjectSize',
    ANYWHERE,
    'The maximum size (in bytes) of a document to be placed in the cache',
    sizeLimit('MCacheMaxObjectSize', 'max size of an object in bytes', 'maxSize'),
  ),
  old(
    'MCacheMinObjectSize',
    ANYWHERE,
    'The minimum size (in bytes) of a document to be placed in the cache',
    sizeLimit('MCacheMinObjectSize', 'min size of an object in bytes', 'minSize'),
  ),
];
