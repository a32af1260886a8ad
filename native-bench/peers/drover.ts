/** drover with one worker thread, on the very text that httpd gets. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpdText } from './httpd-text.js';
import type { Peer } from './peer.js';

const ROOT = join(import.meta.dirname, '../../..');
const CLI = join(ROOT, 'dist/edge/cli.js');

export const drover: Peer = {
  name: 'drover',
  readsHttpd: true,
  version() {
    const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    return existsSync(CLI) ? about.version : undefined;
  },
  prepare(site) {
    const file = join(site.directory, 'httpd.conf');
    writeFileSync(file, `${site.isNodeEngine ? 'EdgeEngine node\n' : ''}${httpdText(site)}`);
    return {
      command: process.execPath,
      arguments: [CLI, '-f', file, '-D', 'FOREGROUND'],
      environment: { DROVER_THREADS: '1', DROVER_SPARE: 'off' },
    };
  },
};
