/**
 * drover as the second server under test, started as an operator starts it: the command line of httpd. With
 * DROVER_DIFF_SELF=1 another httpd takes its place, which proves the harness: two httpd must be found alike.
 */
import { join } from 'node:path';
import { httpd, sharedPrelude } from './httpd.js';
import type { Engine, Launch } from './server.js';

const CLI = join(import.meta.dirname, '../../../edge/cli.js');

/** Does another httpd stand in for drover? */
export function isTwin(): boolean {
  return process.env['DROVER_DIFF_SELF'] === '1';
}

export function droverOrTwin(engine: Engine): Launch {
  return isTwin() ? { ...httpd, name: 'httpd (twin)' } : drover(engine);
}

function drover(engine: Engine): Launch {
  return {
    name: 'drover',
    command: process.execPath,
    arguments: (file) => [CLI, '-f', file, '-D', 'FOREGROUND'],
    prelude: ({ root }) => [...sharedPrelude(root), ...(engine === 'node' ? ['EdgeEngine node'] : [])],
  };
}
