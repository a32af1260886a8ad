/** Full TLS 1.3 handshakes without a request: what a burst of new clients costs. */
import type { Scenario } from './scenario.js';

export const tlsHandshake: Scenario = {
  name: 'tls-handshake',
  asks:
    'full TLS 1.3 handshakes (ECDSA P-256 certificate, no resumption), connection closed after each; ' +
    '4 clients, one connection at a time each',
  path: '/24b',
  isTls: true,
  isRich: false,
  load: { kind: 'handshakes', clients: 4 },
};
