/**
 * Looks at what TLS vhosts show, before anything listens: each certificate with its key, chain, dates and names, the
 * ciphers and groups that OpenSSL is asked for, and who clients' certificates are compared with. Encrypted keys get
 * their pass phrase here, from the program that SSLPassPhraseDialog names.
 *
 * Source: httpd 2.4, mod_ssl, messages at start as observed. Thread: whichever reads the configuration.
 */
import { spawnSync } from 'node:child_process';
import { CertificateError } from '../../tls/error.js';
import { dateWarning, isNamed, loadPair } from '../../tls/pair.js';
import { isEncrypted, readCertificates } from '../../tls/pem.js';
import { isPkcs12File } from '../../tls/pkcs12.js';
import { messageOf } from '../errors.js';
import { contextOf, speaks } from '../secure/context.js';
import type { CertificateSettings, TlsSettings } from '../secure/settings.js';
import type { ServerSettings, Settings } from '../settings.js';
import type { Findings } from './check.js';
import { ConfError, type Position, positionOf } from './error.js';

/** What the program hears of a key, whatever its kind: the first of a server is RSA, the second DSA, the third ECC. */
const KEY_WORDS = ['RSA', 'DSA', 'ECC'];
/** A program that says a pass phrase may ask somebody else, but not for ever. */
const DIALOG_LIMIT_MS = 30_000;

export function checkTls(settings: Settings, found: Findings, now: number): void {
  const known = new Map<string, string>();
  /** Several vhosts may show one certificate. */
  const told = new Set<string>();
  for (const server of settings.servers) {
    const { tls } = server;
    if (tls === undefined) continue;
    const name = `${server.name === '' ? '127.0.0.1' : server.name}:${server.namePort ?? 443}`;
    if (tls.certificates.length === 0) {
      const text = `AH02572: Failed to configure at least one certificate and key for ${name}`;
      fault(
        found,
        text,
        positionOf(server.at),
        `SSLEngine is on at ${server.at}, and there is no SSLCertificateFile`,
      );
      continue;
    }
    const before = found.errors.length;
    for (const [index, pair] of tls.certificates.entries()) {
      addPassPhrase(settings, pair, [name, KEY_WORDS[index] ?? `${index}`], known, found);
      if (found.errors.length === before) checkPair(pair, tls, server, `${name}:${index}`, found, now, told);
    }
    if (found.errors.length === before) checkContext(tls, server, name, found);
  }
}

function fault(found: Findings, text: string, at: Position, hint?: string): void {
  // A vhost that takes its certificates from the main server would tell the same once more.
  if (found.errors.some((known) => known.message === text)) return;
  found.errors.push(new ConfError(text, at, { family: 'plain', ...(hint === undefined ? {} : { hint }) }));
}

function checkPair(
  pair: CertificateSettings,
  tls: TlsSettings,
  server: ServerSettings,
  name: string,
  found: Findings,
  now: number,
  told: Set<string>,
): void {
  try {
    const above = tls.chainFile === undefined ? [] : readCertificates(tls.chainFile);
    const loaded = loadPair(pair, pair.passphrase, above);
    if (loaded.isAuthority) {
      const what = 'server certificate is a CA certificate (BasicConstraints: CA == TRUE !?)';
      found.warn('ssl', `AH01906: ${name} ${what}`);
    }
    if (server.name !== '' && !isNamed(loaded, server.name)) {
      const what = 'server certificate does NOT include an ID which matches the server name';
      found.warn('ssl', `AH01909: ${name} ${what} (${pair.certificateFile})`);
    }
    const dates = dateWarning(loaded, now);
    for (const text of [dates, loaded.chainWarning]) {
      if (text === undefined || told.has(text)) continue;
      told.add(text);
      found.warn('ssl', text);
    }
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    fault(found, wordsOf(error, pair, name), positionOf(pair.at), error.message);
  }
}

/** In mod_ssl's words. */
function wordsOf(
  error: CertificateError,
  { certificateFile, keyFile }: CertificateSettings,
  name: string,
): string {
  switch (error.reason) {
    case 'mismatch':
      return `AH02565: Certificate and private key ${name} from ${certificateFile} and ${keyFile} do not match`;
    case 'encrypted':
    case 'wrong-pass-phrase':
      return `AH02564: Failed to configure encrypted private key ${name}, check ${error.file}`;
    case 'not-a-key':
      return `AH02564: Failed to configure private key ${name}, check ${error.file}`;
    case 'not-a-certificate':
      return `AH02561: Failed to configure certificate ${name}, check ${error.file}`;
    case 'unreadable':
      return `AH02201: Init: Can't open server ${error.file === keyFile ? 'private key' : 'certificate'} file ${error.file}`;
  }
}

function checkContext(tls: TlsSettings, server: ServerSettings, name: string, found: Findings): void {
  if (!tls.protocols.some((version) => speaks(tls, version))) {
    fault(found, 'AH02231: No SSL protocols available [hint: SSLProtocol]', positionOf(server.at));
    return;
  }
  try {
    contextOf(tls);
  } catch (error) {
    fault(found, `AH01898: Unable to configure TLS for ${name}: ${messageOf(error)}`, positionOf(server.at));
    return;
  }
  if (tls.stapling && tls.certificates.length > 1) {
    const why = 'a handshake does not say which of several certificates it shows';
    found.warn('ssl', `SSLUseStapling staples nothing to ${name}: ${why}`);
  }
  if (tls.verifyClient === 'none' || tls.verifyClient === 'optional_no_ca') return;
  if (tls.caFile === undefined && tls.caPath === undefined) {
    found.warn(
      'ssl',
      `AH01896: Oops, you want to request client authentication, but no CAs are known for verification!?  [Hint: SSLCACertificate*] (${name})`,
    );
  }
}

/** Gets the pass phrase of an encrypted key from the program; once for each file. */
function addPassPhrase(
  { passPhraseProgram = [] }: Settings,
  pair: CertificateSettings,
  asked: readonly [vhost: string, key: string],
  known: Map<string, string>,
  found: Findings,
): void {
  try {
    if (isPkcs12File(pair.certificateFile)) pair.isPkcs12 = true;
    if (pair.passphrase !== undefined || !isEncrypted(pair)) return;
  } catch {
    return; // What cannot be read is told by checkPair.
  }
  const [program, ...words] = passPhraseProgram;
  const file = pair.isPkcs12 === true ? pair.certificateFile : pair.keyFile;
  if (program === undefined) {
    const text = `AH02577: Init: SSLPassPhraseDialog builtin is not supported, and the private key ${file} is encrypted`;
    const hint =
      'SSLPassPhraseDialog exec:/path/to/program asks a program; nobody is there to be asked at a terminal';
    fault(found, text, positionOf(pair.at), hint);
    return;
  }
  let phrase = known.get(file);
  if (phrase === undefined) {
    const said = spawnSync(program, [...words, ...asked], { encoding: 'utf8', timeout: DIALOG_LIMIT_MS });
    if (said.status !== 0) {
      const why =
        said.error === undefined ? `it ended with ${said.status ?? said.signal}` : said.error.message;
      fault(
        found,
        `AH02576: Init: SSLPassPhraseDialog program ${program} failed: ${why}`,
        positionOf(pair.at),
      );
      return;
    }
    phrase = said.stdout.replace(/\r?\n.*$/s, '');
    known.set(file, phrase);
  }
  pair.passphrase = phrase;
}
