/**
 * Certificates made on the spot, signed by themselves: for the demonstration, for tests, for `drover cert self-signed`, and
 * as the placeholder that a TLS listener needs before it has seen a name.
 *
 * Source: RFC 5280 4.1 and 4.2. Main threads, at start and at the command line.
 */
import { randomBytes } from 'node:crypto';
import {
  distinguishedName,
  integer,
  type KeyKind,
  keyIdentifier,
  makeKey,
  type Node,
  publicKeyInfo,
  sequence,
  serverExtensions,
  signatureAlgorithm,
  signed,
  tagged,
} from './der.js';
import { loadForge } from './forge.js';

const DAY = 86_400_000;
/** Clocks of clients that are a little slow shall take it too. */
const BACKDATED = 3_600_000;
/** From 2050 on a time needs four digits of its year (RFC 5280 4.1.2.5). */
const LONG_YEARS = Date.UTC(2050, 0, 1);

export interface SelfSignedOptions {
  /** Host names and addresses; the first is the common name too. */
  names: readonly string[];
  days: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** RSA 2048 without it. */
  keyKind?: KeyKind;
}

/** Both PEM. */
export interface SelfSigned {
  certificate: string;
  key: string;
}

export const LOCAL_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** errors  what node:crypto throws when it cannot make a key */
export async function selfSigned({
  names,
  days,
  now,
  keyKind = 'rsa',
}: SelfSignedOptions): Promise<SelfSigned> {
  const key = await makeKey(keyKind);
  const name = distinguishedName(names[0] ?? 'localhost');
  const body = sequence(
    tagged(0, integer('\x02')),
    integer(serialNumber()),
    signatureAlgorithm(key),
    name,
    sequence(time(now - BACKDATED), time(now + days * DAY)),
    name,
    publicKeyInfo(key),
    tagged(3, sequence(...serverExtensions(names, key), keyIdentifier(key))),
  );
  return {
    certificate: signed(body, key, 'CERTIFICATE'),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function time(ms: number): Node {
  const { asn1 } = loadForge();
  const { Class, Type } = asn1;
  const date = new Date(ms);
  return ms < LONG_YEARS
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

/** Positive, at most 127 random bits, as short as DER wants it (RFC 5280 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('latin1');
}
