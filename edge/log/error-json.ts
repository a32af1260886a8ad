/**
 * Error log lines as JSON, for collectors that would rather not parse: EdgeLogFormat json. pino writes the object (it
 * is quicker at it than JSON.stringify, and escapes what must be), the error log itself owns the file.
 * Any thread; nothing here throws.
 */
import { createRequire } from 'node:module';
import type { ErrorEvent, ErrorLine } from './error-line.js';
import { textOf } from './json-text.js';
import type { Severity } from './severity.js';

/** Severities as pino counts: higher is worse. */
const LEVELS = {
  emerg: 80,
  alert: 70,
  crit: 60,
  error: 50,
  warn: 40,
  notice: 35,
  info: 30,
  debug: 20,
  trace1: 18,
  trace2: 17,
  trace3: 16,
  trace4: 15,
  trace5: 14,
  trace6: 13,
  trace7: 12,
  trace8: 11,
} satisfies Record<Severity, number>;

/** What a line has beside level, pid and msg. */
interface Fields {
  time: string;
  module: string;
  client?: string;
  osError?: string;
  method?: string;
  target?: string;
  /** Code of the response's reason. */
  reason?: string;
  /** That of the request's line in the access log. */
  id?: string;
  referer?: string;
}

/** returns  a function that gives one line of JSON with its newline */
export function compileJsonLine(): ErrorLine {
  // Half of a thread's start would be loading pino, which most configurations do not use.
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  let line = '';
  const logger = pino(
    {
      level: 'trace8',
      customLevels: LEVELS,
      useOnlyCustomLevels: true,
      base: { pid: process.pid },
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(text: string) {
        line = text;
      },
    },
  );
  return (event) => {
    line = '';
    logger[event.severity](describe(event), textOf(event.message));
    return line;
  };
}

function describe(event: ErrorEvent): Fields {
  const { request } = event;
  const fields: Fields = { time: new Date(event.at).toISOString(), module: event.module };
  const client = event.client ?? request?.clientAddress;
  const referer = event.referer ?? request?.header('referer');
  if (client !== undefined) fields.client = client;
  if (event.osError !== undefined) fields.osError = event.osError;
  if (request !== undefined) {
    fields.method = request.exchange.method;
    fields.target = textOf(request.exchange.target);
    if (request.reasonCode !== '') fields.reason = request.reasonCode;
    if (request.logId !== '') fields.id = request.logId;
  }
  if (referer !== undefined) fields.referer = textOf(referer);
  return fields;
}
