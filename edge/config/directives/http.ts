/**
 * How clients are spoken to: time limits, keep-alive, protocols, names in self-made URLs, TRACE.
 *
 * Source: httpd 2.4 manual, core; messages from httpd itself. Thread: main, at load.
 */
import type { ServerSettings } from '../../settings.js';
import { fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, SERVER_ONLY, SERVER_VHOST } from '../table.js';
import { choice, firstWord } from './core.js';
import { atoi, duration } from './proxy-params-values.js';

function isOn(line: DirectiveLine): boolean {
  return firstWord(line).text.toLowerCase() === 'on';
}

const PROTOCOL_OPTIONS: Readonly<Record<string, Partial<ServerSettings['httpProtocolOptions']>>> = {
  strict: { strict: true },
  unsafe: { strict: false },
  registeredmethods: { registeredMethods: true },
  lenientmethods: { registeredMethods: false },
  'require1.0': { require10: true },
  'allow0.9': { require10: false },
};
const EXCLUSIVE = [
  ['Strict', 'Unsafe'],
  ['RegisteredMethods', 'LenientMethods'],
  ['Require1.0', 'Allow0.9'],
] as const;
const PROTOCOL_OPTIONS_FAULT =
  "HttpProtocolOptions accepts 'Unsafe' or 'Strict' (default), 'RegisteredMethods' or 'LenientMethods' (default), " +
  "and 'Require1.0' or 'Allow0.9' (default)";

export const HTTP_ROWS: readonly DirectiveRow[] = [
  {
    name: 'Timeout',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'Timeout duration (sec)',
    apply(line, scope) {
      scope.server.own.timeout = atoi(firstWord(line).text) * 1000;
    },
  },
  {
    name: 'KeepAlive',
    module: 'http',
    contexts: SERVER_VHOST,
    arity: 'flag',
    usage: '',
    apply(line, scope) {
      scope.server.own.keepAlive = isOn(line);
    },
  },
  {
    name: 'KeepAliveTimeout',
    module: 'http',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'Keep-Alive timeout duration (sec)',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const time = /^\s*\d/.test(text) ? duration(text, 's') : undefined;
      if (time === undefined) fail(line, 'KeepAliveTimeout has wrong format', column);
      scope.server.own.keepAliveTimeout = time;
    },
  },
  {
    name: 'MaxKeepAliveRequests',
    module: 'http',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'Maximum number of Keep-Alive requests per connection, or 0 for infinite',
    apply(line, scope) {
      scope.server.own.maxKeepAliveRequests = Math.max(0, atoi(firstWord(line).text));
    },
  },
  {
    name: 'UseCanonicalPhysicalPort',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'Whether to use the physical Port when constructing URLs',
    apply(line, scope) {
      const value = choice(firstWord(line), { on: true, off: false });
      if (value === undefined) fail(line, "parameter must be 'on' or 'off'", firstWord(line).column);
      scope.server.own.useCanonicalPhysicalPort = value;
    },
  },
  {
    name: 'AllowEncodedSlashes',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: "Allow URLs containing '/' encoded as '%2F'",
    apply(line, scope) {
      const value = choice(firstWord(line), { on: 'On', off: 'Off', nodecode: 'NoDecode' } as const);
      if (value === undefined) {
        fail(line, 'AllowEncodedSlashes must be On, Off, or NoDecode', firstWord(line).column);
      }
      scope.server.own.allowEncodedSlashes = value;
    },
  },
  {
    name: 'MergeSlashes',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'flag',
    usage: '',
    apply(line, scope) {
      scope.server.own.mergeSlashes = isOn(line);
    },
  },
  {
    name: 'Protocols',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'iterate',
    usage: 'Controls which protocols are allowed',
    apply(line, scope) {
      const names = line.words.map((word) => word.text.toLowerCase());
      const before = scope.server.own.protocols ?? [];
      scope.server.own.protocols = [...new Set([...before, ...names])];
    },
  },
  {
    name: 'HttpProtocolOptions',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'iterate',
    usage:
      "'Allow0.9' or 'Require1.0' (default); 'RegisteredMethods' or 'LenientMethods' (default); 'Unsafe' or " +
      "'Strict' (default). Sets HTTP acceptance rules",
    apply(line, scope) {
      const defaults = { strict: true, registeredMethods: false, require10: false };
      const options = { ...defaults, ...scope.server.own.httpProtocolOptions };
      const said = new Set<string>();
      for (const word of line.words) {
        const change = choice(word, PROTOCOL_OPTIONS);
        if (change === undefined) fail(line, PROTOCOL_OPTIONS_FAULT, word.column);
        Object.assign(options, change);
        said.add(word.text.toLowerCase());
        for (const [one, other] of EXCLUSIVE) {
          if (!said.has(one.toLowerCase()) || !said.has(other.toLowerCase())) continue;
          const text = `HttpProtocolOptions '${one}' and '${other}' are mutually exclusive`;
          fail(line, text, word.column);
        }
      }
      scope.server.own.httpProtocolOptions = options;
    },
  },
  {
    name: 'ExtendedStatus',
    module: 'core',
    contexts: SERVER_ONLY,
    arity: 'flag',
    usage: '"On" to track extended status information, "Off" to disable',
    apply(line, scope) {
      scope.settings.extendedStatus = isOn(line);
    },
  },
  {
    name: 'TraceEnable',
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: "'on' (default), 'off' or 'extended' to trace request body content",
    apply(line, scope) {
      const value = choice(firstWord(line), { on: 'on', off: 'off', extended: 'extended' } as const);
      if (value === undefined) {
        fail(line, "TraceEnable must be one of 'on', 'off', or 'extended'", firstWord(line).column);
      }
      scope.server.own.traceEnable = value;
    },
  },
];
