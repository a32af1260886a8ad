/** What the engines and those who open them say to each other. Thread: worker. */

import type { Upgrades } from '../crossing.js';
import type { Exchange } from '../exchange.js';
import type { BoundAddress } from '../process/messages.js';
import type { VhostTable } from '../route/vhost.js';
import type { SniRules } from '../secure/sni-rules.js';
import type { Bytes, Listen } from '../settings.js';
import type { ConnectionGate } from './connection-gate.js';
import type { Http2End } from './h2/http2-ends.js';

/** One address that an engine accepts on, with the vhosts that may answer there. */
export interface Listener {
  listen: Listen;
  vhosts: VhostTable;
  /** Counts connections, and says which are too many. */
  gate: ConnectionGate;
  /** The address speaks TLS. */
  isSecure: boolean;
  /** Which requests may not come over which handshake; undefined: all may. */
  sniRules: SniRules | undefined;
  /** The same address for connections whose hello had one of the names that vhosts have; undefined: as for all others. */
  forName?: (name: string) => Listener;
  /** What members may be asked for by Upgrade; `none` costs nothing. */
  upgrades: Upgrades;
  /** Some vhost's Protocols have HTTP/2, and its module is loaded. */
  hasHttp2: boolean;
  /** Hears of a client's connection that was ended because it broke the rules; empty words are counted, not logged. */
  onBadConnection?: OnBadConnection;
  /** Hears of a TLS handshake that was finished and then found not good enough. */
  onRefusedHandshake?: (remoteAddress: string, why: string) => void;
  /** Hears of a connection that was closed because no PROXY protocol header came. */
  onUnproxied?: (remoteAddress: string) => void;
  /** Bytes of a WebSocket message at the most. */
  webSocketLimit: Bytes;
}

/** Takes a request; what it throws is caught by the engine and answered with 500. */
export type OnRequest = (exchange: Exchange, listener: Listener) => void;
export type OnBadConnection = (remoteAddress: string, why: string, end: Http2End) => void;
export type OnFault = (error: unknown) => void;

/** An address that is open. */
export interface OpenEngine {
  bound: BoundAddress;
  /** Connections of clients that are open. */
  readonly connections: number;
  /** Stops accepting; what is open goes on. Again: nothing. */
  stopListening(): void;
  /** Shows certificates as they are on disk now, in handshakes that come. errors: throws what reading them says */
  reloadCertificates?(): void;
  /** What is stapled to a certificate from now on. */
  staple?(file: string, response: Uint8Array | undefined): void;
  /** Drops every connection; after this the thread may end. */
  close(): void;
}
