/** The day's work of a balancer: a small answer, with what a guide's configuration asks for besides. */
import type { Scenario } from './scenario.js';

export const proxied1k: Scenario = {
  name: 'proxied-1k',
  asks:
    'GET of 1 KB from two members, sticky sessions configured (clients come without the cookie), ' +
    'one RequestHeader and one Header rule, access log; 64 keep-alive connections',
  path: '/1k',
  isTls: false,
  isRich: true,
  load: { kind: 'wrk', connections: 64 },
};
