/**
 * TLS toward members as a place's SSLProxy* settings want it. Equal settings share one context per thread, because
 * connections and sessions are only used again within one; it is made when the first request asks for it. The files are
 * read at the thread's start: later the process may not be allowed to.
 * Thread: worker.
 */
import { MemberTls, type MemberTlsSettings, preload } from '../../workers/upstream/member-tls.js';
import type { Place, ServerSettings } from '../settings.js';

const KNOWN = new Map<string, MemberTls>();

/** Undefined where SSLProxyEngine is off; what is returned throws nothing. */
export function compileMemberTls(
  settings: MemberTlsSettings | undefined,
): (() => MemberTls | undefined) | undefined {
  if (settings?.engine !== true) return undefined;
  const key = JSON.stringify(Object.entries(settings).sort());
  return () => {
    let known = KNOWN.get(key);
    if (known === undefined) {
      try {
        known = new MemberTls(settings);
      } catch {
        // Each file was looked at when the configuration was read; together they may still not fit. No TLS, no request.
        return undefined;
      }
      KNOWN.set(key, known);
    }
    return known;
  };
}

/** Reads what the places of servers name. */
export function preloadMemberTls(servers: readonly ServerSettings[]): void {
  for (const { base, proxySections, locations } of servers) {
    preloadPlace(base);
    for (const { place } of [...proxySections, ...locations]) preloadPlace(place);
  }
}

function preloadPlace({ memberTls, conditions }: Place): void {
  if (memberTls !== undefined) preload(memberTls);
  for (const { place } of conditions ?? []) preloadPlace(place);
}
