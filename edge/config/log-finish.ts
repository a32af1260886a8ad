/**
 * What the logs of a server are, when everything has been read: nicknames become formats, a vhost without logs of its
 * own has the main server's, and levels are merged.
 *
 * Source: httpd 2.4 manual, mod_log_config and core, "LogLevel". Thread: main, at load.
 */
import type { LogFormat } from '../log/format.js';
import { parseLogFormat } from '../log/format-parse.js';
import type { AccessLogSettings, LogLevels } from '../settings.js';
import { COMMON_LOG_FORMAT } from './directives/log.js';
import type { Reading } from './scope.js';
import type { ServerDraft } from './table.js';

/** Access logs of a server: its own or the main server's, then those that hold for all. */
export function accessLogsOf(reading: Reading, server: ServerDraft): AccessLogSettings[] {
  const [main = server] = reading.servers;
  const isOwn = server.own.accessLogs !== undefined;
  const owner = isOwn ? server : main;
  const logs = owner.own.accessLogs ?? [];
  const named = [...logs.map((log) => finish(reading, owner, log))];
  return [...named, ...reading.globalLogs.map((log) => finish(reading, main, log))];
}

function finish(reading: Reading, server: ServerDraft, log: AccessLogSettings): AccessLogSettings {
  const [main = server] = reading.servers;
  const own = reading.logFormats.get(server);
  const outer = reading.logFormats.get(main);
  const { source } = log.format;
  const format: LogFormat | undefined =
    source === ''
      ? (own?.unnamed ?? outer?.unnamed ?? parseLogFormat(COMMON_LOG_FORMAT))
      : (own?.named.get(source) ?? outer?.named.get(source) ?? usualFormat(source));
  return format === undefined ? log : { ...log, format };
}

/**
 * httpd differs: a nickname that no LogFormat defines would be the text of each line. Guides use these as if they were
 * always there, since distributions define them in a file of their own.
 */
function usualFormat(nickname: string): LogFormat | undefined {
  const text = USUAL_FORMATS[nickname];
  return text === undefined ? undefined : parseLogFormat(text);
}

const COMMON = '%h %l %u %t "%r" %>s %O';
const COMBINED = `${COMMON} "%{Referer}i" "%{User-Agent}i"`;
const USUAL_FORMATS: Readonly<Record<string, string>> = {
  common: COMMON,
  combined: COMBINED,
  vhost_combined: `%v:%p ${COMBINED}`,
};

export function logLevelOf(reading: Reading, server: ServerDraft): LogLevels {
  const [main = server] = reading.servers;
  const own = reading.logLevels.get(server);
  const outer = reading.logLevels.get(main);
  const inherited = own?.forgetsOuter === true ? {} : outer?.modules;
  return {
    default: own?.default ?? outer?.default ?? 'warn',
    modules: { ...inherited, ...own?.modules },
  };
}
