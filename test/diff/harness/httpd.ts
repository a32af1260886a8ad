/**
 * A real Apache httpd as the judge: Debian's apache2 binary with a ServerRoot of its own and the modules that a
 * balancer's configuration may name. One child process, so that its pools and its balancers are one and the order of
 * members is the algorithm's alone.
 */
import { existsSync } from 'node:fs';
import { type Launch, PID_FILE } from './server.js';

const BINARY = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';

/** In the order of their dependencies; those the package does not have are left out (watchdog is often built in). */
const NAMES = [
  ...['mpm_event', 'authz_core', 'authz_host', 'access_compat', 'alias', 'headers', 'env', 'remoteip'],
  ...[
    'setenvif',
    'filter',
    'deflate',
    'mime',
    'brotli',
    'authn_core',
    'authn_file',
    'auth_basic',
    'authz_user',
    'authz_groupfile',
    'rewrite',
    'status',
    'socache_shmcb',
    'ssl',
    'watchdog',
    'slotmem_shm',
    'proxy',
  ],
  ...[
    'proxy_http',
    'proxy_wstunnel',
    'proxy_ajp',
    'proxy_balancer',
    'proxy_hcheck',
    'cache',
    'cache_socache',
  ],
  ...['lbmethod_byrequests', 'lbmethod_bytraffic', 'lbmethod_bybusyness', 'lbmethod_heartbeat'],
];

export function isHttpdInstalled(): boolean {
  return existsSync(BINARY);
}

export function loadModuleLines(): string[] {
  return NAMES.filter((name) => existsSync(`${MODULES}/mod_${name}.so`)).map(
    (name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`,
  );
}

/** Lines that both servers read before a case's text. */
export function sharedPrelude(root: string): string[] {
  return [
    ...loadModuleLines(),
    `ServerRoot "${root}"`,
    `DefaultRuntimeDir "${root}/run"`,
    `PidFile "${root}/${PID_FILE}"`,
    `DocumentRoot "${root}/htdocs"`,
    `ErrorLog "${root}/logs/error.log"`,
    'ServerName lb.test',
    'TypesConfig /dev/null',
    'User www-data',
    'Group www-data',
    'StartServers 1',
    'ServerLimit 1',
    'ThreadsPerChild 25',
    'MaxRequestWorkers 25',
    'LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined',
    'LogFormat "%h %l %u %t \\"%r\\" %>s %b" common',
    `LogFormat "%v %h %t \\"%r\\" %>s %b \\"%{User-Agent}i\\" ${balancerFields()}" diff`,
    `CustomLog "${root}/logs/access.log" diff`,
    `<Directory "${root}/htdocs">`,
    '  Require all granted',
    '</Directory>',
  ];
}

function balancerFields(): string {
  const names = ['BALANCER_NAME', 'BALANCER_WORKER_NAME', 'BALANCER_WORKER_ROUTE', 'BALANCER_SESSION_ROUTE'];
  return [...names, 'BALANCER_SESSION_STICKY', 'BALANCER_ROUTE_CHANGED']
    .map((name) => `%{${name}}e`)
    .join(' ');
}

export const httpd: Launch = {
  name: 'httpd',
  command: BINARY,
  arguments: (file) => ['-f', file, '-D', 'FOREGROUND'],
  prelude: ({ root }) => sharedPrelude(root),
};
