/** All balancing methods by httpd's name: one line a method. Any thread. */
import { ByBusyness } from './bybusyness.js';
import { ByRequests } from './byrequests.js';
import { ByTraffic } from './bytraffic.js';
import type { Method } from './method.js';

const METHODS: Record<string, () => Method> = {
  byrequests: () => new ByRequests(),
  bybusyness: () => new ByBusyness(),
  bytraffic: () => new ByTraffic(),
};

export const METHOD_NAMES: readonly string[] = Object.keys(METHODS);

/** A method by its name; errors: throws on a name that METHOD_NAMES does not have, which the reader has checked. */
export function createMethod(name: string): Method {
  const create = METHODS[name];
  if (create === undefined) throw new RangeError(`no balancing method '${name}'`);
  return create();
}
