/** Many connections at once: does the cost of a request, or the memory, grow with how many clients there are? */
import type { Scenario } from './scenario.js';

export const connections1000: Scenario = {
  name: 'connections-1000',
  asks: 'proxied-1k with 1,000 keep-alive connections, all busy',
  path: '/1k',
  isTls: false,
  isRich: true,
  load: { kind: 'wrk', connections: 1000 },
};
