/**
 * ProxyPassReverse and its cookie kin: what of a member's response headers is turned into public words. They gather
 * per place, in the order they are tried. A balancer's URL stays as written until all members are known
 * (proxy-pools-finish.ts).
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPassReverse" and following; messages from httpd itself.
 * Thread: main, at load.
 */
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope } from '../table.js';

function applyReverse(line: DirectiveLine, scope: Scope): void {
  const isInPath = scope.context === 'location' || scope.context === 'proxy';
  const [first, second, third] = line.words;
  const isSecondFlag = second?.text.toLowerCase() === 'interpolate';
  if (!isInPath && (second === undefined || isSecondFlag)) {
    fail(line, 'ProxyPassReverse needs a path when not defined in a location');
  }
  if (isInPath && second !== undefined && !isSecondFlag) {
    fail(line, 'ProxyPassReverse can not have a path when defined in a location', first?.column);
  }
  const path = isInPath ? scope.sectionArgument : (first?.text ?? '');
  const url = (isInPath ? first?.text : second?.text) ?? '';
  // httpd takes any third word for `interpolate`.
  const interpolate = (isInPath ? second : third) !== undefined;
  scope.place.proxyPassReverse = [
    ...(scope.place.proxyPassReverse ?? []),
    { path, from: [url], interpolate },
  ];
}

function cookieRow(name: string, usage: string, list: 'cookieDomains' | 'cookiePaths'): DirectiveRow {
  return {
    name,
    module: 'mod_proxy',
    contexts: ANYWHERE,
    arity: 'take23',
    usage,
    apply(line, scope) {
      const [internal, external, flag] = line.words;
      const entry = {
        internal: internal?.text ?? '',
        external: external?.text ?? '',
        ...(flag?.text.toLowerCase() === 'interpolate' ? { interpolate: true } : {}),
      };
      scope.place[list] = [...(scope.place[list] ?? []), entry];
    },
  };
}

export const PROXY_PASS_REVERSE_ROWS: readonly DirectiveRow[] = [
  {
    name: 'ProxyPassReverse',
    module: 'mod_proxy',
    contexts: ['server', 'vhost', 'location', 'proxy'],
    arity: 'take123',
    usage: 'a virtual path and a URL for reverse proxy behaviour',
    apply: applyReverse,
  },
  cookieRow('ProxyPassReverseCookiePath', 'Path rewrite rule for proxying cookies', 'cookiePaths'),
  cookieRow('ProxyPassReverseCookieDomain', 'Domain rewrite rule for proxying cookies', 'cookieDomains'),
];
