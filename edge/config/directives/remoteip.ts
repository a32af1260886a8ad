/**
 * Balancers in front of this one, and the header in which they say who the client is.
 *
 * Source: httpd 2.4 manual, mod_remoteip; messages from httpd itself. Thread: main, at load.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../errors.js';
import { parseNetwork } from '../../http/access-address.js';
import { ConfError, fail } from '../error.js';
import { logicalLines, splitWords } from '../lexer.js';
import { type DirectiveLine, type DirectiveRow, type Scope, SERVER_VHOST, type Word } from '../table.js';
import { firstWord } from './core.js';

function addProxy(line: DirectiveLine, scope: Scope, word: Word, isInternal: boolean): void {
  const network = parseNetwork(word.text);
  const { remoteIp } = scope.server;
  if (network !== undefined) {
    remoteIp.proxies = [...(remoteIp.proxies ?? []), { network, isInternal }];
    return;
  }
  const list = `${line.name.replace(/List$/, '')}`;
  fail(
    line,
    `RemoteIP: Error parsing IP ${word.text} (${faultOf(word.text)} error) for ${list}`,
    word.column,
  );
}

function faultOf(text: string): string {
  const [address = '', mask] = text.split('/');
  // httpd differs: it asks the resolver for names, once, at start.
  if (!address.includes(':') && !/^[\d.]+$/.test(address)) return 'drover takes addresses only, no names:';
  const isMaskWrong = mask !== undefined && parseNetwork(address) !== undefined;
  return `The specified ${isMaskWrong ? 'network mask' : 'IP address'} is invalid.`;
}

function addList(line: DirectiveLine, scope: Scope, isInternal: boolean): void {
  const { text, column } = firstWord(line);
  const file = scope.resolve(text);
  let content: string;
  try {
    content = readFileSync(file, 'latin1');
  } catch (error) {
    fail(line, `${line.name}: Could not open file ${file}: ${reasonOf(error)}`, column);
  }
  for (const { text: row, line: number } of logicalLines(content)) {
    for (const word of splitWords(row)) {
      if (word.text.startsWith('#')) break;
      try {
        addProxy(line, scope, word, isInternal);
      } catch (error) {
        if (!(error instanceof ConfError)) throw error;
        fail(line, `${error.message} at line ${number} of ${file}`, column);
      }
    }
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === 'ENOENT') return 'No such file or directory';
  return code === 'EACCES' ? 'Permission denied' : messageOf(error);
}

function row(
  name: string,
  arity: DirectiveRow['arity'],
  usage: string,
  apply: DirectiveRow['apply'],
): DirectiveRow {
  return { name, module: 'mod_remoteip', contexts: SERVER_VHOST, arity, usage, apply };
}

export const REMOTEIP_ROWS: readonly DirectiveRow[] = [
  row(
    'RemoteIPHeader',
    'take1',
    'Specifies a request header to trust as the client IP, e.g. X-Forwarded-For',
    (line, scope) => {
      scope.server.remoteIp.header = firstWord(line).text;
    },
  ),
  row(
    'RemoteIPProxiesHeader',
    'take1',
    "Specifies a request header to record proxy IP's, e.g. X-Forwarded-By; if not given then do not record",
    (line, scope) => {
      scope.server.remoteIp.proxiesHeader = firstWord(line).text;
    },
  ),
  row(
    'RemoteIPTrustedProxy',
    'iterate',
    'Specifies one or more proxies which are trusted to present IP headers',
    (line, scope) => {
      for (const word of line.words) addProxy(line, scope, word, false);
    },
  ),
  row(
    'RemoteIPInternalProxy',
    'iterate',
    'Specifies one or more internal (transparent) proxies which are trusted to present IP headers',
    (line, scope) => {
      for (const word of line.words) addProxy(line, scope, word, true);
    },
  ),
  row(
    'RemoteIPTrustedProxyList',
    'take1',
    'The filename to read the list of trusted proxies, see the RemoteIPTrustedProxy directive',
    (line, scope) => addList(line, scope, false),
  ),
  row(
    'RemoteIPInternalProxyList',
    'take1',
    'The filename to read the list of internal proxies, see the RemoteIPInternalProxy directive',
    (line, scope) => addList(line, scope, true),
  ),
  row('RemoteIPProxyProtocol', 'flag', "Enable PROXY protocol handling (`on', `off')", (line, scope) => {
    scope.server.own.proxyProtocol = firstWord(line).text.toLowerCase() === 'on';
  }),
  row(
    'RemoteIPProxyProtocolExceptions',
    'iterate',
    'Disable PROXY protocol handling for this list of networks in CIDR format',
    (line, scope) => {
      const { own } = scope.server;
      for (const { text, column } of line.words) {
        const network = parseNetwork(text);
        if (network === undefined) fail(line, `ip address '${text}' appears to be invalid`, column);
        else own.proxyProtocolExceptions = [...(own.proxyProtocolExceptions ?? []), network];
      }
    },
  ),
];
