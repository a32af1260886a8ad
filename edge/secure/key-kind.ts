/**
 * Which of two certificates, one with an EC key and one with RSA, a handshake will show: Node says it to nobody, and what is
 * stapled must be about that one. So it is settled from the hello, as OpenSSL would, and the connection is given to a server
 * that has this certificate alone. Only what is sure counts; otherwise both are there, and nothing is stapled.
 *
 * Source: RFC 8446 4.2.3 and 4.4.2.2, RFC 5246 7.4.1.4.1; OpenSSL 3, tls_choose_sigalg. Any thread; pure.
 */
import { speaks } from './context.js';
import type { Offer } from './hello.js';
import type { TlsSettings } from './settings.js';

export type KeyKind = 'ec' | 'rsa';

/** Of a curve, as node:crypto names it: its number, and the only scheme of TLS 1.3 that signs with its keys. */
const CURVES: Readonly<Record<string, { group: number; scheme: number }>> = {
  prime256v1: { group: 23, scheme: 0x0403 },
  secp384r1: { group: 24, scheme: 0x0503 },
  secp521r1: { group: 25, scheme: 0x0603 },
};
const EC_SCHEMES = [0x0403, 0x0503, 0x0603];
const RSA_PSS = [0x0804, 0x0805, 0x0806];
const RSA_SCHEMES = [0x0401, 0x0501, 0x0601, ...RSA_PSS];
/** Of TLS 1.2, those that are on where nobody has said which. */
const CIPHERS: Readonly<Record<number, readonly [name: string, kind: KeyKind]>> = {
  49195: ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ec'],
  49196: ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ec'],
  52393: ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ec'],
  49199: ['ECDHE-RSA-AES128-GCM-SHA256', 'rsa'],
  49200: ['ECDHE-RSA-AES256-GCM-SHA384', 'rsa'],
  52392: ['ECDHE-RSA-CHACHA20-POLY1305', 'rsa'],
};
const TLS13 = 0x0304;

/** curve: of the certificate with the EC key. returns: undefined where it is not sure */
export function keyKindFor(offer: Offer, settings: TlsSettings, curve: string): KeyKind | undefined {
  const { commands = {}, honorCipherOrder } = settings;
  const own = CURVES[curve];
  if (own === undefined || commands['signaturealgorithms'] !== undefined || commands['groups'] !== undefined)
    return undefined;
  if (offer.versions.includes(TLS13) && speaks(settings, 'TLSv1.3')) {
    const fits = (scheme: number): boolean => scheme === own.scheme || RSA_PSS.includes(scheme);
    const schemes = offer.schemes.filter(fits);
    if (honorCipherOrder && schemes.includes(own.scheme)) return 'ec';
    return schemes[0] === undefined ? undefined : schemes[0] === own.scheme ? 'ec' : 'rsa';
  }
  if (!speaks(settings, 'TLSv1.2')) return undefined;
  const isOn = cipherFilter(settings);
  const mayBe: Record<KeyKind, boolean> = {
    ec: offer.groups.includes(own.group) && offer.schemes.some((scheme) => EC_SCHEMES.includes(scheme)),
    rsa: offer.schemes.some((scheme) => RSA_SCHEMES.includes(scheme)),
  };
  const kinds = offer.ciphers.flatMap((cipher) => {
    const [name, kind] = CIPHERS[cipher] ?? [];
    return name !== undefined && kind !== undefined && isOn(name) && mayBe[kind] ? [kind] : [];
  });
  return honorCipherOrder && kinds.includes('ec') ? 'ec' : kinds[0];
}

/** Lists of names alone are understood; of others nothing is sure. */
function cipherFilter({ cipherSuite, commands = {} }: TlsSettings): (name: string) => boolean {
  const list = commands['cipherstring'] ?? cipherSuite;
  if (list === undefined) return () => true;
  const words = list.split(/[:, ]+/);
  if (words.some((word) => !/^[A-Z0-9-]+$/.test(word) || word.startsWith('-'))) return () => false;
  return (name) => words.includes(name);
}
