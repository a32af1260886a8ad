/**
 * Directives of mod_ssl about the handshake's side shows: session tickets, which client may go without a name, what
 * OpenSSL is told directly (SSLOpenSSLConfCmd), stapled OCSP answers, and where pass phrases come from.
 *
 * Source: httpd 2.4 manual, mod_ssl; OpenSSL, SSL_CONF_cmd; messages from httpd itself. Thread: main, at load.
 */
import { statSync } from 'node:fs';
import type { StaplingSettings } from '../../secure/settings.js';
import { fail } from '../error.js';
import { refuseUnsupported } from '../scope.js';
import { type DirectiveLine, type DirectiveRow, type Scope, SERVER_ONLY, SERVER_VHOST } from '../table.js';
import { atoi } from './proxy-params-values.js';
import { checkCache } from './ssl-accepted.js';
import { existingFile, isOn, sslRow } from './ssl-words.js';

/** Bytes of a key for tickets: name, HMAC key, AES key. */
const TICKET_KEY_BYTES = 48;

function applyTicketKey(line: DirectiveLine, scope: Scope): void {
  const path = existingFile(line, scope);
  const { size } = statSync(path);
  if (size < TICKET_KEY_BYTES) {
    const text = `AH02288: Failed to read ticket key file ${path}: ${TICKET_KEY_BYTES} bytes are needed, it has ${size}`;
    fail(line, text, line.words[0]?.column);
  }
  scope.server.tls.ticketKeyFile = path;
}

/** Names of SSL_CONF_cmd in lower case; those of one meaning share a name of ours. */
const COMMANDS: Readonly<Record<string, string>> = {
  curves: 'groups',
  groups: 'groups',
  ecdhparameters: 'groups',
  signaturealgorithms: 'signaturealgorithms',
  dhparameters: 'dhparameters',
  minprotocol: 'minprotocol',
  maxprotocol: 'maxprotocol',
  cipherstring: 'cipherstring',
  ciphersuites: 'ciphersuites',
};
const OTHER_COMMANDS = new Set(
  'options verifymode chaincafile chaincapath verifycafile verifycapath requestcafile clientsignaturealgorithms protocol certificate privatekey serverinfofile recordpadding numtickets'.split(
    ' ',
  ),
);
const VERSIONS: Readonly<Record<string, string>> = {
  none: '',
  tlsv1: 'TLSv1',
  'tlsv1.0': 'TLSv1',
  'tlsv1.1': 'TLSv1.1',
  'tlsv1.2': 'TLSv1.2',
  'tlsv1.3': 'TLSv1.3',
};

function applyCommand(line: DirectiveLine, scope: Scope): void {
  const [name, value] = line.words;
  const key = (name?.text ?? '').toLowerCase();
  const known = COMMANDS[key];
  if (known === undefined) {
    if (!OTHER_COMMANDS.has(key))
      fail(line, `SSLOpenSSLConfCmd: Invalid command '${name?.text ?? ''}'`, name?.column);
    const text = `SSLOpenSSLConfCmd ${name?.text} is not supported by drover: OpenSSL would be told ${value?.text ?? ''}`;
    refuseUnsupported(line, scope, text, name?.column);
    return;
  }
  let said = value?.text ?? '';
  if (known.endsWith('protocol')) {
    const version = VERSIONS[said.toLowerCase()];
    if (version === undefined) fail(line, `SSLOpenSSLConfCmd: unknown version '${said}'`, value?.column);
    said = version;
  }
  if (known === 'dhparameters') said = scope.resolve(said);
  // OpenSSL's word for what curve it likes best.
  if (known === 'groups' && said.toLowerCase() === 'auto') return;
  const commands = { ...scope.server.tls.commands };
  if (said === '') delete commands[known];
  else commands[known] = said;
  scope.server.tls.commands = commands;
}

/** The dialog of the whole file; its keys may stand before it or after it. */
function applyDialog(line: DirectiveLine, scope: Scope): void {
  const word = line.words[0];
  const text = word?.text ?? '';
  if (text === 'builtin') {
    scope.settings.passPhraseProgram = [];
    return;
  }
  const [, kind, command = ''] = /^(exec:|\|)(.*)$/s.exec(text) ?? [];
  if (kind === undefined) fail(line, `${line.name}: Invalid argument`, word?.column);
  if (kind === '|') {
    const why = 'pass phrases would be asked for over a pipe that stays open; exec: asks a program for each';
    refuseUnsupported(
      line,
      scope,
      `SSLPassPhraseDialog ${text} is not supported by drover: ${why}`,
      word?.column,
    );
    return;
  }
  const [program = '', ...words] = command.split(' ').filter((each) => each !== '');
  // httpd differs: the program must be there, needed or not; here only an encrypted key asks for it.
  scope.settings.passPhraseProgram = [scope.resolve(program), ...words];
}

function stapling(scope: Scope, words: StaplingSettings): void {
  scope.server.tls.staplingOptions = { ...scope.server.tls.staplingOptions, ...words };
}

function staplingTime(
  name: string,
  key: Exclude<keyof StaplingSettings, 'forceUrl'>,
  usage: string,
): DirectiveRow {
  return sslRow(name, 'take1', usage, SERVER_VHOST, (line, scope) => {
    const seconds = atoi(line.words[0]?.text ?? '');
    if (seconds < 0) fail(line, `${line.name}: invalid argument`, line.words[0]?.column);
    stapling(scope, { [key]: seconds * 1000 });
  });
}

export const SSL_SESSION_ROWS: readonly DirectiveRow[] = [
  sslRow(
    'SSLSessionTickets',
    'flag',
    "Enable or disable TLS session tickets(`on', `off')",
    SERVER_VHOST,
    (line, scope) => {
      scope.server.tls.tickets = isOn(line);
      if (!isOn(line))
        scope.note('warning', line, 'sessions are resumed by tickets alone, so that none will be');
    },
  ),
  sslRow(
    'SSLSessionTicketKeyFile',
    'take1',
    "TLS session ticket encryption/decryption key file (RFC 5077) ('/path/to/file' - file with 48 bytes of random data)",
    SERVER_VHOST,
    applyTicketKey,
  ),
  sslRow(
    'SSLStrictSNIVHostCheck',
    'flag',
    'Strict SNI virtual host checking',
    SERVER_VHOST,
    (line, scope) => {
      scope.server.tls.strictSni = isOn(line);
    },
  ),
  sslRow(
    'SSLVHostSNIPolicy',
    'take1',
    'SSL VirtualHost SNI compatibility policy setting',
    SERVER_ONLY,
    (line, scope) => {
      const word = line.words[0];
      const policy = word?.text.toLowerCase();
      if (policy !== 'strict' && policy !== 'secure' && policy !== 'authonly' && policy !== 'insecure')
        fail(line, `Invalid SSLVhostSNIPolicy argument '${word?.text ?? ''}'`, word?.column);
      scope.settings.sniPolicy = policy;
    },
  ),
  sslRow('SSLOpenSSLConfCmd', 'take2', 'OpenSSL configuration command', SERVER_VHOST, applyCommand),
  sslRow(
    'SSLPassPhraseDialog',
    'take1',
    "SSL dialog mechanism for the pass phrase query ('builtin', '|/path/to/pipe_program', or 'exec:/path/to/cgi_program')",
    SERVER_ONLY,
    applyDialog,
  ),
  sslRow(
    'SSLUseStapling',
    'flag',
    "SSL switch for the OCSP Stapling protocol (`on', `off')",
    SERVER_VHOST,
    (line, scope) => {
      scope.server.tls.stapling = isOn(line);
    },
  ),
  sslRow(
    'SSLStaplingCache',
    'take1',
    "SSL Stapling Response Cache storage (`dbm:/path/to/file')",
    SERVER_ONLY,
    (line, scope) => {
      checkCache(line);
      scope.note('irrelevant', line, 'answers are kept in memory, and asked for again before they end');
    },
  ),
  staplingTime(
    'SSLStaplingResponseTimeSkew',
    'timeSkew',
    'SSL stapling option for maximum time difference in OCSP responses',
  ),
  staplingTime(
    'SSLStaplingResponderTimeout',
    'responderTimeout',
    'SSL stapling option for OCSP responder timeout',
  ),
  staplingTime(
    'SSLStaplingResponseMaxAge',
    'maxAge',
    'SSL stapling option for maximum age of OCSP responses',
  ),
  staplingTime(
    'SSLStaplingStandardCacheTimeout',
    'cacheTimeout',
    'SSL stapling option for normal OCSP Response Cache Lifetime',
  ),
  staplingTime(
    'SSLStaplingErrorCacheTimeout',
    'errorCacheTimeout',
    'SSL stapling option for OCSP Response Error Cache Lifetime',
  ),
  sslRow(
    'SSLStaplingForceURL',
    'take1',
    'SSL stapling option to Force the OCSP Stapling URL',
    SERVER_VHOST,
    (line, scope) => {
      const { text = '', column } = line.words[0] ?? {};
      if (!/^http:\/\/[^/]/i.test(text)) fail(line, `SSLStaplingForceURL: '${text}' is no http URL`, column);
      stapling(scope, { forceUrl: text });
    },
  ),
  ...['SSLStaplingReturnResponderErrors', 'SSLStaplingFakeTryLater'].map((name) =>
    sslRow(
      name,
      'flag',
      name.endsWith('Errors')
        ? "SSL stapling switch to return Status Errors Back to Client(`on', `off')"
        : "SSL stapling switch to send tryLater response to client on error (`on', `off')",
      SERVER_VHOST,
      (line, scope) => {
        if (isOn(line))
          scope.note('inactive', line, 'a responder’s errors are never stapled, as if it were off');
      },
    ),
  ),
];
