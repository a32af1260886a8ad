/**
 * Keeps standard output clean. uWebSockets.js prints a line there for each name of TLS, so an edge process has none: its
 * descriptor 1 is /dev/null, and the supervisor's standard output comes to it under another number. A log that is
 * configured as /dev/stdout, as containers do, is sent there. Main thread of an edge process, before any log is opened.
 */
import type { LogTarget } from '../log/format.js';
import type { ServerSettings, Settings } from '../settings.js';

/** Where an edge process finds the supervisor's standard output; after 0 to 2 and the channel. */
export const STDOUT_FD = 4;

const NAMES = ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];

/** The settings with every log on standard output moved to the number it has here. */
export function redirectStandardOutput(settings: Settings): Settings {
  return { ...settings, servers: settings.servers.map(redirectServer) };
}

function redirectServer(server: ServerSettings): ServerSettings {
  return {
    ...server,
    errorLog: redirect(server.errorLog),
    accessLogs: server.accessLogs.map((log) => ({ ...log, target: redirect(log.target) })),
  };
}

function redirect(target: LogTarget): LogTarget {
  if (target.kind !== 'file' || !NAMES.includes(target.path)) return target;
  return { kind: 'file', path: `/dev/fd/${STDOUT_FD}` };
}
