/**
 * TLS toward members (SSLProxy…): settings of a server or of a <Proxy> section, merged word by word. Files are read and
 * checked where they are named, so that a certificate, key, list or cipher that OpenSSL would refuse is an error at its line.
 * httpd differs: it finds out at start, and there in words of its own.
 *
 * Source: httpd 2.4 manual, mod_ssl; messages from httpd itself.
 * Thread: main, at load.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import type { MemberTlsSettings } from '../../../workers/upstream/member-tls.js';
import { messageOf } from '../../errors.js';
import { fail } from '../error.js';
import type { Context, DirectiveLine, DirectiveRow, Scope } from '../table.js';
import { atoi } from './proxy-params-values.js';
import { parseProtocols } from './ssl.js';
import { verifyMode } from './ssl-clients.js';
import { existingDirectory, existingFile, isOn, sslRow } from './ssl-words.js';

const CONTEXTS: readonly Context[] = ['server', 'vhost', 'proxy'];

function row(name: string, arity: DirectiveRow['arity'], usage: string, apply: DirectiveRow['apply']) {
  return sslRow(name, arity, usage, CONTEXTS, apply);
}

function say(scope: Scope, said: MemberTlsSettings): void {
  scope.place.memberTls = { ...scope.place.memberTls, ...said };
}

/** Does what OpenSSL has to like; its objection becomes the line's error. */
function checked(line: DirectiveLine, what: string, look: () => void): void {
  try {
    look();
  } catch (error) {
    fail(line, `${line.name}: ${what}: ${messageOf(error)}`, line.words[0]?.column);
  }
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

export function certificateFile(line: DirectiveLine, scope: Scope): string {
  const path = existingFile(line, scope);
  checked(line, `no certificates in '${path}'`, () => {
    const found = readFileSync(path, 'latin1').match(CERTIFICATE);
    if (found === null) throw new Error('not PEM');
    for (const pem of found) new X509Certificate(pem);
  });
  return path;
}

/** A file with certificate and key, the key not encrypted. */
function machineCertificate(line: DirectiveLine, scope: Scope): string {
  const path = certificateFile(line, scope);
  checked(line, `incomplete client certificate in '${path}' (missing or encrypted private key?)`, () => {
    const pem = readFileSync(path, 'latin1');
    const certificate = new X509Certificate(pem.match(CERTIFICATE)?.[0] ?? '');
    if (!certificate.checkPrivateKey(createPrivateKey(pem))) throw new Error('key and certificate differ');
  });
  return path;
}

function revocationFile(line: DirectiveLine, scope: Scope): string {
  const path = existingFile(line, scope);
  checked(line, `no revocation list in '${path}'`, () => {
    tls.createSecureContext({ crl: readFileSync(path, 'latin1') });
  });
  return path;
}

function applyProtocol(line: DirectiveLine, scope: Scope): void {
  const protocols = parseProtocols(line, (text) => scope.warn(line, text));
  if (protocols.length === 0) fail(line, 'AH02231: No SSL protocols available [hint: SSLProxyProtocol]');
  if (protocols.includes('TLSv1') && !protocols.includes('TLSv1.1') && protocols.length > 1) {
    fail(
      line,
      'SSLProxyProtocol: versions without a gap can be offered, and TLSv1.1 is missing between them',
    );
  }
  say(scope, { protocols });
}

function applyCiphers(line: DirectiveLine, scope: Scope): void {
  const [first, second] = line.words;
  const suites = (second ?? first)?.text ?? '';
  const protocol = second === undefined ? 'ssl' : (first?.text ?? '').toLowerCase();
  if (protocol !== 'ssl' && protocol !== 'tlsv1.3')
    fail(line, `protocol '${first?.text ?? ''}' not supported`, first?.column);
  checked(line, `Unable to configure permitted SSL ciphers '${suites}'`, () => {
    tls.createSecureContext({ ciphers: protocol === 'ssl' ? suites : `${suites}:DEFAULT` });
  });
  say(scope, protocol === 'ssl' ? { ciphers: suites } : { ciphers13: suites });
}

function applyRevocationCheck(line: DirectiveLine, scope: Scope): void {
  checkRevocation(line);
  const word = line.words[0]?.text.toLowerCase();
  // httpd differs: leaf there asks for no list of the authorities above the member's own; here it is as chain.
  say(scope, { revocation: word as 'none' | 'leaf' | 'chain' });
  if (line.words.length > 1)
    scope.note('inactive', line, 'a certificate without a revocation list is refused all the same');
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
  row('SSLProxyEngine', 'flag', "SSL switch for the proxy protocol engine ('on', 'off')", (line, scope) =>
    say(scope, { engine: isOn(line) }),
  ),
  row(
    'SSLProxyProtocol',
    'raw',
    "SSL Proxy: enable or disable SSL protocol flavors ('[+-][TLSv1|TLSv1.1|TLSv1.2] ...' - see manual)",
    applyProtocol,
  ),
  row(
    'SSLProxyCipherSuite',
    'take12',
    'SSL Proxy: colon-delimited list of permitted SSL ciphers , optionally preceded by protocol specifier ' +
      "('XXX:...:XXX' - see manual)",
    applyCiphers,
  ),
  row(
    'SSLProxyVerify',
    'take1',
    "SSL Proxy: whether to verify the remote certificate ('on' or 'off')",
    (line, scope) => say(scope, { verify: verifyMode(line) }),
  ),
  row(
    'SSLProxyVerifyDepth',
    'take1',
    "SSL Proxy: maximum certificate verification depth ('N' - number of intermediate certificates)",
    (line, scope) => {
      checkDepth(line);
      say(scope, { depth: atoi(line.words[0]?.text ?? '') });
    },
  ),
  row(
    'SSLProxyCheckPeerExpire',
    'flag',
    "SSL Proxy: check the peer certificate's expiration date",
    (line, scope) => say(scope, { checkExpire: isOn(line) }),
  ),
  row('SSLProxyCheckPeerCN', 'flag', "SSL Proxy: check the peer certificate's CN", (line, scope) =>
    say(scope, { checkCn: isOn(line) }),
  ),
  row(
    'SSLProxyCheckPeerName',
    'flag',
    "SSL Proxy: check the peer certificate's name (must be present in subjectAltName extension or CN",
    (line, scope) => say(scope, { checkName: isOn(line) }),
  ),
  row(
    'SSLProxyCACertificateFile',
    'take1',
    "SSL Proxy: file containing server certificates ('/path/to/file' - PEM encoded certificates)",
    (line, scope) => say(scope, { caFile: certificateFile(line, scope) }),
  ),
  row(
    'SSLProxyCACertificatePath',
    'take1',
    "SSL Proxy: directory containing server certificates ('/path/to/dir' - contains PEM encoded certificates)",
    (line, scope) => say(scope, { caPath: existingDirectory(line, scope) }),
  ),
  row(
    'SSLProxyCARevocationFile',
    'take1',
    "SSL Proxy: CA Certificate Revocation List (CRL) file ('/path/to/file' - PEM encoded)",
    (line, scope) => say(scope, { crlFile: revocationFile(line, scope) }),
  ),
  row(
    'SSLProxyCARevocationPath',
    'take1',
    "SSL Proxy: CA Certificate Revocation List (CRL) path ('/path/to/dir' - contains PEM encoded files)",
    (line, scope) => say(scope, { crlPath: existingDirectory(line, scope) }),
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
    (line, scope) => say(scope, { certificateFile: machineCertificate(line, scope) }),
  ),
  row(
    'SSLProxyMachineCertificatePath',
    'take1',
    "SSL Proxy: directory containing client certificates ('/path/to/dir' - contains PEM encoded certificates)",
    (line, scope) => say(scope, { certificatePath: existingDirectory(line, scope) }),
  ),
  row(
    'SSLProxyMachineCertificateChainFile',
    'take1',
    "SSL Proxy: file containing issuing certificates of the client certificate (`/path/to/file' - PEM encoded " +
      'certificates)',
    (line, scope) => say(scope, { certificateChainFile: certificateFile(line, scope) }),
  ),
];
