/**
 * The switches and limits of mod_proxy: those of a server, and those of a place (PreserveHost, AddHeaders,
 * ErrorOverride …). One row each, plain values.
 *
 * Source: httpd 2.4 manual, mod_proxy; messages from httpd itself.
 * Thread: main, at load.
 */
import type { ProxySettings } from '../../settings.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, SERVER_VHOST } from '../table.js';
import { atoi } from './proxy-params-values.js';

/** The first word; the reader has counted them. */
function first(line: DirectiveLine): { text: string; column: number } {
  return line.words[0] ?? { text: '', column: line.column };
}

function isOn(line: DirectiveLine): boolean {
  return first(line).text.toLowerCase() === 'on';
}

/** A row of one server-level word with a number. */
function serverRow(
  name: string,
  usage: string,
  apply: (line: DirectiveLine, proxy: Partial<ProxySettings>, word: { text: string; column: number }) => void,
): DirectiveRow {
  return {
    name,
    module: 'mod_proxy',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage,
    apply: (line, scope) => apply(line, scope.server.proxy, first(line)),
  };
}

/** A row whose one word is of a closed list, given here in the spelling of the settings. */
function choiceRow<K extends 'via' | 'badHeader' | 'proxyStatus'>(
  name: string,
  usage: string,
  key: K,
  choices: readonly ProxySettings[K][],
  message: string,
): DirectiveRow {
  return serverRow(name, usage, (line, proxy, word) => {
    const choice = choices.find((known) => known.toLowerCase() === word.text.toLowerCase());
    if (choice === undefined) fail(line, message, word.column);
    proxy[key] = choice;
  });
}

function switchRow(
  name: string,
  usage: string,
  contexts: DirectiveRow['contexts'],
  set: (scope: Scope, value: boolean, line: DirectiveLine) => void,
): DirectiveRow {
  return {
    name,
    module: 'mod_proxy',
    contexts,
    arity: 'flag',
    usage,
    apply: (line, scope) => set(scope, isOn(line), line),
  };
}

function applyErrorOverride(line: DirectiveLine, scope: Scope): void {
  for (const word of line.words) {
    const text = word.text.toLowerCase();
    const { errorOverride } = scope.place;
    if (text === 'on') {
      if (!Array.isArray(errorOverride)) scope.place.errorOverride = true;
    } else if (text === 'off') {
      scope.place.errorOverride = false;
    } else if (errorOverride === undefined) {
      fail(line, 'ProxyErrorOverride first parameter must be one of: off | on', word.column);
    } else {
      scope.place.errorOverride = [
        ...(Array.isArray(errorOverride) ? errorOverride : []),
        errorCode(line, word, errorOverride),
      ];
    }
  }
}

function errorCode(
  line: DirectiveLine,
  word: { text: string; column: number },
  before: boolean | number[],
): number {
  if (!/^\d/.test(word.text)) {
    fail(line, 'ProxyErrorOverride: status codes to intercept must be numeric', word.column);
  }
  if (before === false) {
    fail(line, "ProxyErrorOverride: status codes must follow a value of 'on'", word.column);
  }
  const code = atoi(word.text);
  if (code < 400 || code > 599) {
    const message =
      'ProxyErrorOverride: status codes to intercept must be valid HTTP Status Codes >=400 && <600';
    fail(line, message, word.column);
  }
  return code;
}

export const PROXY_SERVER_ROWS: readonly DirectiveRow[] = [
  switchRow(
    'ProxyRequests',
    'on if the true proxy requests should be accepted',
    SERVER_VHOST,
    (_scope, value, line) => {
      // httpd differs: it becomes a forward proxy, open to all who reach it unless a <Proxy> section forbids.
      if (value) fail(line, 'ProxyRequests On is refused: drover is no forward proxy', first(line).column);
    },
  ),
  serverRow(
    'ProxyTimeout',
    'Set the timeout (in seconds) for a proxied connection. This overrides the server timeout',
    (line, proxy, word) => {
      const seconds = atoi(word.text);
      if (seconds < 1) fail(line, 'Proxy Timeout must be at least 1 second.', word.column);
      proxy.timeout = seconds * 1000;
    },
  ),
  choiceRow(
    'ProxyVia',
    'Configure Via: proxy header header to one of: on | off | block | full',
    'via',
    ['Off', 'On', 'Block', 'Full'],
    'ProxyVia must be one of: off | on | full | block',
  ),
  choiceRow(
    'ProxyBadHeader',
    'How to handle bad header line in response: IsError | Ignore | StartBody',
    'badHeader',
    ['IsError', 'Ignore', 'StartBody'],
    'ProxyBadHeader must be one of: IsError | Ignore | StartBody',
  ),
  choiceRow(
    'ProxyStatus',
    'Configure Status: proxy status to one of: on | off | full',
    'proxyStatus',
    ['Off', 'On', 'Full'],
    'ProxyStatus must be one of: off | on | full',
  ),
  serverRow(
    'ProxyMaxForwards',
    'The maximum number of proxies a request may be forwarded through.',
    (_line, proxy, word) => {
      proxy.maxForwards = atoi(word.text);
    },
  ),
  serverRow(
    'ProxyIOBufferSize',
    'IO buffer size for outgoing HTTP and FTP connections in bytes',
    (line, proxy, word) => {
      const bytes = bufferSize(line, word);
      proxy.ioBufferSize = bytes || 8192;
    },
  ),
  serverRow(
    'ProxyReceiveBufferSize',
    'Receive buffer size for outgoing HTTP and FTP connections in bytes',
    // Node has no way to set SO_RCVBUF of a TCP socket: checked, without effect.
    (line, _proxy, word) => void bufferSize(line, word),
  ),
  serverRow(
    'BalancerGrowth',
    'Number of additional Balancers that can be added post-config',
    // Nothing can make a balancer at run time, in httpd neither: checked, without effect.
    (line, _proxy, word) => {
      const count = atoi(word.text);
      if (count < 0 || count > 1000) fail(line, 'BalancerGrowth must be between 0 and 1000', word.column);
    },
  ),
  switchRow(
    'BalancerPersist',
    'on if the balancer should persist changes on reboot/restart made via the Balancer Manager',
    SERVER_VHOST,
    (scope, value) => {
      scope.server.proxy.balancerPersist = value;
    },
  ),
  switchRow(
    'BalancerInherit',
    'on if this server should inherit Balancers and Workers defined in the main server ' +
      '(Setting to off recommended if using the Balancer Manager)',
    SERVER_VHOST,
    (scope, value) => {
      scope.server.proxy.balancerInherit = value;
    },
  ),
  switchRow(
    'ProxyPassInherit',
    'on if this server should inherit all ProxyPass directives defined in the main server ' +
      '(Setting to off recommended if using the Balancer Manager)',
    SERVER_VHOST,
    (scope, value) => {
      scope.server.proxy.proxyPassInherit = value;
    },
  ),
  switchRow(
    'ProxyPreserveHost',
    'on if we should preserve host header while proxying',
    ANYWHERE,
    (scope, value) => {
      scope.place.preserveHost = value;
    },
  ),
  switchRow(
    'ProxyAddHeaders',
    'on if X-Forwarded-* headers should be added or completed',
    ANYWHERE,
    (scope, value) => {
      scope.place.addHeaders = value;
    },
  ),
  switchRow(
    'Proxy100Continue',
    'on if 100-Continue should be forwarded to the origin server, off if the proxy should handle it by itself',
    ANYWHERE,
    (scope, value, line) => {
      if (!value) scope.note('inactive', line, 'Expect: 100-continue is still passed to members');
    },
  ),
  switchRow('ProxyPassInterpolateEnv', 'Interpolate Env Vars in reverse Proxy', ANYWHERE, (scope, value) => {
    scope.place.interpolateEnv = value;
  }),
  {
    name: 'ProxyErrorOverride',
    module: 'mod_proxy',
    contexts: ANYWHERE,
    arity: 'iterate',
    usage: "use our error handling pages instead of the servers' we are proxying",
    apply: applyErrorOverride,
  },
];

function bufferSize(line: DirectiveLine, word: { text: string; column: number }): number {
  const bytes = atoi(word.text);
  if (bytes < 512 && bytes !== 0) {
    fail(line, `${line.name} must be >= 512 bytes, or 0 for system default.`, word.column);
  }
  return bytes;
}
