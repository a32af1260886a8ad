/**
 * A vhost's TLS settings as a context of node:tls: all its certificates with their chains, ciphers, groups, and the
 * authorities whose clients it takes. Made from files at the thread's start, and again when they change.
 *
 * Source: httpd 2.4 manual, mod_ssl. Thread: worker; main thread at load, to find out what OpenSSL does not like.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { readCertificates, readPair } from '../../tls/pem.js';
import type { TlsSettings } from './settings.js';

/** OpenSSL's own of TLS 1.3, which its list of ciphers would take away when it names none of them. */
const CIPHERS13 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
/** As httpd's default, without what OpenSSL 3 still counts in and no scanner lets pass. */
const CIPHERS = 'DEFAULT:!SHA1:!ARIA:!CAMELLIA:!AESCCM:!kRSA:!PSK:!SRP';

/** errors  throws what reading the files or OpenSSL says */
export function contextOf(settings: TlsSettings): tls.SecureContext {
  return tls.createSecureContext(contextOptions(settings));
}

/** errors  throws what reading the files says */
export function contextOptions(settings: TlsSettings): tls.SecureContextOptions {
  const { certificates, cipherSuite = CIPHERS, cipherSuite13 = CIPHERS13, commands = {} } = settings;
  const chain = settings.chainFile === undefined ? [] : readCertificates(settings.chainFile);
  const pairs = certificates.map((each) => readPair(each, each.passphrase));
  const groups = commands['groups'];
  const sigalgs = commands['signaturealgorithms'];
  const dhparam = commands['dhparameters'];
  return {
    cert: pairs.map((pair) => [...pair.certificates, ...chain].join('\n')),
    key: pairs.map(({ key }) => key.export({ type: 'pkcs8', format: 'pem' })),
    ciphers: `${commands['ciphersuites'] ?? cipherSuite13}:${commands['cipherstring'] ?? cipherSuite}`,
    honorCipherOrder: settings.honorCipherOrder,
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
    ...(sigalgs === undefined ? {} : { sigalgs }),
    dhparam: dhparam === undefined ? 'auto' : readFileSync(dhparam),
    ...(settings.verifyClient === 'none' ? {} : clientOptions(settings)),
  };
}

/** Who is trusted: nobody that is not named, and not node's own authorities. */
function clientOptions(settings: TlsSettings): tls.SecureContextOptions {
  const { caFile, caPath, crlFile, crlPath, revocation = 'none' } = settings;
  const ca = [...filesOf(caFile), ...hashed(caPath, /^[0-9a-f]{8}\.\d+$/)].flatMap((file) =>
    readCertificates(file),
  );
  const lists = [...filesOf(crlFile), ...hashed(crlPath, /^[0-9a-f]{8}\.r\d+$/)];
  const crl = revocation === 'none' ? [] : lists.map((file) => readFileSync(file, 'latin1'));
  return { ca, ...(crl.length === 0 ? {} : { crl }) };
}

function filesOf(path: string | undefined): string[] {
  return path === undefined ? [] : [path];
}

function hashed(directory: string | undefined, name: RegExp): string[] {
  if (directory === undefined) return [];
  const names = readdirSync(directory).filter((entry) => name.test(entry));
  return names.sort().map((entry) => join(directory, entry));
}

const VERSIONS: readonly tls.SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/**
 * The range of versions that an address offers: all that some vhost of it speaks, since node:tls asks before it knows
 * the name. What a vhost does not speak is refused once the name is known.
 */
export function versionRange(all: readonly TlsSettings[]): {
  minVersion: tls.SecureVersion;
  maxVersion: tls.SecureVersion;
} {
  const enabled = VERSIONS.filter((version) => all.some((settings) => speaks(settings, version)));
  return { minVersion: enabled[0] ?? 'TLSv1.2', maxVersion: enabled.at(-1) ?? 'TLSv1.3' };
}

/** version: as node:tls names it */
export function speaks({ protocols, commands = {} }: TlsSettings, version: string): boolean {
  const at = VERSIONS.indexOf(version as tls.SecureVersion);
  const from = VERSIONS.indexOf((commands['minprotocol'] ?? 'TLSv1') as tls.SecureVersion);
  const to = VERSIONS.indexOf((commands['maxprotocol'] ?? 'TLSv1.3') as tls.SecureVersion);
  return protocols.includes(version) && at >= from && at <= to;
}
