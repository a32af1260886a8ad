/** The day's work in HTTP/2, over TLS as browsers want it: what many streams on few connections cost. */
import type { Scenario } from './scenario.js';

export const proxied1kH2: Scenario = {
  name: 'proxied-1k-h2',
  asks: 'proxied-1k in HTTP/2 over TLS 1.3; 32 connections with 10 requests under way on each',
  path: '/1k',
  isTls: true,
  isRich: true,
  isHttp2: true,
  load: { kind: 'h2load', clients: 32, streams: 10 },
};
