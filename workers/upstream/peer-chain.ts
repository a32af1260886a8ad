/** How long the chain of a peer's certificate is, as OpenSSL found it. Any thread. */
import type tls from 'node:tls';

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
