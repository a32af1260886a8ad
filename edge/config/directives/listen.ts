/**
 * Listen and what belongs to its sockets.
 *
 * Source: httpd 2.4 manual, mpm_common; messages from httpd itself. Thread: main, at load.
 */
import { lookedUp, parseAddressPort } from '../address.js';
import { fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, type Scope, SERVER_ONLY } from '../table.js';
import { firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

function applyListen(line: DirectiveLine, scope: Scope): void {
  const { words } = line;
  if (words.length < 1 || words.length > 2) fail(line, 'Listen requires 1 or 2 arguments.');
  const { text, column } = firstWord(line);
  const parsed = parseAddressPort(text);
  if (parsed === undefined) fail(line, 'Invalid address or port', column);
  if (parsed.port === undefined) fail(line, 'Port must be specified', column);
  const { port } = parsed;
  const host = parsed.host === '*' ? '' : parsed.host;
  const addresses = host === '' ? [''] : lookedUp(host);
  if (addresses.length === 0) {
    const text = `(EAI 2)Name or service not known: AH00077: alloc_listener: failed to set up sockaddr for ${host}`;
    scope.warn(line, text);
    fail(line, 'Listen setup failed', column);
  }
  const listens = scope.settings.listens ?? [];
  scope.settings.listens = listens;
  const named = words[1]?.text.toLowerCase();
  const protocol = (named ?? (port === 443 ? 'https' : 'http')) === 'https' ? 'https' : 'http';
  for (const address of addresses) {
    if (listens.some((other) => other.address === address && other.port === port)) {
      fail(line, 'Cannot define multiple Listeners on the same IP:port', column);
    }
    listens.push({ address, port, protocol, at: `${line.file}:${line.line}` });
  }
}

export const LISTEN_ROWS: readonly DirectiveRow[] = [
  {
    name: 'Listen',
    module: 'mpm',
    contexts: SERVER_ONLY,
    arity: 'raw',
    usage: 'A port number or a numeric IP address and a port number, and an optional protocol',
    apply: applyListen,
  },
  {
    name: 'ListenBacklog',
    module: 'mpm',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'Maximum length of the queue of pending connections, as used by listen(2)',
    apply(line, scope) {
      const value = atoi(firstWord(line).text);
      if (value <= 0) fail(line, 'ListenBacklog must be > 0', firstWord(line).column);
      scope.settings.listenBacklog = value;
    },
  },
  {
    name: 'GracefulShutdownTimeout',
    module: 'mpm',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'Maximum time in seconds to wait for child processes to complete transactions during shutdown',
    apply(line, scope) {
      scope.settings.gracefulShutdownTimeout = Math.max(0, atoi(firstWord(line).text)) * 1000;
    },
  },
];
