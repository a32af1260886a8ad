/** Apache httpd 2.4 with the event MPM in one child process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpdText } from './httpd-text.js';
import type { Peer } from './peer.js';
import { versionOf } from './version.js';

export const httpd: Peer = {
  name: 'httpd',
  readsHttpd: true,
  // Its files have no bound but htcacheclean's, which comes by when it comes by.
  takesPart: ({ cacheBytes }) => cacheBytes === undefined,
  version: () => versionOf('apache2', '-v', /Apache\/([\d.]+)/),
  prepare(site) {
    const file = join(site.directory, 'httpd.conf');
    writeFileSync(file, httpdText(site));
    return { command: 'apache2', arguments: ['-f', file, '-D', 'FOREGROUND'] };
  },
};
