/** The scenarios, in the order of the report. A new one is a file beside this one and a row here. */
import { busyVhost } from './busy-vhost.js';
import { cached1k } from './cached-1k.js';
import { cached1kH2 } from './cached-1k-h2.js';
import { cached1kTls } from './cached-1k-tls.js';
import { cached100k } from './cached-100k.js';
import { connections1000 } from './connections-1000.js';
import { post10k } from './post-10k.js';
import { proxied1k } from './proxied-1k.js';
import { proxied1kH2 } from './proxied-1k-h2.js';
import { proxied1kMixed } from './proxied-1k-mixed.js';
import { proxied1kNode } from './proxied-1k-node.js';
import { proxied1kTls } from './proxied-1k-tls.js';
import { proxied24b } from './proxied-24b.js';
import { proxied100k } from './proxied-100k.js';
import type { Scenario } from './scenario.js';
import { tlsHandshake } from './tls-handshake.js';
import { wsEcho1k } from './ws-echo-1k.js';
import { zipf } from './zipf.js';

export const SCENARIOS: readonly Scenario[] = [
  proxied24b,
  proxied1k,
  proxied1kMixed,
  busyVhost,
  proxied100k,
  proxied1kTls,
  proxied1kH2,
  proxied1kNode,
  cached1k,
  cached100k,
  cached1kTls,
  cached1kH2,
  zipf,
  post10k,
  tlsHandshake,
  connections1000,
  wsEcho1k,
];
