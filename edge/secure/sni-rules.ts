/**
 * May a request that names one vhost in Host come over a handshake that named another? It may where both have the same
 * TLS settings, as far as SSLVHostSNIPolicy asks; else the client is told to open a connection of its own (421). With
 * SSLStrictSNIVHostCheck a client that sent no name at all is refused.
 *
 * Source: httpd 2.4.71, mod_ssl, as observed for each policy; RFC 9110 15.5.20. Thread: worker.
 */
import type { Request } from '../request.js';
import type { Answer } from '../respond.js';
import type { ServerSettings, Settings } from '../settings.js';
import type { TlsSettings } from './settings.js';

type Policy = NonNullable<Settings['sniPolicy']>;

const NO_NAME =
  'Reason: The client software did not provide a hostname using Server Name Indication (SNI), which is required to access this server.<br />\n';

const MISDIRECTED: Answer = { status: 421, code: 'E_TLS_MISDIRECTED' };
const NAMELESS: Answer = { status: 403, note: NO_NAME, code: 'E_TLS_NO_NAME' };
const HOSTLESS: Answer = { status: 400, code: 'E_REQUEST_HOST' };

export interface SniRules {
  /**
   * The answer to a request that may not come this way; undefined when it may.
   * name: in the hello, where the exchange does not tell
   */
  refusal(r: Request, name?: string): Answer | undefined;
}

export interface SniRulesOptions {
  servers: readonly ServerSettings[];
  policy: Policy;
  /** The vhost that a name in the hello means; undefined: the one for no name. */
  serverOf: (name: string | undefined) => ServerSettings;
  log: (r: Request, text: string) => void;
  /** The exchange tells which name was in the hello, and requests without Host are served. */
  knowsNames: boolean;
}

/** Undefined where no request could be refused: then it costs nothing. */
export function compileSniRules(options: SniRulesOptions): SniRules | undefined {
  const { servers, policy, serverOf, log, knowsNames } = options;
  const isStrict = servers.some(({ tls }) => tls?.strictSni === true);
  const [first] = servers;
  const isUniform =
    first === undefined || (policy !== 'strict' && servers.every((each) => isAlike(first, each, policy)));
  if ((isUniform && !isStrict && !knowsNames) || first === undefined) return undefined;
  const alike = new Map<ServerSettings, Map<ServerSettings, boolean>>();
  const isFit = (shaken: ServerSettings, asked: ServerSettings): boolean => {
    const row = alike.get(shaken) ?? new Map<ServerSettings, boolean>();
    alike.set(shaken, row);
    let fits = row.get(asked);
    if (fits === undefined) {
      fits = shaken === asked || (policy !== 'strict' && isAlike(shaken, asked, policy));
      row.set(asked, fits);
    }
    return fits;
  };
  return {
    refusal(r, name = r.exchange.sniName) {
      if (name !== undefined && r.hostname === '') {
        log(r, `AH02031: Hostname ${name} provided via SNI, but no hostname provided in HTTP request`);
        return HOSTLESS;
      }
      const shaken = serverOf(name);
      if (name === undefined && (shaken.tls?.strictSni === true || r.server.tls?.strictSni === true)) {
        log(r, 'AH02033: No hostname was provided via SNI for a name based virtual host');
        return NAMELESS;
      }
      if (isFit(shaken, r.server)) return undefined;
      const sent = name === undefined ? 'default' : `Hostname ${name} provided via SNI`;
      log(
        r,
        `AH02032: ${sent} and hostname ${r.hostname} provided via HTTP have no compatible SSL setup for policy '${policy}'`,
      );
      return MISDIRECTED;
    },
  };
}

function isAlike(a: ServerSettings, b: ServerSettings, policy: Policy): boolean {
  if (policy === 'insecure' || a === b) return true;
  if (a.tls === undefined || b.tls === undefined) return a.tls === b.tls;
  return keyOf(a.tls, policy) === keyOf(b.tls, policy);
}

/** All that the policy wants to be equal, as text. */
function keyOf(tls: TlsSettings, policy: Policy): string {
  const { caFile, caPath, crlFile, crlPath, revocation, verifyClient, verifyDepth, commands } = tls;
  const clients = [
    caFile,
    caPath,
    crlFile,
    crlPath,
    revocation,
    verifyClient,
    verifyDepth,
    Object.entries(commands ?? {}).sort(),
  ];
  if (policy === 'authonly') return JSON.stringify(clients);
  const shown = tls.certificates.map(({ certificateFile, keyFile }) => [certificateFile, keyFile]);
  const spoken = tls.protocols.filter((version) => version === 'TLSv1.2' || version === 'TLSv1.3');
  return JSON.stringify([clients, shown, tls.chainFile, spoken, tls.cipherSuite, tls.cipherSuite13]);
}
