/** All handlers of a thread by the name that SetHandler gives: one line a handler. Worker. */
import type { Request } from '../request.js';
import { BalancerManager } from './balancers-handler.js';
import type { Handler, HandlerName } from './handler.js';
import { HeartbeatReceiver } from './heartbeat-handler.js';
import { Metrics } from './metrics.js';
import type { Overview } from './overview.js';
import { ServerInfo } from './server-info.js';
import { ServerStatus } from './server-status.js';

/** A line of a server's error log about a request, at level error. */
export type RequestLog = (r: Request, module: string, text: string) => void;

const HANDLERS: Record<HandlerName, (overview: Overview, log: RequestLog) => Handler> = {
  'balancer-manager': (overview, log) => new BalancerManager(overview, log),
  'server-status': (overview) => new ServerStatus(overview),
  'server-info': (overview) => new ServerInfo(overview),
  'edge-metrics': (overview) => new Metrics(overview),
  heartbeat: (overview, log) => new HeartbeatReceiver(overview, log),
};

/** Handlers are made when they are first asked for: a thread that serves no management page has none. */
export class Handlers {
  readonly #overview: Overview;
  readonly #log: RequestLog;
  readonly #made = new Map<string, Handler>();

  constructor(overview: Overview, log: RequestLog) {
    this.#overview = overview;
    this.#log = log;
  }

  /** The handler of a name; undefined when drover has none of it. */
  of(name: string): Handler | undefined {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const make = Object.hasOwn(HANDLERS, name) ? HANDLERS[name as HandlerName] : undefined;
    if (make === undefined) return undefined;
    const handler = make(this.#overview, this.#log);
    this.#made.set(name, handler);
    return handler;
  }
}
