/**
 * What a handler of SetHandler is: a page of drover's own (balancer-manager, server-status …) that is asked with a whole
 * request and gives a whole answer. The pipeline asks the thread's registry by name (handlers.ts) after access control, so
 * that a handler need not think of who may come. Off the hot path: a handler may allocate and may answer later.
 *
 * Thread: whichever worker accepted the request; what a handler shows of other threads lies in shared memory.
 */
import type { Fields } from '../exchange.js';
import type { Request } from '../request.js';

/** Names that SetHandler may give and that drover answers; the configuration reader and the registry share them. */
export const HANDLER_NAMES = [
  'balancer-manager',
  'server-status',
  'server-info',
  'edge-metrics',
  'heartbeat',
] as const;
export type HandlerName = (typeof HANDLER_NAMES)[number];

export function isHandlerName(name: string): name is HandlerName {
  return (HANDLER_NAMES as readonly string[]).includes(name);
}

/** A complete answer. */
export interface HandlerAnswer {
  status: number;
  /** Content-Type and whatever else; not Server, Date, Content-Length. */
  fields: Fields;
  /** Text goes out as UTF-8. An empty one with an error status gets the canned page of that status. */
  body: string | Uint8Array;
}

export interface Handler {
  /** Methods it takes; others get 405 with these in Allow. HEAD is answered wherever GET is. undefined: it decides itself. */
  readonly methods: readonly string[] | undefined;
  /**
   * body    the request's, decoded as latin1; at most MAX_HANDLER_BODY bytes
   * errors  what it throws or rejects with is logged and answered with 500
   */
  answer(r: Request, body: string): HandlerAnswer | Promise<HandlerAnswer>;
}

/** Longest request body a handler is given, in bytes; a longer one is a 413. Forms and JSON of the API stay far below. */
export const MAX_HANDLER_BODY = 65_536;
