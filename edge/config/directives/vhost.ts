/**
 * <VirtualHost>: a server of its own for some addresses. Its addresses are looked up here; one that is no host is left
 * out with httpd's message.
 *
 * Source: httpd 2.4 manual, core, "VirtualHost"; messages from httpd itself. Thread: main, at load.
 */
import type { VhostAddress } from '../../settings.js';
import { lookedUp, parseAddressPort } from '../address.js';
import { fail } from '../error.js';
import { newServerDraft, ReadingScope } from '../scope.js';
import { type DirectiveLine, type Scope, SERVER_ONLY, type SectionRow, type Word } from '../table.js';

function addressesOf(line: DirectiveLine, word: Word, scope: Scope): VhostAddress[] {
  const { text, column } = word;
  const isAnyPort = text.length > 2 && text.endsWith(':*');
  const parsed = parseAddressPort(isAnyPort ? text.slice(0, -2) : text);
  if (parsed === undefined) fail(line, 'The address or port is invalid', column);
  const { host, port = 0 } = parsed;
  if (host === '') fail(line, 'Missing address for VirtualHost', column);
  if (host === '*' || host.toLowerCase() === '_default_') return [{ address: '*', port }];
  const found = lookedUp(host);
  if (found.length === 0) {
    const text = `(EAI 2)Name or service not known: AH00547: Could not resolve host name ${host} -- ignoring!`;
    scope.warn(line, text);
  }
  return found.map((address) => ({ address, port }));
}

export const VHOST_SECTION_ROWS: readonly SectionRow[] = [
  {
    name: 'VirtualHost',
    module: 'core',
    contexts: SERVER_ONLY,
    open(line, scope) {
      if (line.words.length === 0) fail(line, '<VirtualHost> directive requires additional arguments');
      const server = newServerDraft(false, line.file, line.line);
      server.own.addresses = line.words.flatMap((word) => addressesOf(line, word, scope));
      if (scope instanceof ReadingScope) scope.reading.servers.push(server);
      return scope.inside(line, { server, place: server.base, context: 'vhost', sectionArgument: '' });
    },
  },
];
