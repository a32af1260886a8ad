/**
 * What tests of TLS in front begin with: a certificate on the spot in a folder of its own, a free port, and the words that a
 * virtual host says to show it; and the lines that load modules.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';

export interface TlsSite {
  folder: string;
  /** Nobody listens on it yet. */
  port: number;
  /** `Listen` for the port. */
  listen: string;
  /** SSLEngine and the two files. */
  words: string;
  remove(): void;
}

/** name: of the folder, after `drover-` */
export async function tlsSite(name: string, names: string[]): Promise<TlsSite> {
  const folder = mkdtempSync(join(tmpdir(), `drover-${name}-`));
  const { certificate, key } = await selfSigned({ names, days: 2, now: Date.now() });
  writeFileSync(join(folder, 'a.crt'), certificate);
  writeFileSync(join(folder, 'a.key'), key);
  const port = await freePort();
  return {
    folder,
    port,
    listen: `Listen 127.0.0.1:${port} https`,
    words: `SSLEngine on
SSLCertificateFile ${folder}/a.crt
SSLCertificateKeyFile ${folder}/a.key`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Modules by their short names, as `proxy_http`. */
export function loadModules(...names: string[]): string {
  return names.map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join('\n');
}

/** With which drover speaks HTTP/2 and TLS in front, and HTTP/1.1 to members. */
export const HTTP2_MODULES = loadModules('http2', 'proxy', 'proxy_http', 'ssl');
