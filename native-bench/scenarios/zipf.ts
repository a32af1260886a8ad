/**
 * A cache that is too small: what of a large set of objects is kept, and what that costs. Keys are drawn by Zipf's law, so that few
 * are asked for often and most hardly ever; peers that can bound their cache in bytes take part.
 */
import type { Scenario } from './scenario.js';

export const ZIPF_KEYS = 100_000;

export const zipf: Scenario = {
  name: 'zipf',
  asks: `GET of 10 KB, ${ZIPF_KEYS} keys by Zipf's law (s = 0.9), 1 GB of objects and 256 MB of cache, access log; 64 connections`,
  path: '/cached/zipf/0',
  isTls: false,
  isRich: false,
  isCached: true,
  cacheBytes: 256 * 2 ** 20,
  fill: 15,
  load: { kind: 'wrk', connections: 64, zipf: { keys: ZIPF_KEYS, exponent: 0.9, path: '/cached/zipf/' } },
};
