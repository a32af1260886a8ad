/**
 * TLS toward clients as plain data: what a vhost shows and asks for in the handshake (`TlsSettings`), and what a section
 * asks of a request that came by it (`PlaceTls`). Made by edge/config/directives/ssl*.ts.
 */
import type { BoolExpr } from '../expr/ast.js';

export type VerifyClient = 'none' | 'optional' | 'require' | 'optional_no_ca';

export interface TlsSettings {
  engine: 'on' | 'optional';
  certificates: CertificateSettings[];
  /** SSLCertificateChainFile: PEM certificates that are sent after each of `certificates`. */
  chainFile?: string;
  /** Enabled versions of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3. */
  protocols: string[];
  /** Up to TLS 1.2, and of TLS 1.3; undefined: OpenSSL's own. */
  cipherSuite?: string;
  cipherSuite13?: string;
  honorCipherOrder: boolean;
  /** Where `SSLHonorCipherOrder on` stands; absent where nobody has said it. */
  cipherOrderAt?: string;
  verifyClient: VerifyClient;
  /** Certificates above the client's own, 1 without it. */
  verifyDepth?: number;
  /** PEM files of authorities that clients' certificates are taken from. */
  caFile?: string;
  /** Directory of such files, named by hash. */
  caPath?: string;
  crlFile?: string;
  crlPath?: string;
  revocation?: 'none' | 'leaf' | 'chain';
  /** SSLOpenSSLConfCmd, each name once: what is known of them. */
  commands?: Record<string, string>;
  /** SSLSessionTickets; absent: on. */
  tickets?: boolean;
  ticketKeyFile?: string;
  strictSni?: boolean;
  stapling: boolean;
  /** SSLStapling…, times in ms; what is absent has httpd's default. */
  staplingOptions?: StaplingSettings;
}

export interface CertificateSettings {
  certificateFile: string;
  keyFile: string;
  /** From SSLPassPhraseDialog, where the key is encrypted. */
  passphrase?: string;
  /** The file is PKCS#12, and holds the key too. */
  isPkcs12?: boolean;
  at: string;
}

export interface StaplingSettings {
  responderTimeout?: number;
  timeSkew?: number;
  maxAge?: number;
  cacheTimeout?: number;
  errorCacheTimeout?: number;
  forceUrl?: string;
}

/** SSLOptions that have a meaning here. */
export type SslOption = 'StdEnvVars' | 'ExportCertData' | 'FakeBasicAuth' | 'StrictRequire';

export interface PlaceTls {
  requiresTls?: boolean;
  verifyClient?: VerifyClient;
  options?: SslOption[];
  /** Options with `+` and `-`, applied to those around: true adds. */
  changes?: Record<string, boolean>;
  /** SSLRequire lines; all must hold. */
  requirements?: { expr: BoolExpr; text: string }[];
  /** SSLUserName: a variable whose value becomes the user. */
  userName?: string;
}

/** What an inner place says over what is around it. */
export function mergePlaceTls(outer: PlaceTls, inner: PlaceTls): PlaceTls {
  const merged: PlaceTls = { ...outer, ...inner };
  if (inner.options === undefined && inner.changes !== undefined) {
    const options = new Set(outer.options);
    for (const [name, isOn] of Object.entries(inner.changes)) {
      if (isOn) options.add(name as SslOption);
      else options.delete(name as SslOption);
    }
    merged.options = [...options];
    merged.changes = { ...outer.changes, ...inner.changes };
  }
  if (outer.requirements !== undefined)
    merged.requirements = [...outer.requirements, ...(inner.requirements ?? [])];
  return merged;
}

/** Options in force in a place. */
export function optionsOf(place: PlaceTls): ReadonlySet<SslOption> {
  const options = new Set(place.options);
  for (const [name, isOn] of Object.entries(place.changes ?? {})) {
    if (isOn) options.add(name as SslOption);
    else options.delete(name as SslOption);
  }
  return options;
}
