/**
 * The id of a TLS session out of its serialised form, which is all that Node gives: a sequence of version, protocol,
 * cipher, and the id.
 *
 * Source: OpenSSL, i2d_SSL_SESSION. Any thread; does not throw.
 */
import { loadForge } from './forge.js';

/** Lower-case hex; undefined for none. */
export function sessionIdOf(session: Buffer): string | undefined {
  const forge = loadForge();
  try {
    const { value } = forge.asn1.fromDer(forge.util.createBuffer(session.toString('latin1')));
    const id = Array.isArray(value) ? value[3]?.value : undefined;
    return typeof id === 'string' && id !== '' ? Buffer.from(id, 'latin1').toString('hex') : undefined;
  } catch {
    return undefined;
  }
}
