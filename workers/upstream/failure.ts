/**
 * What can go wrong between drover and a member, as data: who answers what, and may another member be asked. One row a
 * failure; retry.ts is the only reader of `retry` when a request fails. Codes are written to the logs and never reused.
 * Source: httpd 2.4, mod_proxy_http and mod_proxy_balancer; the statuses are httpd's as observed.
 */
import type { ErrorReason } from '../scoreboard.js';

export interface Failure {
  readonly code: FailureCode;
  /** Status the client gets when nobody else can be asked. */
  readonly status: number;
  readonly reason: string;
  /** What the error page says after `Reason:`; empty for a page without one. */
  readonly note: string;
  /** Puts the member in error, with this reason; empty: the member stays as it is. */
  readonly memberError: ErrorReason | '';
  /**
   * `other`: another member may be asked, nothing has been sent; `stale`: once more on a fresh connection when the
   * request may be repeated; `stale-other`: the one, then the other; `no`: the client has to know.
   */
  readonly retry: 'other' | 'stale' | 'stale-other' | 'no';
}

const ROWS = {
  E_UPSTREAM_CONNECT: row(503, 'Service Unavailable', '', 'connection refused', 'other'),
  /** This process or this machine has no descriptor, port or memory for a connection: no member is to blame. */
  E_UPSTREAM_RESOURCES: row(503, 'Service Unavailable', '', '', 'no'),
  E_UPSTREAM_ACQUIRE: row(503, 'Service Unavailable', '', 'no free connection', 'other'),
  /** As many requests as the member's queue= allows wait for it: it is busy, not in error. */
  E_UPSTREAM_QUEUE: row(503, 'Service Unavailable', '', '', 'other'),
  E_UPSTREAM_PING: row(503, 'Service Unavailable', 'Timeout on 100-Continue', 'ping timeout', 'other'),
  /** The member's protocol is not spoken; it must never be sent another one in its place. */
  E_UPSTREAM_SCHEME: row(503, 'Service Unavailable', '', 'other', 'other'),
  /** TLS could not be agreed on, or the member's certificate was refused. */
  E_UPSTREAM_TLS: row(
    500,
    'Proxy Error',
    'Error during SSL Handshake with remote server',
    'tls handshake',
    'no',
  ),
  /** An https member, and SSLProxyEngine is off. */
  E_UPSTREAM_TLS_OFF: row(500, 'Internal Server Error', '', 'tls handshake', 'no'),
  E_UPSTREAM_DNS: row(500, 'Proxy Error', 'DNS lookup failure', 'name not found', 'no'),
  E_UPSTREAM_CLOSED: row(502, 'Proxy Error', 'Error reading from remote server', '', 'stale'),
  /** HTTP/2: the member never worked on the request (RFC 9113 8.7); it may go anywhere again. */
  E_UPSTREAM_REFUSED: row(503, 'Service Unavailable', '', '', 'stale-other'),
  E_UPSTREAM_TIMEOUT: row(502, 'Proxy Error', 'Error reading from remote server', '', 'no'),
  E_UPSTREAM_HEAD: row(502, 'Proxy Error', 'Corrupt status line returned by remote server', '', 'no'),
  E_UPSTREAM_FIELD: row(502, 'Bad Gateway', '', '', 'no'),
  E_UPSTREAM_INTERIM: row(502, 'Proxy Error', 'Too many (10) interim responses from origin server', '', 'no'),
  E_UPSTREAM_UPGRADE: row(502, 'Proxy Error', 'Unexpected Upgrade', '', 'no'),
  /** The response had begun: it cannot be completed, the client's connection is cut. */
  E_UPSTREAM_BODY: row(502, 'Proxy Error', 'Error reading from remote server', '', 'no'),
  /** A container that did not answer CPING; nothing was sent. */
  E_AJP_PING: row(503, 'Service Unavailable', '', 'ping timeout', 'stale-other'),
  /** It closed, was silent or spoke no AJP before its answer; the request may be repeated. */
  E_AJP_CLOSED: row(503, 'Service Unavailable', '', 'connection closed', 'stale-other'),
  /** The same for a request that may not. */
  E_AJP_FAILED: row(500, 'Internal Server Error', '', 'connection closed', 'no'),
  /** Silent after it had answered CPING. */
  E_AJP_TIMEOUT: row(504, 'Gateway Timeout', '', '', 'no'),
  /** The request's fields do not fit into one packet. */
  E_AJP_OVERFLOW: row(400, 'Bad Request', '', '', 'no'),
  E_BALANCER_EMPTY: row(503, 'Service Unavailable', '', '', 'no'),
  E_BALANCER_NONE: row(503, 'Service Unavailable', '', '', 'no'),
  E_BALANCER_ROUTE: row(503, 'Service Unavailable', '', '', 'no'),
} as const;

export type FailureCode = keyof typeof ROWS;

type Row = Omit<Failure, 'code'>;

function row(
  status: number,
  reason: string,
  note: string,
  memberError: ErrorReason | '',
  retry: Failure['retry'],
): Row {
  return { status, reason, note, memberError, retry };
}

/** A failure by its code; `note` and `memberError` may say it more exactly than the table. */
export function failureOf(code: FailureCode, more?: { note?: string; memberError?: ErrorReason }): Failure {
  return { code, ...ROWS[code], ...more };
}

/** Says nothing of the member: it was not asked, or had no place. */
export function isBlameless({ code }: Failure): boolean {
  return code === 'E_UPSTREAM_QUEUE' || code === 'E_UPSTREAM_RESOURCES' || code === 'E_UPSTREAM_REFUSED';
}

/** What the operating system said, in httpd's form: `(111)Connection refused`. */
export interface OsError {
  number: number;
  text: string;
  /** Set where TLS could not be agreed on: mod_ssl's lines about it. */
  tls?: readonly string[];
  /** Where the connection was to, when `tls` is set. */
  address?: string;
}

const OS_ERRORS: Record<string, OsError> = {
  ECONNREFUSED: { number: 111, text: 'Connection refused' },
  ECONNRESET: { number: 104, text: 'Connection reset by peer' },
  ETIMEDOUT: { number: 110, text: 'Connection timed out' },
  EHOSTUNREACH: { number: 113, text: 'No route to host' },
  ENETUNREACH: { number: 101, text: 'Network is unreachable' },
  EADDRNOTAVAIL: { number: 99, text: 'Cannot assign requested address' },
  ENOMEM: { number: 12, text: 'Cannot allocate memory' },
  ENOBUFS: { number: 105, text: 'No buffer space available' },
  EMFILE: { number: 24, text: 'Too many open files' },
  ENFILE: { number: 23, text: 'Too many open files in system' },
  ENOENT: { number: 2, text: 'No such file or directory' },
  EPIPE: { number: 32, text: 'Broken pipe' },
  EACCES: { number: 13, text: 'Permission denied' },
  ENOTFOUND: { number: 670002, text: 'Name or service not known' },
  EAI_AGAIN: { number: 670003, text: 'Temporary failure in name resolution' },
};

/** APR's own errors, as httpd prints them where no system call failed. */
export const TIMEOUT_EXPIRED: OsError = { number: 70007, text: 'The timeout specified has expired' };
export const CLOSED_EARLY: OsError = {
  number: 20014,
  text: 'Internal error (specific information not available)',
};
export const INCOMPLETE: OsError = {
  number: 70008,
  text: 'Partial results are valid but processing is incomplete',
};

/** Numbers of errors that say that this machine has run out of something, whoever is connected to. */
const OWN_SHORTAGES: ReadonlySet<number> = new Set([12, 23, 24, 99, 105]);

export function isOwnShortage(error: OsError): boolean {
  return OWN_SHORTAGES.has(error.number);
}

/** Code of the error a connect that took too long is ended with. */
export const CONNECT_TIMEOUT_CODE = 'E_CONNECT_TIMEOUT';

/** An error of node's sockets as httpd would print it. */
export function osErrorOf(error: NodeJS.ErrnoException): OsError {
  if (error.code === CONNECT_TIMEOUT_CODE) return TIMEOUT_EXPIRED;
  return (
    OS_ERRORS[error.code ?? ''] ?? { number: Math.abs(error.errno ?? 0), text: error.code ?? error.message }
  );
}
