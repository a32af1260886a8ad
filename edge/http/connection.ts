/**
 * What a Connection field asks for. Source: RFC 9110 7.6.1, 7.8. Any thread; pure.
 */
import type { Exchange } from '../exchange.js';

/** Does it ask for the end of the connection? */
export function hasClose(connection: string): boolean {
  return connection === 'close' || /(?:^|,)\s*close\s*(?:,|$)/i.test(connection);
}

/** The protocol that a request asks for and its engine can change to; empty for none. Connection must name Upgrade. */
export function upgradeAsked(exchange: Exchange, upgrade: string, connection: string): string {
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection)) return '';
  return exchange.canUpgrade?.(upgrade) === true ? upgrade : '';
}
