/**
 * SetHandler heartbeat: servers that cannot send UDP packets tell of their load by POST, `ready=75&busy=0`. Whoever sends it
 * is the server it speaks of, so that access to the place is what guards it.
 * Source: httpd 2.4, mod_heartmonitor; answers and messages observed on 2.4.71. Worker.
 */
import { parseLoad } from '../health/heartbeat.js';
import type { Request } from '../request.js';
import type { Handler, HandlerAnswer } from './handler.js';
import type { RequestLog } from './handlers.js';
import type { Overview } from './overview.js';

export class HeartbeatReceiver implements Handler {
  readonly methods = undefined;
  readonly #overview: Overview;
  readonly #log: RequestLog;

  constructor(overview: Overview, log: RequestLog) {
    this.#overview = overview;
    this.#log = log;
  }

  answer(r: Request, body: string): HandlerAnswer {
    const { live, board, settings } = this.#overview;
    if (r.exchange.method !== 'POST') return { status: 405, fields: ['Allow', 'TRACE'], body: '' };
    if (settings.heartbeat?.listen === undefined) {
      this.#log(r, 'heartmonitor', 'AH10561: Heartbeat monitoring not active');
      return { status: 503, fields: [], body: '' };
    }
    const load = parseLoad(body);
    if (load === undefined) {
      this.#log(r, 'heartmonitor', 'AH10563: Missing required parameters: busy and/or ready');
      return { status: 400, fields: [], body: '' };
    }
    live.refresh();
    const from = r.exchange.remoteAddress;
    for (const { host, slot } of live.members)
      if (host === from) board.life.hearHeartbeat(slot, load, Date.now());
    return { status: 200, fields: ['Content-Type', 'text/plain'], body: 'OK' };
  }
}
