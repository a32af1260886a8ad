/**
 * drover's own directives; httpd has none of them.
 *
 * EdgeEngine auto|uws|node        which engine serves the addresses of this server (edge/engine/engine-choice.ts)
 * EdgeHealthAddress [ip:]port     liveness and readiness for other balancers
 * EdgeMirror, EdgeCapture         edge-mirror.ts, edge-capture.ts
 * EdgeLogFormat httpd|json        lines of error and access logs
 * EdgeWebSocketMaxMessage bytes   longest message of a WebSocket, on uws
 * EdgeUnsupported error|warn      what becomes of directives that httpd has and drover has not; holds for what follows
 *
 * Thread: main, at load.
 */
import { parseAddressPort, resolveHost } from '../address.js';
import { fail } from '../error.js';
import { ReadingScope } from '../scope.js';
import { type DirectiveRow, SERVER_ONLY, SERVER_VHOST } from '../table.js';
import { choice, firstWord } from './core.js';
import { EDGE_CAPTURE_ROW } from './edge-capture.js';
import { EDGE_LIMIT_ROWS } from './edge-limits.js';
import { EDGE_MIRROR_ROW } from './edge-mirror.js';

/** What the library counts in 31 bits. */
const MOST_MESSAGE_BYTES = 2147483647;

export const EDGE_ROWS: readonly DirectiveRow[] = [
  ...EDGE_LIMIT_ROWS,
  EDGE_MIRROR_ROW,
  EDGE_CAPTURE_ROW,
  {
    name: 'EdgeEngine',
    module: 'edge',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: "'auto', 'uws' or 'node'",
    apply(line, scope) {
      const value = choice(firstWord(line), { auto: 'auto', uws: 'uws', node: 'node' } as const);
      if (value === undefined) fail(line, 'EdgeEngine must be auto, uws or node', firstWord(line).column);
      scope.server.own.engine = value;
    },
  },
  {
    name: 'EdgeHealthAddress',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'an address and port, or a port',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const parsed = parseAddressPort(text);
      if (parsed?.port === undefined) fail(line, 'EdgeHealthAddress must be [address:]port', column);
      const address = parsed.host === '*' || parsed.host === '' ? '' : resolveHost(parsed.host);
      if (address === undefined) fail(line, `EdgeHealthAddress: no such host: ${parsed.host}`, column);
      const at = `${line.file}:${line.line}`;
      const addresses = scope.settings.healthAddresses ?? [];
      scope.settings.healthAddresses = addresses;
      addresses.push({ address, port: parsed.port, protocol: 'http', at });
    },
  },
  {
    name: 'EdgeLogFormat',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: "'httpd' or 'json', for lines of error and access logs",
    apply(line, scope) {
      const value = choice(firstWord(line), { httpd: 'httpd', json: 'json' } as const);
      if (value === undefined) fail(line, 'EdgeLogFormat must be httpd or json', firstWord(line).column);
      scope.settings.edgeLogFormat = value;
    },
  },
  {
    name: 'EdgeWebSocketMaxMessage',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: 'bytes of a WebSocket message at the most, on addresses of the uws engine',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const bytes = /^\d{1,10}$/.test(text) ? Number(text) : 0;
      if (bytes < 1024 || bytes > MOST_MESSAGE_BYTES) {
        fail(line, `EdgeWebSocketMaxMessage must be between 1024 and ${MOST_MESSAGE_BYTES}`, column);
      }
      scope.settings.webSocketMaxMessage = bytes;
    },
  },
  {
    name: 'EdgeUnsupported',
    module: 'edge',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage: "'error' or 'warn'",
    apply(line, scope) {
      const value = choice(firstWord(line), { error: false, warn: true });
      if (value === undefined) fail(line, 'EdgeUnsupported must be error or warn', firstWord(line).column);
      if (scope instanceof ReadingScope) scope.reading.isUnsupportedAllowed = value;
    },
  },
];
