/** The chain of a peer's certificate, as OpenSSL found it: how long it is, and which faults make it one of no known authority. Any thread. */
import type tls from 'node:tls';

/** Faults of a chain that optional_no_ca lets pass (mod_ssl: ssl_verify_error_is_optional). */
export const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** Certificates above the peer's own, the authority's included. */
export function certificatesAbove(peer: Partial<tls.DetailedPeerCertificate>): number {
  let above = 0;
  let at = peer;
  // The last one is its own issuer, or has none that is known.
  while (at.issuerCertificate !== undefined && at.issuerCertificate !== at && above < 100) {
    if (at.issuerCertificate.fingerprint256 === at.fingerprint256) break;
    at = at.issuerCertificate;
    above += 1;
  }
  return above;
}
