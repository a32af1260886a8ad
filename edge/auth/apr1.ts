/**
 * The `$apr1$` hash of htpasswd -m: MD5 crypt as FreeBSD has it, with Apache's own magic. A thousand rounds of MD5, two
 * milliseconds here. Bytes are latin1 in strings.
 * Source: apr_md5_encode's published algorithm (APR documentation, "MD5"); FreeBSD crypt(3). Pure; does not throw.
 */
import { createHash } from 'node:crypto';

const MAGIC = '$apr1$';
const LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 1000;
/** Which bytes of the digest make each group of four letters; the last byte makes two. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

/** The whole hash of a password with the salt that `hash` has. */
export function apr1(password: Buffer, hash: string): string {
  const salt = /^\$apr1\$([^$]{0,8})/.exec(hash)?.[1] ?? '';
  const saltBytes = Buffer.from(salt, 'latin1');
  const inner = md5([password, saltBytes, password]);
  const first: Buffer[] = [password, Buffer.from(MAGIC, 'latin1'), saltBytes];
  for (let left = password.length; left > 0; left -= 16) first.push(inner.subarray(0, Math.min(16, left)));
  // A bit each of the length: a zero byte for 1, the password's first byte for 0.
  for (let bits = password.length; bits > 0; bits >>= 1)
    first.push((bits & 1) === 1 ? Buffer.from([0]) : password.subarray(0, 1));
  let digest = md5(first);
  for (let round = 0; round < ROUNDS; round += 1) {
    const parts: Buffer[] = [(round & 1) === 1 ? password : digest];
    if (round % 3 !== 0) parts.push(saltBytes);
    if (round % 7 !== 0) parts.push(password);
    parts.push((round & 1) === 1 ? digest : password);
    digest = md5(parts);
  }
  return `${MAGIC}${salt}$${spelled(digest)}`;
}

function md5(parts: readonly Buffer[]): Buffer {
  return createHash('md5').update(Buffer.concat(parts)).digest();
}

function spelled(digest: Buffer): string {
  let text = '';
  for (const [a, b, c] of GROUPS)
    text += letters(((digest[a] as number) << 16) | ((digest[b] as number) << 8) | (digest[c] as number), 4);
  return text + letters(digest[11] as number, 2);
}

/** Six bits a letter, lowest first. */
function letters(value: number, count: number): string {
  let text = '';
  for (let i = 0; i < count; i += 1) text += LETTERS[(value >> (6 * i)) & 63] as string;
  return text;
}
