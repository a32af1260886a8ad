/**
 * TLS toward members (SSLProxy…). SSLProxyEngine is a setting; how members' certificates are checked has no place in
 * the settings yet, so what asks for more than httpd's default is refused rather than left out.
 *
 * Source: httpd 2.4 manual, mod_ssl; messages from httpd itself.
 * Thread: main, at load.
 */
import { fail } from '../error.js';
import type { Context, DirectiveLine, DirectiveRow, Scope } from '../table.js';
import { atoi } from './proxy-params-values.js';
import { parseProtocols, verifyMode } from './ssl.js';
import { existingDirectory, existingFile, isOn, sslRow } from './ssl-words.js';

const CONTEXTS: readonly Context[] = ['server', 'vhost', 'proxy'];

function row(name: string, arity: DirectiveRow['arity'], usage: string, apply: DirectiveRow['apply']) {
  return sslRow(name, arity, usage, CONTEXTS, apply);
}

function inactive(line: DirectiveLine, scope: Scope, text: string): void {
  scope.note('inactive', line, text);
}

function file(line: DirectiveLine, scope: Scope): void {
  existingFile(line, scope);
  inactive(line, scope, "members' certificates are not checked against authorities yet");
}

function directory(line: DirectiveLine, scope: Scope): void {
  existingDirectory(line, scope);
  inactive(line, scope, "members' certificates are not checked against authorities yet");
}

function clientCertificate(line: DirectiveLine, scope: Scope): void {
  if (line.name.endsWith('Path')) existingDirectory(line, scope);
  else existingFile(line, scope);
  inactive(line, scope, 'members get no certificate of drover yet');
}

function peerCheck(line: DirectiveLine, scope: Scope): void {
  if (!isOn(line)) return;
  inactive(line, scope, "members' certificates are not compared with their names and dates yet");
}

function applyVerify(line: DirectiveLine): void {
  if (verifyMode(line) === 'none') return;
  const message = `SSLProxyVerify ${line.words[0]?.text ?? ''} is known to httpd but not active in drover yet`;
  fail(line, message, line.words[0]?.column);
}

function applyRevocationCheck(line: DirectiveLine, scope: Scope): void {
  checkRevocation(line);
  if (line.words[0]?.text.toLowerCase() !== 'none') {
    inactive(line, scope, 'certificates are not looked up in revocation lists yet');
  }
}

/** `none`, `leaf` or `chain`, and one flag. */
export function checkRevocation(line: DirectiveLine): void {
  const [mode, ...flags] = line.words;
  const text = mode?.text ?? '';
  if (!['none', 'leaf', 'chain'].includes(text.toLowerCase())) {
    fail(line, `${line.name}: Invalid argument '${text}'`, mode?.column);
  }
  for (const flag of flags) {
    if (flag.text.toLowerCase() !== 'no_crl_for_cert_ok') {
      fail(line, `${line.name}: Invalid argument '${flag.text}'`, flag.column);
    }
  }
}

export function checkDepth(line: DirectiveLine): void {
  const word = line.words[0];
  if (atoi(word?.text ?? '') < 0) {
    fail(line, `${line.name}: Invalid argument '${word?.text ?? ''}'`, word?.column);
  }
}

export const SSL_PROXY_ROWS: readonly DirectiveRow[] = [
  row('SSLProxyEngine', 'flag', "SSL switch for the proxy protocol engine ('on', 'off')", (line, scope) => {
    // httpd differs: in a <Proxy> section it holds for that section only; here for the server around it.
    if (scope.context !== 'proxy') scope.server.proxy.tls = isOn(line);
    else if (isOn(line)) scope.server.proxy.tls = true;
  }),
  row(
    'SSLProxyProtocol',
    'raw',
    "SSL Proxy: enable or disable SSL protocol flavors ('[+-][TLSv1|TLSv1.1|TLSv1.2] ...' - see manual)",
    (line, scope) => {
      parseProtocols(line, (text) => scope.warn(line, text));
      inactive(line, scope, 'members are offered TLS 1.2 and 1.3');
    },
  ),
  row(
    'SSLProxyCipherSuite',
    'take12',
    'SSL Proxy: colon-delimited list of permitted SSL ciphers , optionally preceded by protocol specifier ' +
      "('XXX:...:XXX' - see manual)",
    (line, scope) => inactive(line, scope, "members are offered OpenSSL's default ciphers"),
  ),
  row(
    'SSLProxyVerify',
    'take1',
    "SSL Proxy: whether to verify the remote certificate ('on' or 'off')",
    applyVerify,
  ),
  row(
    'SSLProxyVerifyDepth',
    'take1',
    "SSL Proxy: maximum certificate verification depth ('N' - number of intermediate certificates)",
    (line, scope) => {
      checkDepth(line);
      inactive(line, scope, "members' certificates are not checked against authorities yet");
    },
  ),
  row(
    'SSLProxyCheckPeerExpire',
    'flag',
    "SSL Proxy: check the peer certificate's expiration date",
    peerCheck,
  ),
  row('SSLProxyCheckPeerCN', 'flag', "SSL Proxy: check the peer certificate's CN", peerCheck),
  row(
    'SSLProxyCheckPeerName',
    'flag',
    "SSL Proxy: check the peer certificate's name (must be present in subjectAltName extension or CN",
    peerCheck,
  ),
  row(
    'SSLProxyCACertificateFile',
    'take1',
    "SSL Proxy: file containing server certificates ('/path/to/file' - PEM encoded certificates)",
    file,
  ),
  row(
    'SSLProxyCACertificatePath',
    'take1',
    "SSL Proxy: directory containing server certificates ('/path/to/dir' - contains PEM encoded certificates)",
    directory,
  ),
  row(
    'SSLProxyCARevocationFile',
    'take1',
    "SSL Proxy: CA Certificate Revocation List (CRL) file ('/path/to/file' - PEM encoded)",
    file,
  ),
  row(
    'SSLProxyCARevocationPath',
    'take1',
    "SSL Proxy: CA Certificate Revocation List (CRL) path ('/path/to/dir' - contains PEM encoded files)",
    directory,
  ),
  row(
    'SSLProxyCARevocationCheck',
    'raw',
    'SSL Proxy: CA Certificate Revocation List (CRL) checking mode',
    applyRevocationCheck,
  ),
  row(
    'SSLProxyMachineCertificateFile',
    'take1',
    "SSL Proxy: file containing client certificates ('/path/to/file' - PEM encoded certificates)",
    clientCertificate,
  ),
  row(
    'SSLProxyMachineCertificatePath',
    'take1',
    "SSL Proxy: directory containing client certificates ('/path/to/dir' - contains PEM encoded certificates)",
    clientCertificate,
  ),
  row(
    'SSLProxyMachineCertificateChainFile',
    'take1',
    "SSL Proxy: file containing issuing certificates of the client certificate (`/path/to/file' - PEM encoded " +
      'certificates)',
    clientCertificate,
  ),
];
