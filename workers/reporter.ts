/**
 * How the rooms below edge speak to the error log: they name httpd's module and level and the words with their AH
 * number; who formats and writes is whoever builds them. Any thread.
 */
import type { OsError } from './upstream/failure.js';

export interface ReportContext {
  /** Client the line is about, as the job gives it. */
  client?: unknown;
  osError?: OsError | undefined;
}

export interface Reporter {
  report(module: string, level: 'error' | 'warn' | 'info' | 'debug', text: string, context?: ReportContext): void;
}
