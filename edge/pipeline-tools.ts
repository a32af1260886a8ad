/**
 * What the pipeline of a thread works with: everything that was made of the settings at the thread's start
 * (thread-tools.ts). Thread: worker, one each.
 */

import type { CacheMemory } from '../cache/memory/layout.js';
import type { DeliveryTools, Destination } from '../workers/delivery.js';
import type { Handler } from './admin/handler.js';
import type { RequestRows } from './admin/request-rows.js';
import type { Tally } from './admin/tally.js';
import type { Admission } from './admission.js';
import type { Request } from './request.js';
import type { Mapped } from './route/proxypass.js';
import type { ServerRuntime } from './server-runtime.js';
import type { Taps } from './tap.js';

/** What the pipeline of a thread works with. */
export interface PipelineTools {
  delivery: DeliveryTools;
  /** Undefined where nothing is cached. */
  cache: CacheMemory | undefined;
  thread: number;
  /** Undefined where no page shows what it counts. */
  tally: Tally | undefined;
  /** Undefined where ExtendedStatus is Off, or no page shows it. */
  requests: RequestRows | undefined;
  /** Undefined where nothing limits who is let in. */
  admission: Admission | undefined;
  /** Undefined where nothing is mirrored or captured. */
  taps: Taps | undefined;
  /** The compiled server of an id. */
  runtimeOf(id: number): ServerRuntime;
  /** Balancer or member that a mapped target names; undefined when there is none, `invalid` when its URL is none. */
  destinationOf(mapped: Mapped): Destination | 'invalid' | undefined;
  /** Handler of a name that SetHandler gives; undefined when drover has none of it. */
  handlerOf(name: string): Handler | undefined;
  logError(r: Request, module: string, text: string): void;
}
