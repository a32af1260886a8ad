/**
 * Do a certificate, its key, its chain, its dates and its names fit? For files by themselves, and for all that a
 * configuration shows to clients. A line for each finding; errors decide the exit code. Thread: command line.
 */

import { leftText } from '../../tls/describe.js';
import { CertificateError } from '../../tls/error.js';
import { type CertificateSaid, dateWarning, isNamed, loadCertificate, loadPair } from '../../tls/pair.js';
import { isKeyFile, readCertificates } from '../../tls/pem.js';
import { isPkcs12File } from '../../tls/pkcs12.js';
import type { Settings } from '../settings.js';

export interface CheckFiles {
  certificateFile: string;
  /** Undefined: in the certificate's file, if there is one. */
  keyFile: string | undefined;
  /** Host names that it must have. */
  names: readonly string[];
  chain: string | undefined;
  passphrase: string | undefined;
}

export interface Limits {
  /** Less than so many left is an error. */
  days: number;
  /** Ms since the epoch. */
  now: number;
}

interface Hands {
  say(text: string): void;
  complain(text: string): void;
  settingsOf(file: string | undefined): Settings | { problem: string };
}

const DAY = 86_400_000;

/** Returns the exit code. */
export function checkFiles(files: CheckFiles, limits: Limits, hands: Hands): number {
  try {
    const { certificateFile, keyFile, chain, passphrase } = files;
    const above = chain === undefined ? [] : readCertificates(chain);
    const hasOwnKey = isKeyFile(certificateFile) || isPkcs12File(certificateFile);
    const key = keyFile ?? (hasOwnKey ? certificateFile : undefined);
    const said =
      key === undefined
        ? loadCertificate(certificateFile, passphrase, above)
        : loadPair({ certificateFile, keyFile: key }, passphrase, above);
    const found = findings(said, files.names, limits);
    const keyText = key === undefined ? 'without its key' : `key ${key} belongs to it`;
    hands.say(
      `${certificateFile}: ${leftText(said.validTo, limits.now)}, ${said.names.join(', ')}, ${keyText}\n`,
    );
    return tell(found, hands);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    hands.complain(`error: ${error.message}\n`);
    return 1;
  }
}

/** All certificates of a configuration; returns the exit code. */
export function checkConfigured(file: string | undefined, limits: Limits, hands: Hands): number {
  const settings = hands.settingsOf(file);
  if ('problem' in settings) {
    hands.complain(settings.problem);
    return 1;
  }
  const seen = new Set<string>();
  const found: Finding[] = [];
  for (const { name, tls } of settings.servers) {
    const above = tls?.chainFile === undefined ? [] : readCertificates(tls.chainFile);
    for (const pair of tls?.certificates ?? []) {
      const said = loadPair(pair, pair.passphrase, above);
      if (!seen.has(pair.certificateFile))
        hands.say(
          `${pair.certificateFile}: ${leftText(said.validTo, limits.now)}, ${said.names.join(', ')}\n`,
        );
      seen.add(pair.certificateFile);
      found.push(...findings(said, name === '' ? [] : [name], limits));
    }
  }
  if (seen.size === 0) hands.say('no virtual host has a certificate\n');
  return tell(found, hands);
}

interface Finding {
  kind: 'error' | 'warning';
  text: string;
}

function findings(said: CertificateSaid, names: readonly string[], { days, now }: Limits): Finding[] {
  const found: Finding[] = [];
  const { certificateFile, validFrom, validTo, chainWarning } = said;
  const dates = dateWarning(said, now) ?? `certificate ${certificateFile} has ${leftText(validTo, now)}`;
  const isOver = now < validFrom || validTo - now < days * DAY || validTo < now;
  if (isOver) found.push({ kind: 'error', text: dates });
  else if (dateWarning(said, now) !== undefined) found.push({ kind: 'warning', text: dates });
  for (const name of names)
    if (!isNamed(said, name))
      found.push({ kind: 'error', text: `certificate ${certificateFile} is not for ${name}` });
  if (chainWarning !== undefined) found.push({ kind: 'warning', text: chainWarning });
  if (said.isAuthority)
    found.push({ kind: 'warning', text: `certificate ${certificateFile} is an authority's, not a server's` });
  return found;
}

function tell(found: readonly Finding[], hands: Hands): number {
  for (const line of new Set(found.map(({ kind, text }) => `${kind}: ${text}\n`))) hands.complain(line);
  return found.some(({ kind }) => kind === 'error') ? 1 : 0;
}
