/**
 * What a server is called and where it keeps its own files: ServerName and its kin, User, Group, PidFile, tokens.
 *
 * Source: httpd 2.4 manual, core and mod_unixd; messages from httpd itself. Thread: main, at load.
 */
import { accountId } from '../accounts.js';
import { ConfError, fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, SERVER_ONLY, SERVER_VHOST, type Word } from '../table.js';
import { atoi } from './proxy-params-values.js';

const TOKENS = {
  prod: 'Prod',
  productonly: 'Prod',
  major: 'Major',
  minor: 'Minor',
  min: 'Minimal',
  minimal: 'Minimal',
  os: 'OS',
  full: 'Full',
} as const;

/** First word of a line whose number of words has been checked. */
export function firstWord(line: DirectiveLine): Word {
  return line.words[0] ?? { text: '', column: line.column };
}

/** A value of a fixed set, in any case; undefined when it is none of them. */
export function choice<Value>(word: Word, values: Readonly<Record<string, Value>>): Value | undefined {
  const key = word.text.toLowerCase();
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

/** `[scheme://]host[:port]` */
function readServerName(line: DirectiveLine): { name: string; nameScheme?: string; namePort?: number } {
  const word = firstWord(line);
  const [, scheme, rest = ''] = /^(?:([^:]*):\/\/)?(.*)$/s.exec(word.text) ?? [];
  const colon = rest.lastIndexOf(':');
  const isBare = colon < 0 || rest.indexOf(']') > colon;
  const name = isBare ? rest : rest.slice(0, colon);
  const read = { name: name.toLowerCase(), ...(scheme ? { nameScheme: scheme.toLowerCase() } : {}) };
  if (isBare) return read;
  const namePort = atoi(rest.slice(colon + 1));
  if (namePort <= 0 || namePort >= 65536) {
    const text = `The port number "${word.text}" is outside the appropriate range (i.e., 1..65535).`;
    fail(line, text, word.column);
  }
  return { ...read, namePort };
}

function account(line: DirectiveLine, kind: 'user' | 'group', code: string): string {
  const { text, column } = firstWord(line);
  if (accountId(kind, text) === undefined) {
    const at = { file: line.file, line: line.line, column };
    throw new ConfError(`bad ${kind} name ${text}`, at, { family: 'coded', code });
  }
  return text;
}

export const CORE_ROWS: readonly DirectiveRow[] = [
  {
    name: 'ServerName',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'The hostname and port of the server',
    apply(line, scope) {
      const { own } = scope.server;
      delete own.namePort;
      delete own.nameScheme;
      Object.assign(own, readServerName(line));
    },
  },
  {
    name: 'ServerAlias',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'raw',
    usage: 'A name or names alternately used to access the server',
    apply(line, scope) {
      if (scope.server.isMain) fail(line, 'ServerAlias only used in <VirtualHost>');
      const names = line.words.map((word) => word.text.toLowerCase());
      scope.server.own.aliases = [...(scope.server.own.aliases ?? []), ...names];
    },
  },
  {
    name: 'ServerAdmin',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'The email address of the server administrator',
    apply(line, scope) {
      scope.server.own.admin = firstWord(line).text;
    },
  },
  {
    name: 'ServerTokens',
    module: 'core',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage:
      'Determine tokens displayed in the Server: header - Min(imal), Major, Minor, Prod(uctOnly), OS, or Full',
    apply(line, scope) {
      const value = choice(firstWord(line), TOKENS);
      if (value === undefined) {
        const text =
          "ServerTokens takes 1 argument: 'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'";
        fail(line, text, firstWord(line).column);
      }
      scope.settings.serverTokens = value;
    },
  },
  {
    name: 'User',
    module: 'mod_unixd',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'Effective user id for this server',
    apply(line, scope) {
      scope.settings.user = account(line, 'user', 'AH00543');
    },
  },
  {
    name: 'Group',
    module: 'mod_unixd',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'Effective group id for this server',
    apply(line, scope) {
      scope.settings.group = account(line, 'group', 'AH00544');
    },
  },
  {
    name: 'PidFile',
    module: 'core',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'A file for logging the server process ID',
    apply(line, scope) {
      scope.settings.pidFile = firstWord(line).text;
    },
  },
  {
    name: 'NameVirtualHost',
    module: 'core',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'A numeric IP address:port, or the name of a host',
    apply(line, scope) {
      const where = `${line.file}:${line.line}`;
      scope.warn(
        line,
        `AH00548: NameVirtualHost has no effect and will be removed in the next release ${where}`,
      );
    },
  },
  {
    name: 'Error',
    module: 'core',
    contexts: ['server', 'vhost', 'location', 'proxy', 'if', 'directory'],
    arity: 'raw',
    usage: 'Generate error message from within configuration',
    apply(line) {
      const isQuoted = line.words.length === 1;
      fail(line, isQuoted ? firstWord(line).text : line.raw);
    },
  },
];
