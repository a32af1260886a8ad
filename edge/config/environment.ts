/**
 * Environment variables that override the configuration, for the systemd EnvironmentFile: one row each. A value that
 * makes no sense is an error, as a directive's would be.
 *
 * DROVER_THREADS is not here: it is the process's (edge/generation.ts).
 */
import { ConfError } from './error.js';
import type { Reading } from './scope.js';

interface EnvironmentRow {
  name: string;
  /** The directive that it wins over. */
  directive: string;
  values: string;
  /** undefined: the value makes no sense. */
  read(value: string): ((reading: Reading) => void) | undefined;
}

/** Set in the main server and in every vhost. */
function everywhere(
  reading: Reading,
  own: { keepAlive?: boolean; keepAliveTimeout?: number; maxKeepAliveRequests?: number },
): void {
  for (const server of reading.servers) Object.assign(server.own, own);
}

function whole(value: string, least: number, most: number): number | undefined {
  const number = Number(value);
  return /^\d+$/.test(value) && number >= least && number <= most ? number : undefined;
}

export const ENVIRONMENT_ROWS: readonly EnvironmentRow[] = [
  {
    name: 'DROVER_KEEPALIVE',
    directive: 'KeepAlive',
    values: 'On or Off',
    read(value) {
      if (!/^(on|off)$/i.test(value)) return undefined;
      return (reading) => everywhere(reading, { keepAlive: value.toLowerCase() === 'on' });
    },
  },
  {
    name: 'DROVER_KEEPALIVE_TIMEOUT',
    directive: 'KeepAliveTimeout',
    values: 'seconds, 0 to 86400',
    read(value) {
      const seconds = whole(value, 0, 86_400);
      if (seconds === undefined) return undefined;
      return (reading) => everywhere(reading, { keepAliveTimeout: seconds * 1000 });
    },
  },
  {
    name: 'DROVER_MAX_KEEPALIVE_REQUESTS',
    directive: 'MaxKeepAliveRequests',
    values: 'a number, 0 for no limit',
    read(value) {
      const count = whole(value, 0, 2 ** 31 - 1);
      if (count === undefined) return undefined;
      return (reading) => everywhere(reading, { maxKeepAliveRequests: count });
    },
  },
  {
    name: 'DROVER_MAX_CONNECTIONS',
    directive: 'MaxRequestWorkers',
    values: 'a number, at least 1',
    read(value) {
      const count = whole(value, 1, 2 ** 31 - 1);
      if (count === undefined) return undefined;
      return (reading) => {
        reading.settings.maxRequestWorkers = count;
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
      const text = `${row.name}=${value}: must be ${row.values} (environment, instead of ${row.directive})`;
      errors.push(new ConfError(text, { file: '', line: 0, column: 0 }, { family: 'bare' }));
    } else apply(reading);
  }
}
