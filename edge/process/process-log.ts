/**
 * The error log as the processes around the workers use it: that of the main server, with httpd's rule that notices of the
 * process itself (started, stopping, restarting) are written whatever LogLevel says. The supervisor and the control
 * thread have one each; lines are appended whole, so they mix cleanly with those of the workers.
 *
 * Source: httpd 2.4 manual, core, "LogLevel" ("messages of level notice cannot be suppressed" in a file).
 */
import { wallClock } from '../../workers/clock.js';
import { ErrorLogs } from '../log/error-log.js';
import { isProgram, PipedLogs } from '../log/piped-log.js';
import type { Severity } from '../log/severity.js';
import type { Settings } from '../settings.js';

export interface ProcessLog {
  /** module: as LogLevel names it, `core`, `mpm_event`. */
  log(module: string, severity: Severity, message: string): void;
  /** Programs that logs go to, of this process. */
  readonly programs: PipedLogs;
  close(): void;
}

/** errors  what open(2) says of the file of ErrorLog */
export function openProcessLog(settings: Settings): ProcessLog {
  const main = settings.servers[0];
  const programs = new PipedLogs((text) => {
    // A program's own trouble can not be told by way of the program.
    if (isProgram(common.target)) process.stderr.write(`${text}\n`);
    else usual.log('log_config', 'error', text);
  });
  const files = new ErrorLogs(wallClock, (target, lines) => programs.write(target, lines));
  const common = {
    target: main?.errorLog ?? ({ kind: 'stderr' } as const),
    style: settings.edgeLogFormat,
    ...(main?.errorLogFormat === undefined ? {} : { format: main.errorLogFormat }),
  };
  const usual = files.open({ ...common, levels: main?.logLevel ?? { default: 'warn', modules: {} } });
  const notices = files.open({ ...common, levels: { default: 'notice', modules: {} } });
  return {
    log(module, severity, message) {
      (severity === 'notice' ? notices : usual).log(module, severity, message);
    },
    programs,
    close() {
      files.close();
      void programs.close();
    },
  };
}
