/**
 * Keys with certificates that sign themselves, or with requests for an authority. Nothing that is there is overwritten
 * unless that is asked for, and a key that lies where the request's shall be is the request's. Thread: command line.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { type KeyKind, makeKey } from '../../tls/der.js';
import { keyText } from '../../tls/describe.js';
import { readKey } from '../../tls/pem.js';
import { certificateRequest } from '../../tls/request.js';
import { selfSigned } from '../../tls/self-signed.js';
import { WrongWords } from './words.js';

export interface MakeTarget {
  /** Host names and addresses; the first names the files. */
  names: readonly string[];
  out: string | undefined;
  key: string | undefined;
  /** Files that are there are replaced. */
  force: boolean;
  keyKind: KeyKind;
  /** Of a key that is there already. */
  passphrase: string | undefined;
}

/** returns what was made, for people. errors: WrongWords, and what writing files says */
export async function makeSelfSigned(target: MakeTarget, days: number, now: number): Promise<string> {
  const names = checkedNames(target.names);
  const { out, key } = placesOf(target, names, 'crt');
  refuseReplacing(target, [out, key]);
  const made = await selfSigned({ names, days, now, keyKind: target.keyKind });
  write(target, key, made.key, 0o600);
  write(target, out, made.certificate, 0o644);
  return `${key}: key, ${keyText(createPrivateKey(made.key))}\n${out}: certificate for ${names.join(', ')}, ${days} days, signed by itself\n`;
}

/** As makeSelfSigned. */
export async function makeRequest(target: MakeTarget): Promise<string> {
  const names = checkedNames(target.names);
  const { out, key: keyFile } = placesOf(target, names, 'csr');
  const isThere = target.key !== undefined && existsSync(keyFile) && !target.force;
  refuseReplacing(target, isThere ? [out] : [out, keyFile]);
  const key = isThere ? readKey(keyFile, target.passphrase) : await makeKey(target.keyKind);
  const request = certificateRequest(names, usable(key, keyFile));
  if (!isThere) write(target, keyFile, key.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  write(target, out, request, 0o644);
  const what = isThere ? 'was there' : 'key';
  return `${keyFile}: ${what}, ${keyText(key)}\n${out}: request for ${names.join(', ')}\n`;
}

function usable(key: KeyObject, file: string): KeyObject {
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec')
    throw new WrongWords(`${file} is a key of a kind that is not signed with here: ${keyText(key)}`);
  return key;
}

/** In ASCII, as certificates have them. */
function checkedNames(names: readonly string[]): string[] {
  if (names.length === 0) throw new WrongWords('for which name?');
  return names.map((name) => {
    if (isIP(name) !== 0) return name;
    const wildcard = name.startsWith('*.') ? '*.' : '';
    const ascii = domainToASCII(name.slice(wildcard.length));
    if (!/^[\w-]+(?:\.[\w-]+)*$/.test(ascii)) throw new WrongWords(`${name} is no host name and no address`);
    return wildcard + ascii;
  });
}

function placesOf(target: MakeTarget, [first = '']: readonly string[], ending: string) {
  const base = first.replace('*', '_').replaceAll(':', '-');
  return { out: target.out ?? `${base}.${ending}`, key: target.key ?? `${base}.key` };
}

function refuseReplacing({ force }: MakeTarget, files: readonly string[]): void {
  const there = force ? undefined : files.find((file) => existsSync(file));
  if (there !== undefined) throw new WrongWords(`${there} is there already; --force replaces it`);
}

function write({ force }: MakeTarget, file: string, text: string, mode: number): void {
  writeFileSync(file, text, { mode, flag: force ? 'w' : 'wx' });
}
