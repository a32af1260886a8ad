/**
 * LogFormat and ErrorLogFormat as plain data: parsed at load (edge/log/format-parse.ts), compiled per thread to one
 * function that builds a line (edge/log/access-line.ts). Source: httpd 2.4 manual, mod_log_config, "Custom Log Formats".
 */

/** Where a log goes. Files are absolute paths; a program gets lines on its standard input. */
export type LogTarget =
  | { kind: 'file'; path: string }
  | { kind: 'pipe'; command: string; shell: boolean }
  | { kind: 'syslog'; facility: string; tag: string }
  | { kind: 'stderr' };

/** One `%` code with its modifiers, or literal text. */
export type LogItem =
  | {
      text: string;
      /** ErrorLogFormat: a space that ends the field before it. `% ` ends it without being shown: an empty text. */
      isSeparator?: boolean;
    }
  | LogCode;

export interface LogCode {
  /** A letter; `^FB`, `^ti`, `^to`. */
  code: string;
  /** What stands in braces. */
  arg?: string;
  /** `%400,501{…}` writes only for these statuses, `%!200{…}` for all others. */
  statuses?: { codes: number[]; negate: boolean };
  /** `<` original request, `>` final one. */
  which?: 'original' | 'final';
  /** ErrorLogFormat `%-m`: a dash instead of nothing. */
  hasDash?: boolean;
  /** ErrorLogFormat `%+m`: no line at all without it. */
  isRequired?: boolean;
  /** ErrorLogFormat `%7F`: only for lines of this severity or a milder one, as a rank. */
  fromRank?: number;
}

export interface LogFormat {
  /** The format as written, for -S and for comparing. */
  source: string;
  items: LogItem[];
}
