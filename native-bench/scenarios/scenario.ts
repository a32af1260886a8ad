/** A scenario is one question, asked of every peer alike. */
import type { Load } from '../client.js';

export interface Scenario {
  name: string;
  /** What it asks, in words, for the report. */
  asks: string;
  /** Path at the origin; see BODIES in origin.ts. */
  path: string;
  isTls: boolean;
  /** With sticky sessions and two header rules; see Site in peers/peer.ts. */
  isRich: boolean;
  /** With the rules of a busy vhost besides; only peers that read httpd's language take part. */
  isBusy?: boolean;
  /** The answer is cacheable and every peer caches it: all that is counted are hits. */
  isCached?: boolean;
  /** What the cache may hold, where that matters: only peers that can be told take part, and their hits are counted. */
  cacheBytes?: number;
  /** Seconds of load before counting, where the usual warm-up would not fill a cache. */
  fill?: number;
  /** HTTP/2 is offered by ALPN. */
  isHttp2?: boolean;
  /** drover serves it with its second engine. */
  isNodeEngine?: boolean;
  load: Load;
  /** A client of another address is connected all the while (stray.ts). */
  hasStray?: boolean;
}
