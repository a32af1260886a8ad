/**
 * The lines of the busy vhost: ten header rules, three SetEnvIf, an <If>, a RewriteRule with two conditions, and a list
 * of 200 networks of which the last one is the client's.
 */
const NETWORKS = Array.from({ length: 199 }, (_, at) => `10.${at}.${(at * 7) % 256}.0/24`);

export const BUSY_LINES: readonly string[] = [
  'SetEnvIf User-Agent "(?:bot|crawler|spider)" is_bot',
  'SetEnvIf Request_URI "\\.(?:png|jpe?g|gif|css|js)$" is_static',
  'SetEnvIfNoCase X-Requested-With "^xmlhttprequest$" is_ajax',
  'RewriteEngine On',
  'RewriteCond %{HTTP:X-Forwarded-Proto} =http',
  'RewriteCond %{HTTP_HOST} ^www\\.(.+)$ [NC]',
  'RewriteRule ^/(.*)$ https://%1/$1 [R=301,L]',
  'RequestHeader set X-Forwarded-Port 443',
  'RequestHeader unset X-Internal',
  'RequestHeader setifempty X-Request-Start "%t"',
  'RequestHeader edit Accept-Language ^$ en',
  'Header always set Strict-Transport-Security "max-age=31536000; includeSubDomains"',
  'Header always set X-Frame-Options SAMEORIGIN',
  'Header always set X-Content-Type-Options nosniff',
  'Header set Referrer-Policy strict-origin-when-cross-origin',
  'Header unset X-Powered-By',
  'Header set Cache-Control "public, max-age=60" env=is_static',
  '<If "%{REQUEST_METHOD} == \'POST\' && -z %{HTTP_REFERER}">',
  '  Header set X-No-Referer 1',
  '</If>',
  '<Location />',
  `  Require ip ${NETWORKS.join(' ')} 127.0.0.0/8`,
  '</Location>',
];
