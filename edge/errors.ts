/**
 * The one error class of drover and the one table of what can go wrong outside the configuration reader (which has its
 * own ConfError, because its messages must be httpd's). A row says who broke it, what a client is told, and whether the
 * request may be tried elsewhere, so that logs, retries and canned pages read data and never parse messages.
 *
 * Codes stand in logs and are never reused for something else. Messages are lower case, and say what was attempted with
 * which value. Any thread; an EdgeError does not survive structured cloning as a class, only its message and stack do.
 */

export type ErrorOrigin = 'client' | 'upstream' | 'config' | 'internal';

/** `unsent`: only when no byte of the request can have reached the member. */
export type RetryRule = 'no' | 'unsent' | 'yes';

interface ErrorRow {
  readonly origin: ErrorOrigin;
  /** What a client would be told; for failures at start it is never sent. */
  readonly status: number;
  readonly retry: RetryRule;
  /** `{name}` is replaced by the detail of that name. */
  readonly text: string;
}

const ERRORS = {
  E_BIND: row('config', 500, 'could not bind to address {address}: {reason}'),
  E_PIDFILE: row('config', 500, 'could not write pid file {file}: {reason}'),
  E_PRIVILEGES: row('config', 500, 'could not become user {user} and group {group}: {reason}'),
  E_RUNNING: row('config', 500, 'another drover (pid {pid}) runs already'),
  E_START: row('internal', 500, '{reason}'),
  E_START_TIMEOUT: row('internal', 500, 'edge process did not serve within {seconds} s'),
  E_THREADS: row('config', 500, 'DROVER_THREADS={value} is not a number between 1 and 256'),
  E_UWS_MISSING: row('internal', 500, 'no uWebSockets.js binary {file} for this Node.js'),
  E_UWS_TRUST: row(
    'internal',
    500,
    '{file} has sha256 {found}, {expected} expected: it is not the known build',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

function row(origin: ErrorOrigin, status: number, text: string, retry: RetryRule = 'no'): ErrorRow {
  return { origin, status, retry, text };
}

export class EdgeError extends Error {
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  readonly status: number;
  readonly retry: RetryRule;

  /**
   * code     a row of the table above
   * details  values of the row's `{names}`; a name without value stays as it is, which shows the slip
   */
  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    const { origin, status, retry, text }: ErrorRow = ERRORS[code];
    super(
      text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole)),
      cause === undefined ? undefined : { cause },
    );
    this.name = 'EdgeError';
    this.code = code;
    this.origin = origin;
    this.status = status;
    this.retry = retry;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stack of whatever was thrown, its message where it has none. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
