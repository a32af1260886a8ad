/** A hit of a large object: the bytes go from the cache to the kernel, from memory or by sendfile. */
import type { Scenario } from './scenario.js';

export const cached100k: Scenario = {
  name: 'cached-100k',
  asks: 'GET of a cached object of 100 KB (all hits), access log; 64 keep-alive connections',
  path: '/cached/100k',
  isTls: false,
  isRich: false,
  isCached: true,
  load: { kind: 'wrk', connections: 64 },
};
