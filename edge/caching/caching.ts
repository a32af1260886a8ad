/**
 * What the cache does with a request on its way to a member, as the proxy handler sees it: it is told of the answer piece
 * by piece, may take the answering over, and is told when the conversation is over. A request of a vhost without a cache
 * has none. Implemented by Fetch (fetch.ts) and Invalidation (invalidation.ts). Thread: worker.
 */
import type { Place } from '../settings.js';

export interface Caching {
  /** A member is being asked: from now on `finish` comes from whoever asks. */
  readonly isFetching: boolean;
  /** A member is going to be asked. place: whose rules hold for the request */
  begin(place: Place): void;
  /** Is the answer worth having when the client is gone? */
  readonly isWanted: boolean;
  /** Is the answer, whose head has come, being stored? */
  readonly isStoring: boolean;
  /**
   * The head of a final answer has come; all rules have been applied to it, and nothing has been sent.
   * length   of its body, or -1
   * returns  true when the client has been answered from the cache instead
   */
  onHead(length: number): boolean;
  /** isLast: the client is about to have the whole, and may ask for it again at once, of another thread. onEnd follows. */
  onData(chunk: Uint8Array, isLast?: boolean): void;
  /** The body is complete. */
  onEnd(): void;
  /**
   * No member could answer, or the answer is a status of 500 and above that is about to be replaced by a page.
   * returns  true when the client has been answered from the cache instead
   */
  onFail(): boolean;
  /** The end of it, however it came; may be called more than once. */
  finish(): void;
}
