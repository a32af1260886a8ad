/** All balancing methods by name (httpd's, where httpd has it): one line a method. Any thread. */
import { ByBusyness } from './bybusyness.js';
import { ByRequests } from './byrequests.js';
import { ByTraffic } from './bytraffic.js';
import { Hash } from './hash.js';
import { Heartbeat } from './heartbeat.js';
import { LeastTime } from './leasttime.js';
import type { Method, MethodTools } from './method.js';
import { Random2 } from './random2.js';

const METHODS: Record<string, (tools: MethodTools) => Method> = {
  byrequests: () => new ByRequests(),
  bybusyness: () => new ByBusyness(),
  bytraffic: () => new ByTraffic(),
  heartbeat: (tools) => new Heartbeat(tools),
  leasttime: () => new LeastTime(),
  random2: (tools) => new Random2(tools),
  hash: (tools) => new Hash(tools),
};

export const METHOD_NAMES: readonly string[] = Object.keys(METHODS);

/** A method by its name; errors: throws on a name that METHOD_NAMES does not have, which the reader has checked. */
export function createMethod(name: string, tools: MethodTools): Method {
  const create = METHODS[name];
  if (create === undefined) throw new RangeError(`no balancing method '${name}'`);
  return create(tools);
}
