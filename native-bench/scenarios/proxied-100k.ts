/** A body of many reads and writes: the cost of moving bytes, and of stopping when the client is slower. */
import type { Scenario } from './scenario.js';

export const proxied100k: Scenario = {
  name: 'proxied-100k',
  asks: 'GET of 100 KB from two members in turn, access log; 64 keep-alive connections',
  path: '/100k',
  isTls: false,
  isRich: false,
  load: { kind: 'wrk', connections: 64 },
};
