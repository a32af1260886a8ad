/**
 * Lines for syslog: a priority in angle brackets before each, and no time, which syslog writes itself.
 * Source: RFC 5424 6.2.1; httpd 2.4 core, "ErrorLog syslog". Pure.
 */
import type { Severity } from './severity.js';

/** Facilities by httpd's (and syslog's) names. */
const FACILITIES = new Map(
  [
    'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp',
    '- - - - local0 local1 local2 local3 local4 local5 local6 local7',
  ]
    .join(' ')
    .split(' ')
    .map((name, number): [string, number] => [name, number]),
);
const LEVELS: readonly Severity[] = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'];

export function isFacility(name: string): boolean {
  return name !== '-' && FACILITIES.has(name);
}

/** line  as ErrorLogFormat makes it, with its newline */
export function syslogLine(facility: string, severity: Severity, line: string): string {
  const level = LEVELS.indexOf(severity);
  const priority = (FACILITIES.get(facility) ?? 1) * 8 + (level < 0 ? 7 : level);
  // httpd's own form begins with the time in brackets.
  return `<${priority}>${line.replace(/^\[\w{3} \w{3} [^\]]*\] /, '')}`;
}
