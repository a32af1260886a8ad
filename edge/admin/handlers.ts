/** All handlers of a thread by the name that SetHandler gives: one line a handler. Worker. */
import type { Handler, HandlerName } from './handler.js';
import type { Overview } from './overview.js';
import { ServerStatus } from './server-status.js';

const HANDLERS: Partial<Record<HandlerName, (overview: Overview) => Handler>> = {
  'server-status': (overview) => new ServerStatus(overview),
};

/** Handlers are made when they are first asked for: a thread that serves no management page has none. */
export class Handlers {
  readonly #overview: Overview;
  readonly #made = new Map<string, Handler>();

  constructor(overview: Overview) {
    this.#overview = overview;
  }

  /** The handler of a name; undefined when drover has none of it. */
  of(name: string): Handler | undefined {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const make = Object.hasOwn(HANDLERS, name) ? HANDLERS[name as HandlerName] : undefined;
    if (make === undefined) return undefined;
    const handler = make(this.#overview);
    this.#made.set(name, handler);
    return handler;
  }
}
