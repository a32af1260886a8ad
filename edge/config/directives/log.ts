/**
 * Logs: where they go and what their lines look like. A CustomLog names a format or is one; nicknames are looked up when
 * everything has been read (log-finish.ts), so a format may be named before it is defined, as in httpd.
 *
 * Source: httpd 2.4 manual, core ("ErrorLog", "LogLevel") and mod_log_config; messages from httpd itself.
 * Thread: main, at load.
 */
import { parseBool } from '../../expr/parse.js';
import type { LogFormat, LogTarget } from '../../log/format.js';
import { parseErrorLogFormat, parseLogFormat } from '../../log/format-parse.js';
import { SEVERITIES, type Severity } from '../../log/severity.js';
import { isFacility } from '../../log/syslog.js';
import type { AccessLogSettings, PlaceOverrides } from '../../settings.js';
import { fail } from '../error.js';
import { ReadingScope, type ServerFormats, type ServerLevels } from '../scope.js';
import {
  ANYWHERE,
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_ONLY,
  SERVER_VHOST,
  type Word,
} from '../table.js';
import { choice, firstWord } from './core.js';

export const COMMON_LOG_FORMAT = '%h %l %u %t "%r" %>s %b';

function readTarget(line: DirectiveLine, scope: Scope, isErrorLog: boolean): LogTarget {
  const { text, column } = firstWord(line);
  const [, marks, command = ''] = /^(\|[|$]?)(.*)$/s.exec(text) ?? [];
  if (marks !== undefined) {
    if (command.trim() === '') fail(line, `${line.name} ${text} names no program`, column);
    return { kind: 'pipe', command: command.trim(), shell: marks === '|$' };
  }
  const [, facility = 'local7', tag = ''] =
    (isErrorLog ? /^syslog(?::([^:]*))?(?::(.*))?$/i.exec(text) : null) ?? [];
  if (isErrorLog && /^syslog(?::|$)/i.test(text)) {
    const name = facility === '' ? 'local7' : facility.toLowerCase();
    if (!isFacility(name)) fail(line, `unknown syslog facility ${facility}`, column);
    return { kind: 'syslog', facility: name, tag: tag === '' ? 'drover' : tag };
  }
  return { kind: 'file', path: scope.resolve(text) };
}

function formatOf(line: DirectiveLine, word: Word, parse: (text: string) => LogFormat): LogFormat {
  try {
    return parse(word.text);
  } catch (error) {
    fail(line, error instanceof Error ? error.message : String(error), word.column);
  }
}

function formatsOf(scope: Scope): ServerFormats {
  if (!(scope instanceof ReadingScope)) return { named: new Map() };
  const { logFormats } = scope.reading;
  const formats = logFormats.get(scope.server) ?? { named: new Map() };
  logFormats.set(scope.server, formats);
  return formats;
}

function readCondition(line: DirectiveLine, word: Word): Pick<AccessLogSettings, 'env' | 'expr'> {
  const { text, column } = word;
  if (text.startsWith('env=')) {
    const name = text.slice(4).replace(/^!/, '');
    if (name === '') fail(line, 'missing environment variable name', column);
    return { env: { name, negate: text.startsWith('env=!') } };
  }
  if (!text.startsWith('expr=')) fail(line, 'error in condition clause', column);
  try {
    return { expr: parseBool(text.slice(5)) };
  } catch (error) {
    fail(line, error instanceof Error ? error.message : String(error), column);
  }
}

function readAccessLog(line: DirectiveLine, scope: Scope): AccessLogSettings {
  const [, format = { text: '', column: 0 }, condition] = line.words;
  const parsed = formatOf(line, format, parseLogFormat);
  const when = condition === undefined ? {} : readCondition(line, condition);
  return { target: readTarget(line, scope, false), format: parsed, ...when, at: `${line.file}:${line.line}` };
}

const LEVEL_FAULT =
  'Log level keyword must be one of emerg/alert/crit/error/warn/notice/info/debug/trace1/.../trace8';

function severityOf(text: string): Severity | undefined {
  return SEVERITIES.find((severity) => severity === text.toLowerCase());
}

function applyLogLevel(line: DirectiveLine, scope: Scope): void {
  const isServer = scope.context === 'server' || scope.context === 'vhost';
  const reading = scope instanceof ReadingScope && isServer ? scope.reading : undefined;
  const own = isServer ? reading?.logLevels.get(scope.server) : scope.place.over?.logLevel;
  const levels: ServerLevels = { forgetsOuter: false, ...own, modules: { ...own?.modules } };
  for (const { text, column } of line.words) {
    const [, name, word = ''] = /^(?:([^:]*):)?(.*)$/s.exec(text) ?? [];
    const severity = severityOf(word);
    if (severity === undefined) fail(line, `${name === undefined ? '' : `${text}: `}${LEVEL_FAULT}`, column);
    if (name === undefined) {
      levels.default = severity;
      levels.modules = {};
      levels.forgetsOuter = true;
      continue;
    }
    if (!scope.isModuleLoaded(name) && name !== 'edge') fail(line, `Cannot find module ${name}`, column);
    levels.modules[name.replace(/^mod_|\.c$|_module$/g, '')] = severity;
  }
  if (isServer) reading?.logLevels.set(scope.server, levels);
  else scope.place.over = { ...scope.place.over, logLevel: placeLevels(levels) };
}

function placeLevels({ default: all, modules }: ServerLevels): NonNullable<PlaceOverrides['logLevel']> {
  return all === undefined ? { modules } : { default: all, modules };
}

function applyErrorLogFormat(line: DirectiveLine, scope: Scope): void {
  const [first = { text: '', column: 0 }, second] = line.words;
  const { own } = scope.server;
  if (second !== undefined) {
    const kind = choice(first, { request: 'request', connection: 'connection' } as const);
    if (kind === undefined)
      fail(line, 'ErrorLogFormat type must be one of request, connection', first.column);
    const format = formatOf(line, second, (text) => parseErrorLogFormat(text, kind));
    if (kind === 'request') own.errorLogRequestFormats = [...(own.errorLogRequestFormats ?? []), format];
    else scope.note('inactive', line, 'connections have no lines of their own: drover does not number them');
    return;
  }
  const format = formatOf(line, first, parseErrorLogFormat);
  if (!format.items.some((item) => 'code' in item && item.code === 'M')) {
    fail(line, "main ErrorLogFormat must contain message format string '%M'", first.column);
  }
  own.errorLogFormat = format;
}

export const LOG_ROWS: readonly DirectiveRow[] = [
  {
    name: 'ErrorLog',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'The filename of the error log',
    apply(line, scope) {
      scope.server.own.errorLog = readTarget(line, scope, true);
    },
  },
  {
    name: 'LogLevel',
    module: 'core',
    contexts: ANYWHERE,
    arity: 'iterate',
    usage: 'Level of verbosity in error logging',
    apply: applyLogLevel,
  },
  {
    name: 'ErrorLogFormat',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take12',
    usage: 'Format string for the ErrorLog',
    apply: applyErrorLogFormat,
  },
  {
    name: 'CustomLog',
    module: 'mod_log_config',
    contexts: SERVER_VHOST,
    arity: 'take23',
    usage:
      'a file name, a custom log format string or format name, and an optional "env=" or "expr=" clause (see docs)',
    apply(line, scope) {
      const log = readAccessLog(line, scope);
      scope.server.own.accessLogs = [...(scope.server.own.accessLogs ?? []), log];
    },
  },
  {
    name: 'LogIOTrackTTFB',
    module: 'mod_logio',
    contexts: ANYWHERE,
    arity: 'flag',
    usage: "Set to 'ON' to enable tracking time to first byte",
    apply(line, scope) {
      const isOn = firstWord(line).text.toLowerCase() === 'on';
      if (scope.context === 'server' || scope.context === 'vhost') scope.server.own.tracksFirstByte = isOn;
      else scope.place.over = { ...scope.place.over, tracksFirstByte: isOn };
    },
  },
  {
    name: 'GlobalLog',
    module: 'mod_log_config',
    contexts: SERVER_ONLY,
    arity: 'take23',
    usage: 'Same as CustomLog, but forces virtualhosts to inherit the log',
    apply(line, scope) {
      const log = readAccessLog(line, scope);
      if (scope instanceof ReadingScope) scope.reading.globalLogs.push(log);
    },
  },
  {
    name: 'TransferLog',
    module: 'mod_log_config',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'the filename of the access log',
    apply(line, scope) {
      const target = readTarget(line, scope, false);
      // An empty format stands for the last LogFormat without a name; log-finish.ts puts it there.
      const log = { target, format: { source: '', items: [] }, at: `${line.file}:${line.line}` };
      scope.server.own.accessLogs = [...(scope.server.own.accessLogs ?? []), log];
    },
  },
  {
    name: 'LogFormat',
    module: 'mod_log_config',
    contexts: SERVER_VHOST,
    arity: 'take12',
    usage: 'a log format string (see docs) and an optional format name',
    apply(line, scope) {
      const [text = { text: '', column: 0 }, name] = line.words;
      const format = formatOf(line, text, parseLogFormat);
      const formats = formatsOf(scope);
      if (name === undefined) formats.unnamed = format;
      else formats.named.set(name.text, format);
    },
  },
];
