/**
 * drover's own limits, which httpd leaves to other modules.
 *
 * EdgeLimitConnections number|off           requests under way at once of one client address
 * EdgeLimitRequests number/s|m|h [burst=N]  requests of one client address over time; `off` for none
 * EdgeLimitWaiting number|off               requests that wait for a connection below a member's max, over all members
 * EdgeDrainDelay seconds                    after SIGTERM: not ready, but still serving, before requests are drained
 *
 * Thread: main, at load.
 */
import type { ServerSettings } from '../../settings.js';
import { fail } from '../error.js';
import { type DirectiveRow, SERVER_ONLY, SERVER_VHOST } from '../table.js';
import { firstWord } from './core.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const MOST_DELAY = 3600;
/** The table of clients counts in ticks that wrap after eleven hours. */
const LONGEST_BURST_MS = 6 * 3_600_000;

/** `10/s` with a burst; undefined: no rate. */
export function parseRate(text: string, burst: number): { interval: number; burst: number } | undefined {
  const match = /^([1-9]\d{0,5})\/([smh])$/.exec(text);
  if (match === null) return undefined;
  const interval = (UNIT_MS[match[2] as string] as number) / Number(match[1]);
  return interval * (burst + 1) > LONGEST_BURST_MS || interval < 0.01 ? undefined : { interval, burst };
}

function merge(own: Partial<ServerSettings>, more: ServerSettings['clientLimit']): void {
  own.clientLimit = { ...own.clientLimit, ...more };
}

export const EDGE_LIMIT_ROWS: readonly DirectiveRow[] = [
  {
    name: 'EdgeLimitConnections',
    module: 'edge',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: "a number of requests under way per client address, or 'off'",
    apply(line, scope) {
      const { text, column } = firstWord(line);
      if (!/^(?:off|[1-9]\d{0,6})$/i.test(text)) {
        fail(line, 'EdgeLimitConnections must be a number from 1 or off', column);
      }
      merge(scope.server.own, { connections: text.toLowerCase() === 'off' ? 0 : Number(text) });
    },
  },
  {
    name: 'EdgeLimitRequests',
    module: 'edge',
    contexts: SERVER_VHOST,
    arity: 'take12',
    usage: "a rate per client address such as 10/s or 600/m, or 'off', and optionally burst=N",
    apply(line, scope) {
      const [rate, more] = line.words;
      if (rate === undefined) return;
      const match = more === undefined ? undefined : /^burst=(\d{1,6})$/i.exec(more.text);
      if (match === null)
        fail(line, 'EdgeLimitRequests: what follows the rate must be burst=N', more?.column);
      if (rate.text.toLowerCase() === 'off') {
        merge(scope.server.own, { rate: { interval: 0, burst: 0 } });
        return;
      }
      const parsed = parseRate(rate.text, Number(match?.[1] ?? 0));
      if (parsed === undefined) {
        fail(
          line,
          'EdgeLimitRequests must be number/s, number/m or number/h, at most 6 hours of burst',
          rate.column,
        );
      }
      merge(scope.server.own, { rate: parsed });
    },
  },
  {
    name: 'EdgeLimitWaiting',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: "a number of requests that may wait for a member, or 'off'",
    apply(line, scope) {
      const { text, column } = firstWord(line);
      if (!/^(?:off|\d{1,7})$/i.test(text)) fail(line, 'EdgeLimitWaiting must be a number or off', column);
      if (text.toLowerCase() === 'off') delete scope.settings.mostWaiting;
      else scope.settings.mostWaiting = Number(text);
    },
  },
  {
    name: 'EdgeDrainDelay',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'seconds',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      if (!/^\d{1,4}$/.test(text) || Number(text) > MOST_DELAY) {
        fail(line, `EdgeDrainDelay must be seconds, 0 to ${MOST_DELAY}`, column);
      }
      scope.settings.drainDelay = Number(text) * 1000;
    },
  },
];
