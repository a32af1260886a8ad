/** A request body on its way through: read, perhaps held back for a failover, and sent on. */
import type { Scenario } from './scenario.js';

export const post10k: Scenario = {
  name: 'post-10k',
  asks: 'POST of 10 KB to two members, answer of 2 bytes, otherwise as proxied-1k; 64 keep-alive connections',
  path: '/sink',
  isTls: false,
  isRich: true,
  load: { kind: 'wrk', connections: 64, post: 10_240 },
};
