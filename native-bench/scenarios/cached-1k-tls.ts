/** cached-1k behind TLS 1.3. */
import type { Scenario } from './scenario.js';

export const cached1kTls: Scenario = {
  name: 'cached-1k-tls',
  asks: 'cached-1k over TLS 1.3 (ECDSA P-256 certificate); 64 keep-alive connections',
  path: '/cached/1k',
  isTls: true,
  isRich: false,
  isCached: true,
  load: { kind: 'wrk', connections: 64 },
};
