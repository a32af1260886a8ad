/**
 * What becomes of a connection to a member when both sides have agreed to speak another protocol (101): bytes both ways,
 * nothing understood. And the decision whether a member may be asked for that at all.
 *
 * Source: RFC 9110 7.8; httpd 2.4, mod_proxy "upgrade=", mod_proxy_wstunnel. Thread: the worker that owns the connection.
 */
import type { MemberSettings } from '../member.js';

/** What hears the member. */
export interface TunnelSink {
  /** Bytes of the member: a view on the shared read buffer, copy what must outlive the call. */
  onMemberBytes(bytes: Buffer): void;
  /** The member took what was written. */
  onMemberDrain(): void;
  /** The member sends no more; nothing follows. */
  onMemberEnd(): void;
}

/** The member's side of a tunnel. */
export interface Tunnel {
  /** Names who hears; before this nothing is read. */
  listen(sink: TunnelSink): void;
  /** False when the member is slower: wait for onMemberDrain. */
  write(chunk: Uint8Array): boolean;
  /** Bytes that the member has not taken yet. */
  readonly backlog: number;
  pause(): void;
  resume(): void;
  /** Ends our side after what was written. */
  finish(): void;
}

/** The only protocol that a `ws://` or `wss://` member is asked for. */
const WEBSOCKET = 'websocket';

/**
 * The protocol that a member is asked for, as it stands in Upgrade; empty when the request goes as plain HTTP.
 * asked  what the client asks for and its engine can do; empty for nothing
 */
export function upgradeFor(member: MemberSettings, asked: string): string {
  if (asked === '') return '';
  const lower = asked.toLowerCase();
  if (member.upgrade === '') {
    const isTunnel = member.scheme === 'ws' || member.scheme === 'wss';
    return isTunnel && lower === WEBSOCKET ? asked : '';
  }
  if (member.upgrade === '*') return asked;
  const tokens = member.upgrade.toLowerCase().split(',');
  return tokens.some((token) => token.trim() === lower) ? asked : '';
}
