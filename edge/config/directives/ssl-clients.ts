/**
 * What mod_ssl asks of clients and tells of them: certificates (in the handshake, of a server; or asked of a request, in
 * a section), the authorities and revocation lists they are compared with, SSLRequireSSL, SSLRequire, SSLOptions and
 * SSLUserName. Files are read where they are named, so that what OpenSSL would refuse is an error at its line.
 *
 * Source: httpd 2.4 manual, mod_ssl; messages from httpd itself. Thread: main, at load.
 */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { messageOf } from '../../errors.js';
import { ExprError, parseBool } from '../../expr/parse.js';
import type { PlaceTls, SslOption, TlsSettings, VerifyClient } from '../../secure/settings.js';
import { fail } from '../error.js';
import {
  ANYWHERE,
  type Context,
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_VHOST,
} from '../table.js';
import { atoi } from './proxy-params-values.js';
import { certificateFile, checkDepth, checkRevocation } from './ssl-proxy.js';
import { existingDirectory, existingFile, sslRow } from './ssl-words.js';

const IN_SECTIONS: readonly Context[] = ['location', 'proxy', 'if', 'directory'];

const VERIFY = {
  none: 'none',
  off: 'none',
  optional: 'optional',
  require: 'require',
  on: 'require',
  optional_no_ca: 'optional_no_ca',
} as const;

export function verifyMode(line: DirectiveLine): VerifyClient {
  const word = line.words[0];
  const key = word?.text.toLowerCase() ?? '';
  if (!Object.hasOwn(VERIFY, key))
    fail(line, `${line.name}: Invalid argument '${word?.text ?? ''}'`, word?.column);
  return VERIFY[key as keyof typeof VERIFY];
}

function isServer(scope: Scope): boolean {
  return scope.context === 'server' || scope.context === 'vhost';
}

function say(scope: Scope, words: PlaceTls): void {
  scope.place.secure = { ...scope.place.secure, ...words };
}

function applyVerifyClient(line: DirectiveLine, scope: Scope): void {
  const mode = verifyMode(line);
  if (isServer(scope)) scope.server.tls.verifyClient = mode;
  else {
    say(scope, { verifyClient: mode });
    if (mode !== 'none') {
      const text =
        'no handshake is repeated in the middle of a connection: a client that has shown no certificate at its ' +
        "beginning is answered 403. 'SSLVerifyClient optional' in the virtual host asks for one";
      scope.note('warning', line, text);
    }
  }
}

function applyDepth(line: DirectiveLine, scope: Scope): void {
  checkDepth(line);
  if (isServer(scope)) scope.server.tls.verifyDepth = atoi(line.words[0]?.text ?? '');
  else scope.note('inactive', line, "the virtual host's holds, since no handshake is repeated for a section");
}

function applyAuthority(
  line: DirectiveLine,
  scope: Scope,
  words: Pick<TlsSettings, 'caFile' | 'caPath'>,
): void {
  if (isServer(scope)) Object.assign(scope.server.tls, words);
  else scope.note('inactive', line, "the virtual host's hold, since no handshake is repeated for a section");
}

function revocationFile(line: DirectiveLine, scope: Scope): void {
  const crlFile = existingFile(line, scope);
  try {
    tls.createSecureContext({ crl: readFileSync(crlFile, 'latin1') });
  } catch (error) {
    fail(
      line,
      `${line.name}: no revocation list in '${crlFile}': ${messageOf(error)}`,
      line.words[0]?.column,
    );
  }
  scope.server.tls.crlFile = crlFile;
}

function applyRevocation(line: DirectiveLine, scope: Scope): void {
  checkRevocation(line);
  // httpd differs: leaf there asks for no list of the authorities above the client's own; here it is as chain.
  scope.server.tls.revocation = line.words[0]?.text.toLowerCase() as 'none' | 'leaf' | 'chain';
  if (line.words.length > 1)
    scope.note('inactive', line, 'a certificate without a revocation list is refused all the same');
}

const OPTIONS: Readonly<Record<string, SslOption>> = {
  stdenvvars: 'StdEnvVars',
  exportcertdata: 'ExportCertData',
  fakebasicauth: 'FakeBasicAuth',
  strictrequire: 'StrictRequire',
};
const IDLE_OPTIONS: Readonly<Record<string, string>> = {
  optrenegotiate: 'no handshake is repeated',
  legacydnstringformat: 'names are written as in RFC 4514',
};

/** Words with a sign change what is around; one without begins anew. */
function applyOptions(line: DirectiveLine, scope: Scope): void {
  const changes: Record<string, boolean> = { ...scope.place.secure?.changes };
  let options: SslOption[] | undefined = scope.place.secure?.options;
  for (const { text, column } of line.words) {
    const name = text.replace(/^[+-]/, '').toLowerCase();
    const idle = IDLE_OPTIONS[name];
    if (idle !== undefined) {
      scope.note('irrelevant', line, idle);
      continue;
    }
    const option = OPTIONS[name];
    if (option === undefined) fail(line, `SSLOptions: Illegal option '${text.replace(/^[+-]/, '')}'`, column);
    if (text.startsWith('+')) changes[option] = true;
    else if (text.startsWith('-')) changes[option] = false;
    else options = [...(options ?? []), option];
  }
  say(scope, { ...(options === undefined ? {} : { options }), changes });
}

function applyRequire(line: DirectiveLine, scope: Scope): void {
  const text = line.raw.trim();
  try {
    const expr = parseBool(text, { sslRequire: true });
    const requirements = [...(scope.place.secure?.requirements ?? []), { expr, text }];
    say(scope, { requirements });
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Cannot parse expression: ${error.message}`, line.words[0]?.column);
  }
}

export const SSL_CLIENT_ROWS: readonly DirectiveRow[] = [
  sslRow(
    'SSLVerifyClient',
    'take1',
    "SSL Client verify type ('none', 'optional', 'require', 'optional_no_ca')",
    ANYWHERE,
    applyVerifyClient,
  ),
  sslRow(
    'SSLVerifyDepth',
    'take1',
    "SSL Client verify depth ('N' - number of intermediate certificates)",
    ANYWHERE,
    applyDepth,
  ),
  sslRow(
    'SSLCACertificateFile',
    'take1',
    "SSL CA Certificate file ('/path/to/file' - PEM encoded)",
    ANYWHERE,
    (line, scope) => applyAuthority(line, scope, { caFile: certificateFile(line, scope) }),
  ),
  sslRow(
    'SSLCACertificatePath',
    'take1',
    "SSL CA Certificate path ('/path/to/dir' - contains PEM encoded files)",
    ANYWHERE,
    (line, scope) => applyAuthority(line, scope, { caPath: existingDirectory(line, scope) }),
  ),
  ...requestNames(),
  sslRow(
    'SSLCARevocationFile',
    'take1',
    "SSL CA Certificate Revocation List (CRL) file ('/path/to/file' - PEM encoded)",
    SERVER_VHOST,
    revocationFile,
  ),
  sslRow(
    'SSLCARevocationPath',
    'take1',
    "SSL CA Certificate Revocation List (CRL) path ('/path/to/dir' - contains PEM encoded files)",
    SERVER_VHOST,
    (line, scope) => {
      scope.server.tls.crlPath = existingDirectory(line, scope);
    },
  ),
  sslRow(
    'SSLCARevocationCheck',
    'raw',
    'SSL CA Certificate Revocation List (CRL) checking mode',
    SERVER_VHOST,
    applyRevocation,
  ),
  sslRow(
    'SSLRequireSSL',
    'none',
    'Require the SSL protocol for the per-directory context (no arguments)',
    IN_SECTIONS,
    (_line, scope) => say(scope, { requiresTls: true }),
  ),
  sslRow(
    'SSLRequire',
    'raw',
    'Require a boolean expression to evaluate to true for granting access',
    IN_SECTIONS,
    applyRequire,
  ),
  sslRow(
    'SSLOptions',
    'raw',
    "Set one or more options to configure the SSL engine('[+-]option[=value] ...' - see manual)",
    ANYWHERE,
    applyOptions,
  ),
  sslRow('SSLUserName', 'take1', 'Set user name to SSL variable value', ANYWHERE, (line, scope) =>
    say(scope, { userName: line.words[0]?.text.toUpperCase() ?? '' }),
  ),
];

/** Names that are sent to clients apart from the authorities that are trusted: node:tls sends those alone. */
function requestNames(): DirectiveRow[] {
  const note = 'clients are told the names of all authorities that they are verified by';
  return [
    sslRow(
      'SSLCADNRequestFile',
      'take1',
      "SSL CA Distinguished Name file ('/path/to/file' - PEM encoded to derive acceptable CA names to request)",
      SERVER_VHOST,
      (line, scope) => {
        certificateFile(line, scope);
        scope.note('inactive', line, note);
      },
    ),
    sslRow(
      'SSLCADNRequestPath',
      'take1',
      "SSL CA Distinguished Name path ('/path/to/dir' - symlink hashes to PEM of acceptable CA names to request)",
      SERVER_VHOST,
      (line, scope) => {
        existingDirectory(line, scope);
        scope.note('inactive', line, note);
      },
    ),
  ];
}
