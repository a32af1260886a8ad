/** The smallest proxied request: nearly all of its cost is the proxy's own, none the body's. */
import type { Scenario } from './scenario.js';

export const proxied24b: Scenario = {
  name: 'proxied-24b',
  asks: 'GET of 24 bytes from two members in turn, access log; 64 keep-alive connections',
  path: '/24b',
  isTls: false,
  isRich: false,
  load: { kind: 'wrk', connections: 64 },
};
