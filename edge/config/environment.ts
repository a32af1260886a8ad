/**
 * Environment variables that override the configuration, for the systemd EnvironmentFile: one row each, which -S prints and
 * drover.conf(5) is made from. A value that makes no sense is an error, as a directive's would be; an empty one counts
 * as not set.
 */
import { SEVERITIES } from '../log/severity.js';
import { cacheBytes } from './directives/cache-edge.js';
import { ConfError } from './error.js';
import type { Reading } from './scope.js';

export interface EnvironmentRow {
  name: string;
  /** The directive that it wins over; empty: there is none. */
  directive: string;
  /** What holds when neither is said. */
  fallback: string;
  values: string;
  effect: string;
  /** undefined: the value makes no sense. */
  read(value: string): ((reading: Reading) => void) | undefined;
}

type Own = Reading['servers'][number]['own'];

/** A whole number, set in the main server and in every vhost. */
function numbers(least: number, most: number, own: (value: number) => Partial<Own>): EnvironmentRow['read'] {
  return (value) => {
    const number = whole(value, least, most);
    if (number === undefined) return undefined;
    return (reading) => {
      for (const server of reading.servers) Object.assign(server.own, own(number));
    };
  };
}

/** A whole number of the whole appliance. */
function overall(
  least: number,
  most: number,
  said: (value: number) => Partial<Reading['settings']>,
): EnvironmentRow['read'] {
  return (value) => {
    const number = whole(value, least, most);
    if (number === undefined) return undefined;
    return (reading) => {
      Object.assign(reading.settings, said(number));
    };
  };
}

function whole(value: string, least: number, most: number): number | undefined {
  const number = Number(value);
  return /^\d+$/.test(value) && number >= least && number <= most ? number : undefined;
}

const MOST = 2 ** 31 - 1;

export const ENVIRONMENT_ROWS: readonly EnvironmentRow[] = [
  {
    name: 'DROVER_THREADS',
    directive: '',
    fallback: 'one per core',
    values: '1 to 256',
    effect: 'worker threads',
    // The supervisor reads it (threads.ts): threads stay what they were at start over every reload.
    read: (value) => (whole(value, 1, 256) === undefined ? undefined : () => {}),
  },
  {
    name: 'DROVER_SPARE',
    directive: '',
    fallback: '10',
    values: 'seconds, 0 to 3600, or off',
    effect: 'how long drover has served before it keeps a spare edge process ready',
    // The supervisor reads it, too (spare.ts).
    read: (value) => (/^off$/i.test(value) || whole(value, 0, 3600) !== undefined ? () => {} : undefined),
  },
  {
    name: 'DROVER_KEEPALIVE',
    directive: 'KeepAlive',
    fallback: 'On',
    values: 'On or Off',
    effect: 'whether a connection is kept after its first request',
    read(value) {
      if (!/^(on|off)$/i.test(value)) return undefined;
      const keepAlive = value.toLowerCase() === 'on';
      return (reading) => {
        for (const server of reading.servers) server.own.keepAlive = keepAlive;
      };
    },
  },
  {
    name: 'DROVER_KEEPALIVE_TIMEOUT',
    directive: 'KeepAliveTimeout',
    fallback: '5',
    values: 'seconds, 0 to 86400',
    effect: 'how long an idle connection is kept; the uws engine keeps it about 10 s',
    read: numbers(0, 86_400, (seconds) => ({ keepAliveTimeout: seconds * 1000 })),
  },
  {
    name: 'DROVER_MAX_KEEPALIVE_REQUESTS',
    directive: 'MaxKeepAliveRequests',
    fallback: '100',
    values: 'a number, 0 for no limit',
    effect: 'requests of one connection; counted on the node engine',
    read: numbers(0, MOST, (maxKeepAliveRequests) => ({ maxKeepAliveRequests })),
  },
  {
    name: 'DROVER_TIMEOUT',
    directive: 'Timeout',
    fallback: '60',
    values: 'seconds, 1 to 86400',
    effect: 'how long a client or a member may be silent',
    read: numbers(1, 86_400, (seconds) => ({ timeout: seconds * 1000 })),
  },
  {
    name: 'DROVER_MAX_CONNECTIONS',
    directive: '',
    fallback: 'four fifths of the descriptors',
    values: 'a number, at least 1',
    effect: 'connections of clients at once; one more is closed as soon as it is accepted',
    read: overall(1, MOST, (maxConnections) => ({ maxConnections })),
  },
  {
    name: 'DROVER_MAX_REQUESTS',
    directive: 'MaxRequestWorkers',
    fallback: 'no limit',
    values: 'a number, at least 1',
    effect: 'requests under way at once, and ListenBackLog more; beyond that 503',
    read: overall(1, MOST, (maxRequestWorkers) => ({ maxRequestWorkers })),
  },
  {
    name: 'DROVER_LIMIT_HEADER_SIZE',
    directive: 'LimitRequestFieldSize',
    fallback: '8190',
    values: 'bytes, 1 to 1048576',
    effect: 'longest field of a request',
    read: numbers(1, 1_048_576, (limitRequestFieldSize) => ({ limitRequestFieldSize })),
  },
  {
    name: 'DROVER_LIMIT_BODY',
    directive: 'LimitRequestBody',
    fallback: '0',
    values: 'bytes, 0 for no limit',
    effect: 'longest body of a request, where no section has a LimitRequestBody of its own',
    read(value) {
      const limitRequestBody = whole(value, 0, 2 ** 53 - 1);
      if (limitRequestBody === undefined) return undefined;
      return (reading) => {
        for (const server of reading.servers) server.base.limitRequestBody = limitRequestBody;
      };
    },
  },
  {
    name: 'DROVER_CACHE_SIZE',
    directive: 'CacheMemorySize',
    fallback: 'a quarter of the memory',
    values: 'bytes with K, M or G, at least 1M, or a share like 25%',
    effect: 'memory for what is cached, over all threads',
    read(value) {
      const cacheMemorySize = cacheBytes(value);
      return cacheMemorySize === undefined
        ? undefined
        : (reading) => {
            reading.settings.cacheMemorySize = cacheMemorySize;
          };
    },
  },
  {
    name: 'DROVER_DRAIN_DELAY',
    directive: 'EdgeDrainDelay',
    fallback: '0',
    values: 'seconds, 0 to 3600',
    effect: 'after SIGTERM: says that it is not ready and serves on for so long, then drains',
    read: overall(0, 3600, (seconds) => ({ drainDelay: seconds * 1000 })),
  },
  {
    name: 'DROVER_GRACEFUL_TIMEOUT',
    directive: 'GracefulShutdownTimeout',
    fallback: '0',
    values: 'seconds, 0 for no limit',
    effect: 'how long requests may go on after a reload or a stop',
    read: overall(0, MOST / 1000, (seconds) => ({ gracefulShutdownTimeout: seconds * 1000 })),
  },
  {
    name: 'DROVER_LOG_LEVEL',
    directive: 'LogLevel',
    fallback: 'warn',
    values: 'emerg, alert, crit, error, warn, notice, info, debug or trace1 to trace8',
    effect: 'what the error log has, whatever a module is set to',
    read(value) {
      const level = SEVERITIES.find((severity) => severity === value.toLowerCase());
      if (level === undefined) return undefined;
      return (reading) => {
        for (const server of reading.servers) {
          reading.logLevels.set(server, { default: level, modules: {}, forgetsOuter: true });
        }
      };
    },
  },
];

/** Empty values count as not set. */
export function applyEnvironment(reading: Reading, env: NodeJS.ProcessEnv, errors: ConfError[]): void {
  for (const row of ENVIRONMENT_ROWS) {
    const value = env[row.name];
    if (value === undefined || value === '') continue;
    const apply = row.read(value);
    if (apply === undefined) {
      const instead = row.directive === '' ? '' : `, instead of ${row.directive}`;
      const text = `${row.name}=${value}: must be ${row.values} (environment${instead})`;
      errors.push(new ConfError(text, { file: '', line: 0, column: 0 }, { family: 'bare' }));
    } else apply(reading);
  }
}

/** What -S shows: every variable, with what it is set to and what it stands for. */
export function environmentText(env: NodeJS.ProcessEnv): string {
  const lines = ENVIRONMENT_ROWS.map(({ name, directive, fallback, effect }) => {
    const value = env[name];
    const shown = value === undefined || value === '' ? `not set (${fallback})` : value;
    return `  ${name}=${shown}${directive === '' ? '' : ` [${directive}]`}: ${effect}`;
  });
  return `Environment:\n${lines.join('\n')}\n`;
}
