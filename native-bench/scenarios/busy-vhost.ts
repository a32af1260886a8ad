/** A vhost with all that operators pile up over the years; the same text for httpd and drover. */
import type { Scenario } from './scenario.js';

export const busyVhost: Scenario = {
  name: 'busy-vhost',
  asks:
    'GET of 1 KB from two members through 10 header rules, 3 SetEnvIf, an <If>, a RewriteRule with two conditions and a ' +
    'Require ip with 200 networks, access log; 64 keep-alive connections; httpd alone beside drover, on the same file',
  path: '/1k',
  isTls: false,
  isRich: true,
  isBusy: true,
  load: { kind: 'wrk', connections: 64 },
};
