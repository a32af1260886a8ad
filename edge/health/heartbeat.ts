/**
 * What servers say of their load (mod_heartbeat, mod_heartmonitor): one line of text a second in a UDP packet, and one
 * line a server in the file that HeartbeatStorage names. Pure.
 *
 *   v=1&ready=75&busy=0                                     a packet: requests that could be taken, requests under way
 *   10.0.0.5 &ready=75&busy=0&lastseen=1&port=80            a line of the file; lastseen: seconds ago
 *
 * Source: httpd 2.4 manual, mod_heartbeat, mod_heartmonitor; mod_lbmethod_heartbeat.
 */
import type { Heartbeat } from '../../workers/scoreboard-layout.js';

/** Packets that are longer are no heartbeats. */
export const MAX_PACKET = 1000;
const MAX_COUNT = 2 ** 31 - 1;

/** A server as the monitor knows it. */
export interface Server extends Heartbeat {
  address: string;
  /** Ms since the epoch. */
  seenAt: number;
}

export function formatBeat({ ready, busy }: Heartbeat): string {
  return `v=1&ready=${ready}&busy=${busy}`;
}

/** undefined when it is no heartbeat; keys that are not known do not matter, nor does their order. */
export function parseBeat(text: string): Heartbeat | undefined {
  return countOf(new URLSearchParams(text.trim()).get('v')) === undefined ? undefined : parseLoad(text);
}

/** What a heartbeat says, without its version, as it is posted; undefined without both numbers. */
export function parseLoad(text: string): Heartbeat | undefined {
  const fields = new URLSearchParams(text.trim());
  const ready = countOf(fields.get('ready'));
  const busy = countOf(fields.get('busy'));
  return ready === undefined || busy === undefined ? undefined : { ready, busy };
}

function countOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,10}$/.test(text) ? Math.min(Number(text), MAX_COUNT) : undefined;
}

export function formatServer({ address, ready, busy, seenAt }: Server, now: number): string {
  const lastseen = Math.max(Math.floor((now - seenAt) / 1000), 0);
  return `${address} &ready=${ready}&busy=${busy}&lastseen=${lastseen}&port=80\n`;
}

/** Servers of a file; lines that are none are left out. */
export function parseServers(text: string, now: number): Server[] {
  return text.split('\n').flatMap((line) => {
    const [, address, rest] = /^(\S+) &(.*)$/.exec(line) ?? [];
    if (address === undefined || rest === undefined) return [];
    const fields = new URLSearchParams(rest);
    const ready = countOf(fields.get('ready'));
    const busy = countOf(fields.get('busy'));
    const lastseen = countOf(fields.get('lastseen'));
    if (ready === undefined || busy === undefined || lastseen === undefined) return [];
    return [{ address, ready, busy, seenAt: now - lastseen * 1000 }];
  });
}
