/**
 * How the rooms below edge speak to the error log: they name httpd's module and level and the words with their AH
 * number; who formats and writes is whoever builds them. Any thread.
 */
import type { Job } from './job.js';
import type { OsError } from './upstream/failure.js';

/** A line for the error log. */
export interface Report {
  module: 'proxy' | 'proxy_http' | 'proxy_ajp' | 'proxy_http2' | 'proxy_balancer' | 'ssl' | 'core';
  level: 'error' | 'warn' | 'info' | 'debug';
  text: string;
  /** The job it came up in: it knows its vhost's log, and its client. */
  job: Job;
  /** httpd names the client in lines about the request and not in those about the member. */
  namesClient: boolean;
  osError?: OsError | undefined;
}

export interface Reporter {
  report(line: Report): void;
}
