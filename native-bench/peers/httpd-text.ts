/**
 * The configuration in httpd's language. httpd and drover read this same text, which is drover's promise; only the
 * LoadModule lines point at files of httpd's package, and drover does not open those.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { BUSY_LINES } from './busy-text.js';
import { REQUEST_RULE, RESPONSE_RULE, ROUTES, SERVER_NAME, type Site } from './peer.js';

const MODULES = '/usr/lib/apache2/modules';
const NAMES = [
  ...['mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http', 'slotmem_shm', 'proxy_balancer'],
  ...['lbmethod_byrequests', 'socache_shmcb', 'ssl', 'authz_host', 'setenvif', 'rewrite', 'http2'],
  'proxy_wstunnel',
];

export function httpdText(site: Site): string {
  const { directory, port, members, tls, isRich, isHttp2, hasWebSockets, connections } = site;
  // event holds a thread per request under way, and closes idle connections when it runs out of threads.
  const threads = Math.max(64, 2 * connections);
  const member = (index: 0 | 1): string =>
    `  BalancerMember ${hasWebSockets ? 'ws' : 'http'}://127.0.0.1:${members[index]}${isRich ? ` route=${ROUTES[index]}` : ''}`;
  return [
    ...[...NAMES, ...(site.isCached === true ? ['cache', 'cache_disk'] : [])]
      .filter((name) => existsSync(`${MODULES}/mod_${name}.so`))
      .map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `ServerRoot "${directory}"`,
    `DefaultRuntimeDir "${directory}"`,
    `PidFile "${directory}/server.pid"`,
    `ServerName ${SERVER_NAME}`,
    'User www-data',
    'Group www-data',
    'ServerLimit 1',
    'StartServers 1',
    `ThreadLimit ${threads}`,
    `ThreadsPerChild ${threads}`,
    `MaxRequestWorkers ${threads}`,
    `MinSpareThreads 1`,
    `MaxSpareThreads ${threads}`,
    `Listen 127.0.0.1:${port}${tls === undefined ? '' : ' https'}`,
    ...(isHttp2 ? ['Protocols h2 http/1.1'] : []),
    'KeepAlive On',
    'KeepAliveTimeout 60',
    'MaxKeepAliveRequests 0',
    `ErrorLog "${directory}/error.log"`,
    'LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined',
    'BufferedLogs On',
    `CustomLog "${directory}/access.log" combined`,
    '<Proxy balancer://pool>',
    member(0),
    member(1),
    ...(isRich ? ['  ProxySet stickysession=JSESSIONID'] : []),
    '</Proxy>',
    'ProxyPass / balancer://pool/',
    ...(isRich
      ? [
          `RequestHeader set ${REQUEST_RULE.name} ${REQUEST_RULE.value}`,
          `Header set ${RESPONSE_RULE.name} ${RESPONSE_RULE.value}`,
        ]
      : []),
    ...(site.isBusy === true ? BUSY_LINES : []),
    ...(site.isCached === true ? cacheLines(site) : []),
    ...(tls === undefined
      ? []
      : [
          'SSLEngine on',
          'SSLProtocol -all +TLSv1.2 +TLSv1.3',
          `SSLCertificateFile "${tls.certificate}"`,
          `SSLCertificateKeyFile "${tls.key}"`,
        ]),
    '',
  ].join('\n');
}

/** drover keeps in memory what httpd keeps on disk, that is in the kernel's page cache. */
function cacheLines({ directory, cacheBytes }: Site): string[] {
  if (cacheBytes !== undefined) return [`CacheMemorySize ${cacheBytes / 2 ** 20}M`, 'CacheEnable memory /'];
  const root = `${directory}/cache`;
  mkdirSync(root, { recursive: true });
  // Its owner is whoever runs the bench, its writer www-data.
  chmodSync(root, 0o777);
  return [`CacheRoot "${root}"`, 'CacheEnable disk /', 'EnableSendfile On'];
}
