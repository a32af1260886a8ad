/**
 * Connections of clients and their TLS handshakes, as the status page, `?auto` and the metrics name them: one row a figure. The
 * uws engine tells when a connection comes and goes, and nothing of its handshake; which of them were resumed or failed is
 * known of the node engine alone, and its rows say so. Any thread.
 */
import type { ConnectionCounts } from '../../workers/scoreboard-clients.js';
import type { Figure } from './figure.js';

export const CONNECTION_FIGURES: readonly Figure<ConnectionCounts>[] = [
  row('open', 'Open', 'connections', 'open', 'Connections of clients that are open.'),
  row('accepted', 'Accepted', 'connections_accepted_total', 'accepted', 'Connections that were accepted.'),
  row(
    'refused',
    'Refused',
    'connections_refused_total',
    'closed at once',
    'Connections beyond the limit, closed as soon as they were accepted.',
  ),
  row(
    'handshakes',
    'TlsHandshakes',
    'tls_handshakes_total',
    'TLS handshakes',
    'TLS handshakes that were begun.',
  ),
  row(
    'resumed',
    'TlsResumed',
    'tls_resumed_total',
    'TLS sessions resumed',
    'TLS handshakes that resumed a session; node engine only.',
  ),
  row(
    'failed',
    'TlsFailed',
    'tls_failed_total',
    'TLS handshakes failed',
    'TLS handshakes that failed; node engine only.',
  ),
];

function row(
  of: keyof ConnectionCounts,
  key: string,
  metric: string,
  label: string,
  help: string,
): Figure<ConnectionCounts> {
  return { of, key: `Edge${key.startsWith('Tls') ? '' : 'Connections'}${key}`, metric, label, help };
}
