/** The day's work with clients of more than one address, as on the open internet. */
import { proxied1k } from './proxied-1k.js';
import type { Scenario } from './scenario.js';

export const proxied1kMixed: Scenario = {
  ...proxied1k,
  name: 'proxied-1k-mixed',
  asks: 'as proxied-1k, while a client of another address is connected',
  hasStray: true,
};
