/**
 * nginx with one worker. Its free edition has no sticky sessions, so that they are done as its users do: a map from
 * the cookie to an upstream of one member. Its log is buffered, as drover's always is and httpd's is told to be.
 */
import { writeFileSync } from 'node:fs';
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

export const nginx: Peer = {
  name: 'nginx',
  version: () => versionOf('nginx', '-v', /nginx\/([\d.]+)/),
  prepare(site) {
    const file = join(site.directory, 'nginx.conf');
    writeFileSync(file, nginxText(site));
    return { command: 'nginx', arguments: ['-p', site.directory, '-c', file, '-e', 'error.log'] };
  },
};

function nginxText({
  directory,
  port,
  members,
  tls,
  isRich,
  isHttp2,
  isCached,
  cacheBytes,
  hasWebSockets,
}: Site): string {
  const upstream = (name: string, ports: number[]): string =>
    [
      `  upstream ${name} {`,
      ...ports.map((member) => `    server 127.0.0.1:${member};`),
      '    keepalive 128;',
      '    keepalive_requests 100000000;',
      '  }',
    ].join('\n');
  const sticky = [
    ...members.map((member, index) => upstream(`pool_${ROUTES[index]}`, [member])),
    '  map $cookie_JSESSIONID $pool {',
    '    default pool;',
    ...ROUTES.map((route) => `    ~\\.${route}$ pool_${route};`),
    '  }',
  ];
  const rules = [
    `      proxy_set_header ${REQUEST_RULE.name} ${REQUEST_RULE.value};`,
    `      add_header ${RESPONSE_RULE.name} ${RESPONSE_RULE.value} always;`,
  ];
  const certificate = [
    `    ssl_certificate ${tls?.certificate};`,
    `    ssl_certificate_key ${tls?.key};`,
    '    ssl_protocols TLSv1.2 TLSv1.3;',
  ];
  const store = [
    `  proxy_cache_path ${directory}/cache levels=1:2 keys_zone=bench:16m max_size=${cacheBytes ?? USUAL_CACHE} use_temp_path=off;`,
    '  proxy_cache bench;',
    '  sendfile on;',
    '  tcp_nopush on;',
    '  open_file_cache max=64 inactive=3600;',
  ];
  return `user www-data;
worker_processes 1;
daemon off;
pid ${directory}/nginx.pid;
events { worker_connections 8192; }
http {
  log_format combined_b '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                        '"$http_referer" "$http_user_agent"';
  access_log ${directory}/access.log combined_b buffer=64k flush=1s;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  proxy_max_temp_file_size 0;
  keepalive_requests 100000000;
  keepalive_timeout 60;
${isCached === true ? store.join('\n') : ''}
${upstream('pool', members)}
${isRich ? sticky.join('\n') : ''}
  server {
    listen 127.0.0.1:${port}${tls === undefined ? '' : ' ssl'}${isHttp2 ? ' http2' : ''} backlog=4096;
    server_name ${SERVER_NAME};
${tls === undefined ? '' : certificate.join('\n')}
    location / {
      proxy_pass http://${isRich ? '$pool' : 'pool'};
      proxy_http_version 1.1;
      proxy_set_header Connection "${hasWebSockets ? 'upgrade' : ''}";
${hasWebSockets ? '      proxy_set_header Upgrade $http_upgrade;' : ''}
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Server ${SERVER_NAME};
${isRich ? rules.join('\n') : ''}
    }
  }
}
`;
}
