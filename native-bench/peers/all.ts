/** The peers, in the order of the report. A new peer is a file beside this one and a row here. */
import { drover } from './drover.js';
import { floor } from './floor.js';
import { haproxy } from './haproxy.js';
import { httpd } from './httpd.js';
import { nginx } from './nginx.js';
import type { Peer } from './peer.js';
import { varnish } from './varnish.js';

export const PEERS: readonly Peer[] = [drover, nginx, haproxy, httpd, varnish, floor];
