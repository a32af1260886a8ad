import assert from 'node:assert/strict';
import { messageOf, read } from './reading.js';

describe('directives of mod_cache', () => {
  const notNegative = (what: string) => `argument must be a non-negative integer representing the ${what}.`;
  const size =
    'CacheSocacheMaxSize argument must be a integer representing the max size of a cached entry (headers and body), ' +
    'at least 1024 and at most (4294967295U)';
  const refusals: [string, string][] = [
    ['CacheEnable disk', 'CacheEnable provider (disk) is missing an URL.'],
    [
      '<Location /x>\nCacheEnable disk /z\n</Location>',
      'When in a Location, CacheEnable must specify a path or an URL below that location.',
    ],
    ['CacheDisable on', 'CacheDisable must specify a path or an URL.'],
    ['CacheDisable x', 'CacheDisable must specify a path or an URL.'],
    [
      '<Location /x>\nCacheDisable /x\n</Location>',
      "CacheDisable must be followed by the word 'on' when in a Location.",
    ],
    ['CacheLastModifiedFactor x', 'CacheLastModifiedFactor value must be a float'],
    ['CacheLockMaxAge 0', 'CacheLockMaxAge value must be a non-zero positive integer'],
    ['CacheLockMaxAge x', 'CacheLockMaxAge value must be a non-zero positive integer'],
    ['CacheKeyBaseURL x', "URL 'x' must contain at least one of a scheme, a hostname or a port."],
    ['CacheKeyBaseURL http://[/', "Could not parse 'http://[/' as an URL."],
    ['CacheDirLevels 0', 'CacheDirLevels value must be an integer greater than 0'],
    ['CacheDirLength x', 'CacheDirLength value must be an integer greater than 0'],
    ['CacheDirLength 11', 'CacheDirLevels*CacheDirLength value must not be higher than 20'],
    ['CacheDirLevels 5\nCacheDirLength 5', 'CacheDirLevels*CacheDirLength value must not be higher than 20'],
    ['CacheMinFileSize -1', `CacheMinFileSize ${notNegative('min size of a file to cache in bytes')}`],
    ['CacheMaxFileSize -1', `CacheMaxFileSize ${notNegative('max size of a file to cache in bytes')}`],
    ['CacheReadSize -1', `CacheReadSize ${notNegative('max amount of data to cache in go')}`],
    ['CacheReadTime -1', `CacheReadTime ${notNegative('max amount of time taken to cache in go')}`],
    [
      'CacheSocache x',
      "Unknown socache provider 'x'. Maybe you need to load the appropriate socache module (mod_socache_x?)",
    ],
    [
      'CacheSocacheMaxTime -1',
      'CacheSocacheMaxTime argument must be the maximum amount of time in seconds to cache an entry.',
    ],
    ['CacheSocacheMaxSize x', size],
    ['CacheSocacheMaxSize 5', size],
    ['CacheSocacheReadSize -1', `CacheSocacheReadSize ${notNegative('max amount of data to cache in go')}`],
  ];
  for (const [text, message] of refusals) {
    it(`refuse "${text.replaceAll('\n', ' ')}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  const accepted = [
    'CacheEnable memory /static/',
    'CacheEnable foo /',
    '<Location /x>\nCacheEnable disk\n</Location>',
    '<Location /x>\nCacheEnable disk /x/y\n</Location>',
    '<Location /x>\nCacheDisable on\n</Location>',
    'CacheDisable /x',
    'CacheDefaultExpire 3600x',
    'CacheMaxExpire -1',
    'CacheLastModifiedFactor .5',
    'CacheIgnoreHeaders Set-Cookie X',
    'CacheKeyBaseURL http://x/',
    'CacheRoot /var/cache',
    'CacheDirLevels 5\nCacheDirLength 4',
    'CacheSocache shmcb:x',
    'CacheSocacheMaxSize 1024',
  ];
  for (const text of accepted) {
    it(`accept "${text.replaceAll('\n', ' ')}" and note that nothing is cached yet`, () => {
      const { notes } = read(text);
      assert.ok(notes.length > 0);
      for (const note of notes) assert.match(note, /^inactive Cache\w+: nothing is cached yet/);
    });
  }
});
