/**
 * Access lines as JSON: EdgeLogFormat json. One object of fixed fields for each request, whatever the LogFormat is: who
 * collects JSON wants the same names from every vhost. Which requests have a line (env=, expr=) is decided before. pino
 * writes the object, as in error-json.ts; the access log owns the file. What a request has not has no field.
 * Workers; hot where it is configured, nothing here throws.
 */
import { createRequire } from 'node:module';
import { canonicalName, requestValue } from '../http/variables.js';
import type { Request } from '../request.js';
import { durationOf } from './access-time.js';
import { textOf } from './json-text.js';

type Maybe<T> = T | undefined;

interface Fields {
  /** When it came, ISO 8601 in UTC. */
  time: string;
  client: string;
  user: Maybe<string>;
  vhost: string;
  method: Maybe<string>;
  target: Maybe<string>;
  protocol: string;
  status: number;
  /** Sent to the client, head and framing too. */
  bytes: number;
  /** From its arrival to the end of the response, µs. */
  duration: number;
  referer: Maybe<string>;
  userAgent: Maybe<string>;
  /** That of its lines in the error log. */
  id: Maybe<string>;
  /** `balancer://name` */
  balancer: Maybe<string>;
  /** The last member that was asked, and how often one was. */
  member: Maybe<string>;
  tries: Maybe<number>;
  /** Code of an answer of drover's own. */
  reason: Maybe<string>;
}

/** returns  a function that gives one line of JSON with its newline */
export function compileAccessJson(): (r: Request) => string {
  // As in error-json.ts: most configurations never load it.
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  let line = '';
  const logger = pino(
    {
      base: null,
      timestamp: false,
      // pino begins each line with a level, which requests have none of.
      formatters: { level: () => ({ pid: process.pid }) },
    },
    {
      write(text: string) {
        line = text;
      },
    },
  );
  return (r) => {
    line = '';
    logger.info(describe(r));
    return line;
  };
}

/** pino leaves out what is undefined. */
function describe(r: Request): Fields {
  const { exchange, tries = [] } = r;
  return {
    time: new Date(r.startedAt).toISOString(),
    client: r.clientAddress,
    user: shown(r.user),
    vhost: textOf(canonicalName(r)),
    method: shown(exchange.method),
    target: shown(exchange.target),
    protocol: exchange.protocol,
    status: r.status,
    bytes: exchange.bytesSent,
    duration: durationOf(r),
    referer: shown(requestValue(r, 'referer')),
    userAgent: shown(requestValue(r, 'user-agent')),
    id: shown(r.logId),
    balancer: shown(/^balancer:\/\/[^/?]*/.exec(r.proxyUrl)?.[0]),
    member: shown(tries.at(-1)?.member),
    tries: tries.length || undefined,
    reason: shown(r.reasonCode),
  };
}

function shown(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : textOf(value);
}
