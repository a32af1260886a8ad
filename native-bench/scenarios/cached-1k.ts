/** A hit of a small object: what is left of a request when no member is asked. */
import type { Scenario } from './scenario.js';

export const cached1k: Scenario = {
  name: 'cached-1k',
  asks: 'GET of a cached object of 1 KB (all hits), access log; 64 keep-alive connections',
  path: '/cached/1k',
  isTls: false,
  isRich: false,
  isCached: true,
  load: { kind: 'wrk', connections: 64 },
};
