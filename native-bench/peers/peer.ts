/**
 * A peer is a server that can do what drover does: it gets a Site (what is asked, in plain data) and writes its own
 * configuration for it. All peers of a scenario get the same Site, so that their configurations mean the same.
 */
import type { Command } from '../process.js';
import type { Scenario } from '../scenarios/scenario.js';

export interface Site {
  /** Directory for configuration, logs and temporary files. */
  directory: string;
  /** Loopback port to listen on. */
  port: number;
  /** Ports of the two members. */
  members: [number, number];
  /** Certificate and key; undefined: plain HTTP. */
  tls?: { certificate: string; key: string };
  /** Sticky sessions by the cookie JSESSIONID, one rule for request headers and one for response headers. */
  isRich: boolean;
  /** HTTP/2 is offered by ALPN. */
  isHttp2: boolean;
  /** For drover alone. */
  isNodeEngine: boolean;
  /** The rules of a busy vhost besides, in httpd's language. */
  isBusy?: boolean;
  /** All responses that may be cached are. */
  isCached?: boolean;
  /** What comes are WebSockets, and members speak them. */
  hasWebSockets: boolean;
  /** What the cache may hold; undefined: it is never full. */
  cacheBytes: number | undefined;
  /** Client connections that must be served at once. */
  connections: number;
}

export interface Peer {
  name: string;
  /** Reads httpd's configurations. */
  readsHttpd?: boolean;
  /** Can it do what a scenario asks? Missing: anything. */
  takesPart?(scenario: Scenario): boolean;
  /** Version for the report, or undefined when the peer is not installed. */
  version(): string | undefined;
  /** Writes what it needs below site.directory and says how to start. */
  prepare(site: Site): Command;
}

/** What a cache may hold where it is never full. */
export const USUAL_CACHE = 256 * 2 ** 20;

/** What the two header rules set. */
export const REQUEST_RULE = { name: 'X-Forwarded-Proto', value: 'bench' };
export const RESPONSE_RULE = { name: 'X-Served-By', value: 'edge' };
/** Name of the edge, where a peer has to state one. */
export const SERVER_NAME = 'bench.test';
export const ROUTES = ['node1', 'node2'];
