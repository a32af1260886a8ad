/** What an address costs that the second engine serves, in HTTP/1.1. */
import type { Scenario } from './scenario.js';

export const proxied1kNode: Scenario = {
  name: 'proxied-1k-node',
  asks: 'proxied-1k with `EdgeEngine node`',
  path: '/1k',
  isTls: false,
  isRich: true,
  isNodeEngine: true,
  load: { kind: 'wrk', connections: 64 },
};
