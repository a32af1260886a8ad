/**
 * Which of the two engines serves a Listen address: `uws` unless a server that may answer there asks for what only `node`
 * can do. Used wherever sockets are opened, and by -S, which prints the reason.
 *
 * TLS 1.0 and 1.1 in SSLProtocol do not count: OpenSSL 3 refuses them at its usual security level, whoever asks. What
 * counts is that one of TLS 1.2 and 1.3 is taken away.
 *
 * Any thread; pure.
 */
import type { Listen, ServerSettings, Settings, TlsSettings } from '../settings.js';

/** httpd's default, which uWebSockets.js reaches but for the last two. */
const UWS_FIELDS = 100;

export interface EngineChoice {
  engine: 'uws' | 'node';
  /** `Protocols h2 (site.conf:3)`, for people. */
  reason: string;
}

/**
 * Servers that may answer on an address, in file order: vhosts for it, and the main server where no vhost takes all.
 * Wider than the choice per connection, since a socket of every address has connections of each.
 */
export function serversOn(settings: Settings, listen: Pick<Listen, 'address' | 'port'>): ServerSettings[] {
  const [main, ...vhosts] = settings.servers;
  const found: ServerSettings[] = [];
  let isCovered = false;
  for (const server of vhosts) {
    const fitting = server.addresses.filter(
      ({ address, port }) =>
        (port === 0 || port === listen.port) &&
        (address === '*' || isWildcard(listen.address) || address === listen.address),
    );
    if (fitting.length === 0) continue;
    found.push(server);
    if (fitting.some(({ address }) => address === '*' || address === listen.address)) isCovered = true;
  }
  if (main !== undefined && !isCovered) found.unshift(main);
  return found;
}

/** Does a Listen mean every address (of its family)? */
export function isWildcard(address: string): boolean {
  return address === '' || address === '0.0.0.0' || address === '::';
}

export function chooseEngine(
  settings: Settings,
  listen: Pick<Listen, 'address' | 'port' | 'protocol'>,
): EngineChoice {
  const servers = serversOn(settings, listen);
  const forced = servers.find((server) => server.engine === 'node');
  if (forced !== undefined) return { engine: 'node', reason: `EdgeEngine node (${forced.at})` };
  const chosen = servers.find((server) => server.engine === 'uws');
  if (chosen !== undefined) return { engine: 'uws', reason: `EdgeEngine uws (${chosen.at})` };
  for (const server of servers) {
    const wish = wishOf(server, settings);
    if (wish !== undefined) return { engine: 'node', reason: `${wish} (${server.at})` };
  }
  return { engine: 'uws', reason: 'nothing asks for node' };
}

/** `h2` counts with TLS and `h2c` without, and both only with their module. */
export function speaksHttp2(server: ServerSettings, settings: Settings): boolean {
  if (!settings.modules.some((module) => module.name === 'http2_module')) return false;
  return server.protocols.includes(server.tls === undefined ? 'h2c' : 'h2');
}

/** What a server asks for that only `node` can do. */
export function wishOf(server: ServerSettings, settings: Settings): string | undefined {
  const { tls, limitRequestFields } = server;
  if (speaksHttp2(server, settings)) return tls === undefined ? 'Protocols h2c' : 'Protocols h2';
  if (server.proxyProtocol === true) return 'RemoteIPProxyProtocol On';
  if (limitRequestFields === 0 || limitRequestFields > UWS_FIELDS) {
    return `LimitRequestFields ${limitRequestFields}`;
  }
  if (tls === undefined) return undefined;
  const more = moreTls(tls);
  if (more !== undefined) return more;
  if (tls.verifyClient !== 'none') return `SSLVerifyClient ${tls.verifyClient}`;
  if (tls.stapling) return 'SSLUseStapling on';
  const hasBoth = tls.protocols.includes('TLSv1.2') && tls.protocols.includes('TLSv1.3');
  return hasBoth ? undefined : `SSLProtocol ${tls.protocols.join(' ')}`;
}

/** What of mod_ssl uWebSockets.js has no option for: it reads one PEM file of each kind, and keeps its tickets to itself. */
function moreTls(tls: TlsSettings): string | undefined {
  const { certificates, commands = {} } = tls;
  if (certificates.length > 1) return `${certificates.length} certificates`;
  if (certificates[0]?.isPkcs12 === true) return 'a PKCS#12 file';
  if (certificates[0]?.passphrase !== undefined) return 'an encrypted key';
  if (tls.chainFile !== undefined) return 'SSLCertificateChainFile';
  if (tls.cipherSuite13 !== undefined) return 'SSLCipherSuite TLSv1.3';
  if (Object.keys(commands).length > 0) return 'SSLOpenSSLConfCmd';
  if (tls.tickets === false) return 'SSLSessionTickets off';
  if (tls.ticketKeyFile !== undefined) return 'SSLSessionTicketKeyFile';
  return tls.strictSni === true ? 'SSLStrictSNIVHostCheck on' : undefined;
}

/** uWebSockets.js keeps the certificate that an address began with. */
export function canReloadCertificates(settings: Settings): boolean {
  return settings.listens.every(
    (listen) =>
      chooseEngine(settings, listen).engine === 'node' ||
      serversOn(settings, listen).every(({ tls }) => tls === undefined),
  );
}
