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

  const noted: [string, RegExp][] = [
    ['CacheSocache shmcb:x', /^irrelevant CacheSocache/],
    ['CacheLockPath /tmp/x', /^irrelevant CacheLockPath/],
    ['CacheReadSize 5', /^irrelevant CacheReadSize/],
  ];
  for (const [text, note] of noted) {
    it(`accept "${text.replaceAll('\n', ' ')}" and say why it has no effect`, () => {
      assert.match(read(text).notes[0] ?? '', note);
    });
  }

  it('say where files lie', () => {
    const { cache } =
      read('CacheRoot /var/cache\nCacheDirLevels 5\nCacheDirLength 4').servers[0]?.draft ?? {};
    assert.deepEqual(cache, { root: '/var/cache', dirLevels: 5, dirLength: 4 });
  });

  it('warn of a store that nobody has', () => {
    const { warnings, servers } = read('CacheEnable foo /');
    assert.match(warnings[0] ?? '', /no cache of type 'foo'/);
    assert.equal(servers[0]?.draft.cache.enable, undefined);
  });

  it('say what is cached, where and for how long', () => {
    const { servers, notes } = read(
      [
        'CacheEnable memory /static/',
        'CacheEnable socache http://x.test/a',
        'CacheDisable /static/no',
        'CacheIgnoreHeaders Set-Cookie X',
        'CacheKeyBaseURL http://X:81/',
        'CacheLockMaxAge 7',
        'CacheLock on',
        'CacheDefaultExpire 3600x',
        'CacheMaxExpire -1',
        'CacheLastModifiedFactor .5',
        'CacheSocacheMaxSize 1024',
        'CacheMaxFileSize 5',
        '<Location /x>',
        'CacheEnable memory /x/y',
        'CacheDisable on',
        '</Location>',
      ].join('\n'),
    );
    assert.deepEqual(notes, []);
    assert.deepEqual(servers[0]?.draft.cache, {
      enable: [
        { store: 'memory', url: '/static/' },
        { store: 'socache', url: 'http://x.test/a' },
      ],
      disable: ['/static/no'],
      ignoreHeaders: ['set-cookie', 'x'],
      keyBase: { scheme: 'http', host: 'x', port: 81 },
      lockMaxAge: 7,
      lock: true,
    });
    assert.deepEqual(servers[0].draft.base.cache, {
      defaultExpire: 3_600_000,
      maxExpire: -1000,
      lastModifiedFactor: 0.5,
      socacheMaxSize: 1024,
      maxSize: 5,
    });
    assert.deepEqual(servers[0].places[0]?.place.cache, {
      enable: [{ store: 'memory', url: '/x/y' }],
      isDisabled: true,
    });
  });
});
