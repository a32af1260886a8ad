/**
 * Heartbeats: mod_heartmonitor's listener and storage, mod_heartbeat's sender.
 *
 * Source: httpd 2.4 manual, mod_heartbeat, mod_heartmonitor; messages from httpd itself.
 * Thread: main, at load.
 */
import { parseAddressPort, resolveHost } from '../address.js';
import { fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, type Scope, SERVER_ONLY } from '../table.js';
import { firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

/** httpd's words end in a full stop, but for one of them. */
function addressOf(line: DirectiveLine, what: string, failed: string): { address: string; port: number } {
  const { text, column } = firstWord(line);
  const parsed = parseAddressPort(text);
  if (parsed === undefined) fail(line, `${line.name}: Unable to parse ${what}.`, column);
  if (parsed.host === '') fail(line, `${line.name}: No host provided in ${what}`, column);
  if (parsed.port === undefined) fail(line, `${line.name}: No port provided in ${what}`, column);
  const address = resolveHost(parsed.host);
  if (address === undefined) fail(line, `${line.name}: apr_sockaddr_info_get failed${failed}`, column);
  return { address, port: parsed.port };
}

function once(line: DirectiveLine, scope: Scope, key: 'listen' | 'address'): void {
  if (scope.settings.heartbeat?.[key] !== undefined)
    fail(line, `${line.name}: May only be specified once.`, firstWord(line).column);
}

function row(
  name: string,
  module: string,
  usage: string,
  apply: (line: DirectiveLine, scope: Scope) => void,
): DirectiveRow {
  return { name, module, contexts: SERVER_ONLY, arity: 'take1', usage, apply };
}

export const HEART_ROWS: readonly DirectiveRow[] = [
  row('HeartbeatAddress', 'mod_heartbeat', 'Address to send heartbeat requests', (line, scope) => {
    once(line, scope, 'address');
    const address = addressOf(line, 'address', '.');
    scope.settings.heartbeat = { ...scope.settings.heartbeat, address };
  }),
  row('HeartbeatListen', 'mod_heartmonitor', 'Address to listen for heartbeat requests', (line, scope) => {
    once(line, scope, 'listen');
    const listen = addressOf(line, 'multicast address', ' on multicast address');
    scope.settings.heartbeat = { ...scope.settings.heartbeat, listen };
  }),
  row('HeartbeatStorage', 'mod_heartmonitor', 'Path to store heartbeat data.', (line, scope) => {
    const storage = scope.resolve(firstWord(line).text);
    scope.settings.heartbeat = { ...scope.settings.heartbeat, storage };
  }),
  row(
    'HeartbeatMaxServers',
    'mod_heartmonitor',
    'Max number of servers when using slotmem (instead file) to store heartbeat data.',
    (line, scope) => {
      const { text, column } = firstWord(line);
      const maxServers = atoi(text);
      if (maxServers !== 0 && maxServers < 10) {
        const message =
          'HeartbeatMaxServers: Should be 0 for file storage, or greater or equal than 10 for slotmem';
        fail(line, message, column);
      }
      scope.settings.heartbeat = { ...scope.settings.heartbeat, maxServers };
    },
  ),
];
