/**
 * A client and a member that have agreed to speak another protocol (101), as the pipeline sees them: who joins the two
 * depends on the engine (byte-tunnel.ts on `node`, message-tunnel.ts on `uws`).
 *
 * Source: httpd 2.4, mod_proxy_wstunnel and the tunnel of mod_proxy. Thread: worker.
 */
import type { Deadlines } from '../workers/upstream/deadlines.js';
import type { Tunnel } from '../workers/upstream/tunnel.js';
import type { Ms, Settings } from './settings.js';

/** What an engine needs to join the two. */
export interface Crossing {
  /** The protocol, as the member named it in Upgrade. */
  protocol: string;
  member: Tunnel;
  /** What the member sent right behind its head. */
  rest: Buffer;
  /** After this long without a byte either way, both are cut. */
  idle: Ms;
  deadlines: Deadlines;
  /**
   * Called once, when it is over and nothing will be sent any more; the member's connection is to be given back.
   * sent, received  bytes that went to the member, and to the client
   */
  onEnd: (sent: number, received: number) => void;
}

/** A crossing that is open. */
export interface OpenCrossing {
  /** The server goes away: a WebSocket is closed with 1001 on both sides, anything else is cut. */
  goAway(): void;
}

/** What may come of an Upgrade on any address of a configuration. */
export type Upgrades = 'none' | 'websocket' | 'any';

export function upgradesOf(settings: Settings): Upgrades {
  let found: Upgrades = 'none';
  for (const { scheme, upgrade } of settings.members) {
    if (upgrade !== '' && upgrade.toLowerCase() !== 'websocket') return 'any';
    if (upgrade !== '' || scheme === 'ws' || scheme === 'wss') found = 'websocket';
  }
  return found;
}
