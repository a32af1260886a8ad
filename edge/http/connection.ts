/**
 * What a Connection field asks for, and what the environment tells of the connection.
 * Source: RFC 9110 7.6.1, 7.8; httpd 2.4, mod_http2 "Environment Variables". Any thread; pure.
 */
import type { Exchange } from '../exchange.js';
import type { Request } from '../request.js';

/** Does it ask for the end of the connection? */
export function hasClose(connection: string): boolean {
  return connection === 'close' || /(?:^|,)\s*close\s*(?:,|$)/i.test(connection);
}

/** The protocol that a request asks for and its engine can change to; empty for none. Connection must name Upgrade. */
export function upgradeAsked(exchange: Exchange, upgrade: string, connection: string): string {
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection)) return '';
  return exchange.canUpgrade?.(upgrade) === true ? upgrade : '';
}

/** mod_http2's variables of a request in HTTP/2; nothing is ever pushed. */
export function setHttp2Variables(r: Request): void {
  r.setEnv('HTTP2', 'on');
  r.setEnv('H2PUSH', 'off');
  r.setEnv('H2_PUSH', 'off');
}
