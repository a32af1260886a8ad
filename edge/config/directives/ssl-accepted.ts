/**
 * Directives of mod_ssl that have no place in drover's settings: checked as httpd checks them, accepted, and listed with
 * the reason. Most concern things that Node's OpenSSL does by itself.
 *
 * Source: httpd 2.4 manual, mod_ssl; messages from httpd itself.
 * Thread: main, at load.
 */
import { fail } from '../error.js';
import {
  ANYWHERE,
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_ONLY,
  SERVER_VHOST,
} from '../table.js';
import { atoi } from './proxy-params-values.js';
import { checkDepth, checkRevocation } from './ssl-proxy.js';
import { existingDirectory, existingFile, isOn, sslRow } from './ssl-words.js';

type Check = (line: DirectiveLine, scope: Scope) => void;

const NOTHING: Check = () => undefined;
const RANDOM = 'OpenSSL seeds itself';
const SESSIONS = 'sessions are resumed by tickets; OpenSSL keeps its own cache';
const CLIENTS = 'clients are not asked for certificates yet';
const STAPLING = 'no OCSP answers are stapled yet';

const CACHES = ['shmcb', 'default', 'dbm', 'dc', 'memcache', 'redis'];

/** `none`, `nonenotnull`, or a provider with what it wants to know. */
function checkCache(line: DirectiveLine): void {
  const word = line.words[0];
  const text = word?.text ?? '';
  if (/^(?:none|nonenotnull)$/i.test(text) && line.name === 'SSLSessionCache') return;
  const name = text.replace(/:.*$/s, '');
  if (!CACHES.includes(name.toLowerCase())) {
    const [what, stop, end] = line.name === 'SSLSessionCache' ? ['session', '.', '.'] : ['stapling', '', ''];
    fail(
      line,
      `${line.name}: '${name}' ${what} cache not supported (known names: shmcb,default)${stop} Maybe you need to ` +
        `load the appropriate socache module (mod_socache_${name}?)${end}`,
      word?.column,
    );
  }
  const size = /\((\d+)\)$/.exec(text)?.[1];
  if (size !== undefined && Number(size) < 8192) {
    fail(line, `${line.name}: Invalid argument: size has to be >= 8192 bytes`, word?.column);
  }
}

function checkTimeout(line: DirectiveLine): void {
  if (atoi(line.words[0]?.text ?? '') < 0)
    fail(line, `${line.name}: Invalid argument`, line.words[0]?.column);
}

function checkDialog(line: DirectiveLine, scope: Scope): void {
  const word = line.words[0];
  const text = word?.text ?? '';
  if (text === 'builtin') return;
  // httpd differs: the program must exist; it is never run here.
  const program = /^(?:exec:|\|)(.*)$/s.exec(text)?.[1]?.split(' ')[0];
  if (program === undefined) fail(line, `${line.name}: Invalid argument`, word?.column);
  scope.note('inactive', line, 'keys with a pass phrase are not opened');
}

const OPTIONS = [
  'StdEnvVars',
  'ExportCertData',
  'FakeBasicAuth',
  'StrictRequire',
  'OptRenegotiate',
  'LegacyDNStringFormat',
];

function checkOptions(line: DirectiveLine): void {
  for (const { text, column } of line.words) {
    const name = text.replace(/^[+-]/, '');
    if (!OPTIONS.some((known) => known.toLowerCase() === name.toLowerCase())) {
      fail(line, `SSLOptions: Illegal option '${name}'`, column);
    }
  }
}

function checkSeed(line: DirectiveLine): void {
  const word = line.words[0];
  const text = word?.text.toLowerCase();
  if (text !== 'startup' && text !== 'connect') {
    fail(line, `SSLRandomSeed: invalid context: \`${word?.text ?? ''}'`, word?.column);
  }
}

function checkCompression(line: DirectiveLine): void {
  if (!isOn(line)) return;
  const message =
    'This version of OpenSSL does not have any compression methods available, cannot enable SSLCompression.';
  fail(line, message, line.words[0]?.column);
}

const POLICIES = ['strict', 'secure', 'authonly', 'insecure'];

function checkPolicy(line: DirectiveLine): void {
  const word = line.words[0];
  if (!POLICIES.includes(word?.text.toLowerCase() ?? '')) {
    fail(line, `Invalid SSLVhostSNIPolicy argument '${word?.text ?? ''}'`, word?.column);
  }
}

function accepted(
  kind: 'irrelevant' | 'inactive',
  reason: string,
  name: string,
  arity: DirectiveRow['arity'],
  usage: string,
  contexts: DirectiveRow['contexts'],
  check: Check = NOTHING,
): DirectiveRow {
  return sslRow(name, arity, usage, contexts, (line, scope) => {
    check(line, scope);
    scope.note(kind, line, reason);
  });
}

export const IRRELEVANT_SSL_ROWS: readonly DirectiveRow[] = [
  accepted(
    'irrelevant',
    SESSIONS,
    'SSLSessionCache',
    'take1',
    "SSL Session Cache storage ('none', 'nonenotnull', 'dbm:/path/to/file')",
    SERVER_ONLY,
    checkCache,
  ),
  accepted(
    'irrelevant',
    SESSIONS,
    'SSLSessionCacheTimeout',
    'take1',
    "SSL Session Cache object lifetime ('N' - number of seconds)",
    SERVER_VHOST,
    checkTimeout,
  ),
  accepted(
    'inactive',
    'tickets are on, with keys that OpenSSL makes',
    'SSLSessionTickets',
    'flag',
    "Enable or disable TLS session tickets(`on', `off')",
    SERVER_VHOST,
  ),
  accepted(
    'inactive',
    'tickets are on, with keys that OpenSSL makes',
    'SSLSessionTicketKeyFile',
    'take1',
    'TLS session ticket encryption/decryption key file (RFC 5077) ' +
      "('/path/to/file' - file with 48 bytes of random data)",
    SERVER_VHOST,
    existingFile,
  ),
  accepted(
    'irrelevant',
    'keys without a pass phrase need no dialog',
    'SSLPassPhraseDialog',
    'take1',
    "SSL dialog mechanism for the pass phrase query ('builtin', '|/path/to/pipe_program', " +
      "or 'exec:/path/to/cgi_program')",
    SERVER_ONLY,
    checkDialog,
  ),
  accepted(
    'irrelevant',
    RANDOM,
    'SSLRandomSeed',
    'take23',
    'SSL Pseudo Random Number Generator (PRNG) seeding source ' +
      "('startup|connect builtin|file:/path|exec:/path [bytes]')",
    SERVER_ONLY,
    checkSeed,
  ),
  accepted(
    'irrelevant',
    'Node has its own OpenSSL',
    'SSLCryptoDevice',
    'take1',
    "SSL external Crypto Device usage ('builtin', '...')",
    SERVER_ONLY,
  ),
  accepted(
    'irrelevant',
    'Node has its own OpenSSL',
    'SSLFIPS',
    'flag',
    "Enable FIPS-140 mode (`on', `off')",
    SERVER_ONLY,
  ),
  accepted(
    'irrelevant',
    'TLS compression exists no more',
    'SSLCompression',
    'flag',
    "Enable SSL level compression (`on', `off')",
    SERVER_VHOST,
    checkCompression,
  ),
  accepted(
    'irrelevant',
    'clients cannot renegotiate',
    'SSLInsecureRenegotiation',
    'flag',
    'Enable support for insecure renegotiation',
    SERVER_VHOST,
  ),
  accepted(
    'inactive',
    'a client without SNI gets the first vhost of the address',
    'SSLStrictSNIVHostCheck',
    'flag',
    'Strict SNI virtual host checking',
    SERVER_VHOST,
  ),
  accepted(
    'irrelevant',
    'Host and SNI are compared in one way',
    'SSLVHostSNIPolicy',
    'take1',
    'SSL VirtualHost SNI compatibility policy setting',
    SERVER_ONLY,
    checkPolicy,
  ),
  accepted(
    'irrelevant',
    'SSL variables are there for whoever names them',
    'SSLOptions',
    'raw',
    "Set one or more options to configure the SSL engine('[+-]option[=value] ...' - see manual)",
    ANYWHERE,
    checkOptions,
  ),
  accepted('inactive', CLIENTS, 'SSLUserName', 'take1', 'Set user name to SSL variable value', ANYWHERE),
  ...clientFiles(),
  accepted(
    'inactive',
    CLIENTS,
    'SSLVerifyDepth',
    'take1',
    "SSL Client verify depth ('N' - number of intermediate certificates)",
    ANYWHERE,
    checkDepth,
  ),
  accepted(
    'inactive',
    CLIENTS,
    'SSLCARevocationCheck',
    'raw',
    'SSL CA Certificate Revocation List (CRL) checking mode',
    SERVER_VHOST,
    checkRevocation,
  ),
  accepted(
    'irrelevant',
    'drover keeps them in memory',
    'SSLStaplingCache',
    'take1',
    "SSL Stapling Response Cache storage (`dbm:/path/to/file')",
    SERVER_ONLY,
    checkCache,
  ),
  ...staplingWords(),
  accepted(
    'irrelevant',
    'no handshake is repeated in the middle of a request',
    'SSLRenegBufferSize',
    'take1',
    'Configure the amount of memory that will be used for buffering the request body if a per-location SSL ' +
      'renegotiation is required due to changed access control requirements',
    ['location', 'proxy', 'if', 'directory'],
  ),
];

function clientFiles(): DirectiveRow[] {
  const words: [string, string, DirectiveRow['contexts']][] = [
    ['SSLCACertificateFile', "SSL CA Certificate file ('/path/to/file' - PEM encoded)", ANYWHERE],
    [
      'SSLCACertificatePath',
      "SSL CA Certificate path ('/path/to/dir' - contains PEM encoded files)",
      ANYWHERE,
    ],
    [
      'SSLCADNRequestFile',
      "SSL CA Distinguished Name file ('/path/to/file' - PEM encoded to derive acceptable CA names to request)",
      SERVER_VHOST,
    ],
    [
      'SSLCADNRequestPath',
      "SSL CA Distinguished Name path ('/path/to/dir' - symlink hashes to PEM of acceptable CA names to request)",
      SERVER_VHOST,
    ],
    [
      'SSLCARevocationFile',
      "SSL CA Certificate Revocation List (CRL) file ('/path/to/file' - PEM encoded)",
      SERVER_VHOST,
    ],
    [
      'SSLCARevocationPath',
      "SSL CA Certificate Revocation List (CRL) path ('/path/to/dir' - contains PEM encoded files)",
      SERVER_VHOST,
    ],
  ];
  return words.map(([name, usage, contexts]) =>
    accepted('inactive', CLIENTS, name, 'take1', usage, contexts, (line, scope) => {
      if (name.endsWith('Path')) existingDirectory(line, scope);
      else existingFile(line, scope);
    }),
  );
}

function staplingWords(): DirectiveRow[] {
  const words: [string, DirectiveRow['arity'], string][] = [
    [
      'SSLStaplingResponseTimeSkew',
      'take1',
      'SSL stapling option for maximum time difference in OCSP responses',
    ],
    ['SSLStaplingResponderTimeout', 'take1', 'SSL stapling option for OCSP responder timeout'],
    ['SSLStaplingResponseMaxAge', 'take1', 'SSL stapling option for maximum age of OCSP responses'],
    [
      'SSLStaplingStandardCacheTimeout',
      'take1',
      'SSL stapling option for normal OCSP Response Cache Lifetime',
    ],
    [
      'SSLStaplingReturnResponderErrors',
      'flag',
      "SSL stapling switch to return Status Errors Back to Client(`on', `off')",
    ],
    [
      'SSLStaplingFakeTryLater',
      'flag',
      "SSL stapling switch to send tryLater response to client on error (`on', `off')",
    ],
    ['SSLStaplingErrorCacheTimeout', 'take1', 'SSL stapling option for OCSP Response Error Cache Lifetime'],
    ['SSLStaplingForceURL', 'take1', 'SSL stapling option to Force the OCSP Stapling URL'],
  ];
  return words.map(([name, arity, usage]) =>
    accepted('inactive', STAPLING, name, arity, usage, SERVER_VHOST),
  );
}
