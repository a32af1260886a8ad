/**
 * HAProxy with one thread. It writes no log files: its log goes to standard output in the raw format, which the bench
 * sends to a file. That is one write per request without a second process; a syslog daemon would take the load
 * client's core.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Peer,
  REQUEST_RULE,
  RESPONSE_RULE,
  ROUTES,
  SERVER_NAME,
  type Site,
  USUAL_CACHE,
} from './peer.js';
import { versionOf } from './version.js';

export const haproxy: Peer = {
  name: 'haproxy',
  version: () => versionOf('haproxy', '-v', /version ([\d.]+)/),
  prepare(site) {
    const file = join(site.directory, 'haproxy.cfg');
    writeFileSync(file, haproxyText(site));
    return { command: 'haproxy', arguments: ['-db', '-f', file] };
  },
};

function haproxyText({ directory, port, members, tls, isRich, isHttp2, isCached, cacheBytes }: Site): string {
  const bundle = join(directory, 'site.pem');
  if (tls !== undefined)
    writeFileSync(bundle, readFileSync(tls.certificate, 'utf8') + readFileSync(tls.key, 'utf8'));
  const sticky = ROUTES.map((route) => `  use-server ${route} if { req.cook(JSESSIONID) -m end .${route} }`);
  const rules = [
    `  http-request set-header ${REQUEST_RULE.name} ${REQUEST_RULE.value}`,
    `  http-response set-header ${RESPONSE_RULE.name} ${RESPONSE_RULE.value}`,
  ];
  const store = [
    'cache bench',
    `  total-max-size ${(cacheBytes ?? USUAL_CACHE) / 2 ** 20}`,
    '  max-object-size 1000000',
    '  max-age 86400',
  ];
  const uses = ['  http-request cache-use bench', '  http-response cache-store bench'];
  return `global
  nbthread 1
  maxconn 8192
  log stdout format raw local0
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
${isCached === true ? store.join('\n') : ''}
frontend edge
  bind 127.0.0.1:${port}${tls === undefined ? '' : ` ssl crt ${bundle} ssl-min-ver TLSv1.2${isHttp2 ? ' alpn h2' : ''}`} backlog 4096
  http-request capture req.hdr(Referer) len 128
  http-request capture req.hdr(User-Agent) len 128
  log-format '%ci - - [%trl] %{+Q}r %ST %B "%[capture.req.hdr(0)]" "%[capture.req.hdr(1)]"'
  option forwardfor
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Server ${SERVER_NAME}
${isRich ? rules.join('\n') : ''}
${isCached === true ? uses.join('\n') : ''}
  default_backend pool
backend pool
  balance roundrobin
  http-reuse always
${isRich ? sticky.join('\n') : ''}
${members.map((member, index) => `  server ${ROUTES[index]} 127.0.0.1:${member} pool-max-conn 256`).join('\n')}
`;
}
