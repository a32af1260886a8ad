/**
 * Which protocol a member is spoken to in: by the scheme of its URL. A new protocol is a file beside this one that
 * implements UpstreamConnection, and a line here. Where requests share a connection (h2-sessions.ts) the pool asks there.
 */
import type { MemberSettings } from '../member.js';
import { AjpConnection } from './ajp13.js';
import type { OnConnect } from './connection.js';
import type { Deadlines } from './deadlines.js';
import { Http1Connection } from './http1.js';
import type { Way } from './socket.js';

/** Schemes that are spoken. Anything else must never be sent a byte: it would be another protocol's. */
export const SPOKEN: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss', 'ajp', 'h2', 'h2c']);

/**
 * Opens a connection to a member.
 * address  IP to connect to, or the path of a unix socket
 * timeout  ms for connecting
 */
export function openConnection(
  member: MemberSettings,
  address: string,
  way: Way | undefined,
  timeout: number,
  deadlines: Deadlines,
  onConnect: OnConnect,
): void {
  const Connection = member.scheme === 'ajp' ? AjpConnection : Http1Connection;
  new Connection(member, address, way, timeout, deadlines, onConnect);
}
