/** Severities of the error log, most severe first. Source: httpd 2.4 manual, core, "LogLevel". Any thread. */
export const SEVERITIES = [
  'emerg',
  'alert',
  'crit',
  'error',
  'warn',
  'notice',
  'info',
  'debug',
  'trace1',
  'trace2',
  'trace3',
  'trace4',
  'trace5',
  'trace6',
  'trace7',
  'trace8',
] as const;

export type Severity = (typeof SEVERITIES)[number];

/** Rank of a severity, 0 (emerg) to 15 (trace8): a line is written when its rank is at most the LogLevel's. */
export function rankOf(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
