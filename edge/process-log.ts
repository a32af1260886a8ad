/**
 * The error log as the processes around the workers use it: a line per event in httpd's form. The target is that of the
 * main server. Supervisor process and control thread each have one of their own; lines are appended whole, so
 * they mix cleanly.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { rankOf, type Severity } from './log/severity.js';
import type { Settings } from './settings.js';

export interface ProcessLog {
  /** module: as LogLevel names it, `core`, `mpm_edge`. */
  log(module: string, severity: Severity, message: string): void;
  close(): void;
}

/** errors  what open(2) says of the file of ErrorLog */
export function openProcessLog(settings: Settings): ProcessLog {
  const main = settings.servers[0];
  const target = main?.errorLog;
  const fd = target?.kind === 'file' ? openSync(target.path, 'a', 0o644) : process.stderr.fd;
  const level = main?.logLevel.default ?? 'warn';
  return {
    log(module, severity, message) {
      // Notices of the process itself are always written, as httpd does.
      if (severity !== 'notice' && rankOf(severity) > rankOf(level)) return;
      writeSync(
        fd,
        `[${stamp()}] [${module}:${severity}] [pid ${process.pid}:tid ${process.pid}] ${message}\n`,
      );
    },
    close() {
      if (fd !== process.stderr.fd) closeSync(fd);
    },
  };
}

function stamp(): string {
  const now = new Date();
  const words = now.toString().split(' ');
  return `${words[0]} ${words[1]} ${words[2]} ${words[4]}.${String(now.getMilliseconds()).padStart(3, '0')}000 ${words[3]}`;
}
