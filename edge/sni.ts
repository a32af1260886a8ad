/**
 * Which certificate a TLS address shows: the vhosts of the address that have SSLEngine on, each under its ServerName and
 * aliases; the first is the default. Thread: worker, at its start.
 */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { SniTable } from '../tls/sni.js';
import type { ServerSettings, TlsSettings } from './settings.js';

export interface Certificates {
  names: string[];
  tls: TlsSettings;
}

/** Empty for an address without TLS. */
export function certificatesOf(servers: readonly ServerSettings[]): Certificates[] {
  const list: Certificates[] = [];
  for (const server of servers) {
    if (server.tls === undefined || server.tls.certificates.length === 0) continue;
    const names = [server.name, ...server.aliases].filter((name) => name !== '' && !name.includes('?'));
    list.push({ names: [...new Set(names)], tls: server.tls });
  }
  return list;
}

/** Chooses the context for a name, the first for an unknown one or none; for the node engine. */
export function contextChooser(
  list: readonly Certificates[],
): (name: string | undefined) => tls.SecureContext {
  const entries = list.map((entry) => ({ names: entry.names, value: contextOf(entry.tls) }));
  const table = new SniTable(entries);
  const fallback = entries[0]?.value ?? tls.createSecureContext();
  return (name) => (name === undefined ? undefined : table.find(name)) ?? fallback;
}

function contextOf(settings: TlsSettings): tls.SecureContext {
  return tls.createSecureContext({
    cert: settings.certificates.map((pair) => readFileSync(pair.certificateFile)),
    key: settings.certificates.map((pair) => readFileSync(pair.keyFile)),
    ...(settings.cipherSuite === undefined ? {} : { ciphers: settings.cipherSuite }),
    honorCipherOrder: settings.honorCipherOrder,
  });
}
