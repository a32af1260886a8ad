/** A hit in HTTP/2 over TLS: what the protocol itself costs, since no member is asked. */
import type { Scenario } from './scenario.js';

export const cached1kH2: Scenario = {
  name: 'cached-1k-h2',
  asks: 'cached-1k in HTTP/2 over TLS 1.3; 32 connections with 10 requests under way on each',
  path: '/cached/1k',
  isTls: true,
  isRich: false,
  isCached: true,
  isHttp2: true,
  load: { kind: 'h2load', clients: 32, streams: 10 },
};
