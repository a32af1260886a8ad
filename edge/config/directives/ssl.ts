/**
 * TLS toward clients (mod_ssl): certificates, protocol versions, cipher suites, client certificates. What has no place
 * in the settings is checked and accepted in ssl-accepted.ts; TLS toward members is in ssl-proxy.ts.
 *
 * Certificates and keys are separate lists, joined by position as in httpd: a certificate without a key of its own has
 * the key in the same file.
 *
 * Source: httpd 2.4 manual, mod_ssl; messages from httpd itself.
 * Thread: main, at load.
 */
import { fail } from '../error.js';
import {
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_VHOST,
  type ServerDraft,
} from '../table.js';
import { atOf } from './proxy-pools.js';
import { existingFile, isOn, sslRow } from './ssl-words.js';

/** What `all` means: the versions that today's OpenSSL speaks at its default security level, in httpd as well. */
const ALL = ['TLSv1.2', 'TLSv1.3'];
const VERSIONS = ['TLSv1', 'TLSv1.1', ...ALL];

/** Files of one server in the order of their lines. */
interface Files {
  certificates: { path: string; at: string }[];
  keys: string[];
}

/** Kept beside the draft, which has no room for keys that come before their certificates. */
const filesOf = new WeakMap<ServerDraft, Files>();

function addFile(line: DirectiveLine, scope: Scope, list: keyof Files): void {
  const path = existingFile(line, scope);
  const files = filesOf.get(scope.server) ?? { certificates: [], keys: [] };
  filesOf.set(scope.server, files);
  if (list === 'keys') files.keys.push(path);
  else files.certificates.push({ path, at: atOf(line) });
  scope.server.tls.certificates = files.certificates.map(({ path: certificateFile, at }, i) => ({
    certificateFile,
    keyFile: files.keys[i] ?? certificateFile,
    at,
  }));
}

function applyEngine(line: DirectiveLine, scope: Scope): void {
  const word = line.words[0];
  const text = word?.text.toLowerCase();
  if (text === 'on') {
    scope.server.tls.engine = 'on';
    return;
  }
  if (text !== 'off' && text !== 'optional') fail(line, 'Argument must be On or Off', word?.column);
  if (text === 'optional') scope.warn(line, "AH10510: 'SSLEngine optional' is no longer supported");
  // Off is said by a property that is there and undefined: it undoes what the main server says.
  Object.assign(scope.server.tls, { engine: undefined });
}

/**
 * `all`, a version, each with `+` or `-` or alone; one that stands alone begins anew.
 * returns  versions in ascending order
 */
export function parseProtocols(line: DirectiveLine, warn: (text: string) => void): string[] {
  let chosen = new Set<string>();
  for (const { text, column } of line.words) {
    const sign = /^[+-]/.exec(text)?.[0] ?? '';
    const name = text.slice(sign.length);
    const versions = versionsOf(line, name, sign, column);
    if (sign === '-') {
      for (const version of versions) chosen.delete(version);
    } else if (sign === '+') {
      for (const version of versions) chosen.add(version);
    } else {
      if (chosen.size > 0) {
        warn(
          `AH02532: ${line.name}: Protocol '${name}' overrides already set parameter(s). ` +
            'Check if a +/- prefix is missing.',
        );
      }
      chosen = new Set(versions);
    }
  }
  return VERSIONS.filter((version) => chosen.has(version));
}

function versionsOf(line: DirectiveLine, name: string, sign: string, column: number): readonly string[] {
  const lower = name.toLowerCase();
  if (lower === 'all') return ALL;
  if (lower === 'sslv2' || lower === 'sslv3') {
    if (sign === '-') return [];
    if (lower === 'sslv2') fail(line, `${line.name}: SSLv2 is no longer supported`, column);
    fail(line, 'SSLv3 not supported by this version of OpenSSL', column);
  }
  const version = VERSIONS.find((known) => known.toLowerCase() === lower);
  if (version === undefined) fail(line, `${line.name}: Illegal protocol '${name}'`, column);
  return [version];
}

function applyProtocol(line: DirectiveLine, scope: Scope): void {
  const protocols = parseProtocols(line, (text) => scope.warn(line, text));
  // httpd differs: it finds this out at start.
  if (protocols.length === 0) fail(line, 'AH02231: No SSL protocols available [hint: SSLProtocol]');
  scope.server.tls.protocols = protocols;
}

function applyCipherSuite(line: DirectiveLine, scope: Scope): void {
  const [first, second] = line.words;
  const suites = (second ?? first)?.text ?? '';
  const protocol = second === undefined ? 'ssl' : (first?.text ?? '').toLowerCase();
  if (protocol === 'ssl') scope.server.tls.cipherSuite = suites;
  else if (protocol === 'tlsv1.3') scope.server.tls.cipherSuite13 = suites;
  else fail(line, `protocol '${first?.text ?? ''}' not supported`, first?.column);
}

export const SSL_ROWS: readonly DirectiveRow[] = [
  sslRow('SSLEngine', 'take1', "SSL switch for the protocol engine ('on', 'off')", SERVER_VHOST, applyEngine),
  sslRow(
    'SSLCertificateFile',
    'take1',
    "SSL Server Certificate file ('/path/to/file' - PEM or DER encoded)",
    SERVER_VHOST,
    (line, scope) => addFile(line, scope, 'certificates'),
  ),
  sslRow(
    'SSLCertificateKeyFile',
    'take1',
    "SSL Server Private Key file ('/path/to/file' - PEM or DER encoded)",
    SERVER_VHOST,
    (line, scope) => addFile(line, scope, 'keys'),
  ),
  sslRow(
    'SSLCertificateChainFile',
    'take1',
    "SSL Server CA Certificate Chain file ('/path/to/file' - PEM encoded)",
    SERVER_VHOST,
    (line, scope) => {
      scope.server.tls.chainFile = existingFile(line, scope);
    },
  ),
  sslRow(
    'SSLProtocol',
    'raw',
    "Enable or disable various SSL protocols ('[+-][TLSv1|TLSv1.1|TLSv1.2] ...' - see manual)",
    SERVER_VHOST,
    applyProtocol,
  ),
  // In httpd these two may stand in a <Location>, where they take a second handshake; drover has none.
  sslRow(
    'SSLCipherSuite',
    'take12',
    "Colon-delimited list of permitted SSL Ciphers, optional preceded by protocol identifier ('XXX:...:XXX' - see manual)",
    SERVER_VHOST,
    applyCipherSuite,
  ),
  sslRow(
    'SSLHonorCipherOrder',
    'flag',
    "Use the server's cipher ordering preference",
    SERVER_VHOST,
    (line, scope) => {
      scope.server.tls.honorCipherOrder = isOn(line);
      if (isOn(line)) scope.server.tls.cipherOrderAt = atOf(line);
    },
  ),
];
