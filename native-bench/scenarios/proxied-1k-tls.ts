/** proxied-1k behind TLS 1.3: what encryption of small records adds on connections that stay open. */
import type { Scenario } from './scenario.js';

export const proxied1kTls: Scenario = {
  name: 'proxied-1k-tls',
  asks: 'proxied-1k over TLS 1.3 (ECDSA P-256 certificate); 64 keep-alive connections',
  path: '/1k',
  isTls: true,
  isRich: true,
  load: { kind: 'wrk', connections: 64 },
};
