/**
 * mod_http2 towards clients. What it says of worker threads, of pushes and of buffers has no meaning here
 * (config/irrelevant.ts).
 *
 * Source: httpd 2.4 manual, mod_http2; messages from httpd itself. Thread: main, at load.
 */
import { HTTP2_DEFAULTS, type Http2Settings } from '../../engine/h2/h2-session.js';
import { fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, type Scope, SERVER_VHOST } from '../table.js';
import { choice, firstWord } from './core.js';
import { atoi, duration } from './proxy-params-values.js';

function set(scope: Scope, said: Partial<Http2Settings>): void {
  scope.server.own.http2 = { ...HTTP2_DEFAULTS, ...scope.server.own.http2, ...said };
}

function row(name: string, usage: string, apply: DirectiveRow['apply']): DirectiveRow {
  return { name, module: 'mod_http2', contexts: SERVER_VHOST, arity: 'take1', usage, apply };
}

/** httpd's own flag of this module: on and off, in any case. */
function onOff(
  name: string,
  usage: string,
  key: 'direct' | 'upgrade' | 'modernTlsOnly' | 'earlyHints' | 'webSockets',
) {
  return row(name, usage, (line, scope) => {
    const value = choice(firstWord(line), { on: true, off: false });
    if (value === undefined) fail(line, 'value must be On or Off', firstWord(line).column);
    set(scope, { [key]: value });
  });
}

function numberOf(line: DirectiveLine, least: number, text: string): number {
  const value = atoi(firstWord(line).text);
  if (value < least) fail(line, text, firstWord(line).column);
  return value;
}

export const HTTP2_ROWS: readonly DirectiveRow[] = [
  row('H2MaxSessionStreams', 'maximum number of open streams per session', (line, scope) =>
    set(scope, { maxSessionStreams: numberOf(line, 1, 'value must be > 0') }),
  ),
  row('H2WindowSize', 'window size on client DATA', (line, scope) =>
    set(scope, { windowSize: Math.min(2 ** 31 - 1, numberOf(line, 1024, 'value must be >= 1024')) }),
  ),
  row('H2StreamTimeout', 'set stream timeout', (line, scope) => {
    const { text } = firstWord(line);
    const time = /^\s*\d/.test(text) ? duration(text, 's') : undefined;
    if (time === undefined) fail(line, 'Invalid timeout value', firstWord(line).column);
    set(scope, { streamTimeout: time });
  }),
  row('H2Padding', 'set payload padding', (line, scope) => {
    const bits = numberOf(line, 0, 'number of bits must be >= 0');
    if (bits > 8) fail(line, 'number of bits must be <= 8', firstWord(line).column);
    set(scope, { padding: bits });
  }),
  row('H2MaxStreamErrors', 'number of stream errors that are tolerated', (line, scope) =>
    set(scope, { maxStreamErrors: numberOf(line, 0, 'value must be 0 or larger') }),
  ),
  onOff('H2Direct', 'on to enable direct HTTP/2 mode', 'direct'),
  onOff('H2Upgrade', 'on to allow HTTP/1 Upgrades to h2/h2c', 'upgrade'),
  onOff('H2ModernTLSOnly', 'off to not impose RFC 7540 restrictions on TLS', 'modernTlsOnly'),
  onOff('H2EarlyHints', 'on to enable interim status 103 responses', 'earlyHints'),
  onOff('H2WebSockets', 'off to disable WebSockets over HTTP/2', 'webSockets'),
];

export const PROTOCOLS_HONOR_ORDER: DirectiveRow = {
  name: 'ProtocolsHonorOrder',
  module: 'core',
  contexts: SERVER_VHOST,
  arity: 'take1',
  usage:
    "'off' (default) or 'on' to respect given order of protocols, by default the client specified order determines selection",
  apply(line, scope) {
    const value = choice(firstWord(line), { on: true, off: false });
    if (value === undefined) fail(line, "ProtocolsHonorOrder must be 'on' or 'off'", firstWord(line).column);
    scope.server.own.protocolsHonorOrder = value;
  },
};
