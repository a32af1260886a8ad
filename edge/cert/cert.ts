/**
 * `drover cert`: makes keys with certificates or requests, shows what a file or a server has, and checks what belongs
 * together. Works on files alone, as whoever calls it; nothing running is asked or told.
 *
 * Exit codes: 0 done or all good, 1 refused or something is wrong, 2 wrong words. Thread: command line.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CertificateError } from '../../tls/error.js';
import { messageOf } from '../errors.js';
import type { Settings } from '../settings.js';
import { checkConfigured, checkFiles } from './check.js';
import { makeRequest, makeSelfSigned } from './make.js';
import { show } from './show.js';
import { WrongWords } from './words.js';

export const CERT_USAGE = `Usage: drover cert command …
Commands:
  self-signed NAME …            a key and a certificate for these names and addresses, signed by itself
  csr NAME …                    a key (or the one that --key names, if it is there) and a request for an authority
  show FILE|HOST:PORT …         certificates, requests and keys in files; or what a server shows
  check CERTIFICATE [KEY]       do they belong together, is the chain whole, for how long, for which names
  check [-f file]               the same for all certificates of a configuration
Options:
  --days N          self-signed: valid for so many days (365); check: less than so many left is an error (0)
  --rsa             an RSA key of 2048 bits; without it EC on P-256
  --out FILE        where the certificate or request goes (NAME.crt, NAME.csr)
  --key FILE        where the key goes, or is (NAME.key)
  --force           replace files that are there
  --name HOST       check: names it must have; show HOST:PORT: the name that is asked for
  --chain FILE      check: what SSLCertificateChainFile names
  --pass-file FILE  whose first line opens encrypted keys and PKCS#12 files
`;

export interface CertHands {
  say(text: string): void;
  complain(text: string): void;
  /** Settings of a configuration file; undefined file: the usual one. */
  settingsOf(file: string | undefined): Settings | { problem: string };
  now(): number;
}

const OPTIONS = {
  f: { type: 'string', short: 'f' },
  help: { type: 'boolean', short: 'h' },
  days: { type: 'string' },
  rsa: { type: 'boolean' },
  out: { type: 'string' },
  key: { type: 'string' },
  force: { type: 'boolean' },
  name: { type: 'string', multiple: true },
  chain: { type: 'string' },
  'pass-file': { type: 'string' },
} as const;

/** Returns the exit code. */
export async function runCert(words: readonly string[], hands: CertHands): Promise<number> {
  try {
    return await run(words, hands);
  } catch (error) {
    if (error instanceof WrongWords) {
      hands.complain(`drover cert: ${error.message}\n${CERT_USAGE}`);
      return 2;
    }
    if (!(error instanceof CertificateError) && (error as NodeJS.ErrnoException).code === undefined)
      throw error;
    hands.complain(`drover cert: ${messageOf(error)}\n`);
    return 1;
  }
}

async function run(words: readonly string[], hands: CertHands): Promise<number> {
  const { values, positionals } = parse(words);
  const [command, ...rest] = positionals;
  if (values.help === true) {
    hands.say(CERT_USAGE);
    return 0;
  }
  const passphrase = passphraseOf(values['pass-file']);
  switch (command) {
    case 'self-signed':
    case 'csr': {
      const { out, key, force = false, rsa = false } = values;
      const target = { names: rest, out, key, force, keyKind: rsa ? 'rsa' : 'ec', passphrase } as const;
      const days = daysOf(values.days, 365);
      const made =
        command === 'csr' ? await makeRequest(target) : await makeSelfSigned(target, days, hands.now());
      hands.say(made);
      return 0;
    }
    case 'show':
      hands.say(await show(rest, { name: values.name?.[0], passphrase, now: hands.now() }));
      return 0;
    case 'check': {
      const limits = { days: daysOf(values.days, 0), now: hands.now() };
      if (rest.length === 0) return checkConfigured(values.f, limits, hands);
      const [certificateFile = '', keyFile, ...others] = rest;
      if (others.length > 0) throw new WrongWords('check takes a certificate and a key');
      const { name: names = [], chain } = values;
      return checkFiles({ certificateFile, keyFile, names, chain, passphrase }, limits, hands);
    }
    default:
      throw new WrongWords(command === undefined ? 'what shall be done?' : `there is no command ${command}`);
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new WrongWords(messageOf(error));
  }
}

function daysOf(word: string | undefined, fallback: number): number {
  if (word === undefined) return fallback;
  const days = Number(word);
  if (!/^\d+$/.test(word) || days > 36_500) throw new WrongWords(`--days ${word} is no number of days`);
  return days;
}

function passphraseOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, 'utf8').replace(/\r?\n.*$/s, '');
}
