/**
 * Directives of httpd's process models. drover has one thread a core, so most of them only are read and checked against
 * each other as httpd does (mpm-check.ts); MaxRequestWorkers is the number of connections that are served at once.
 *
 * Source: httpd 2.4 manual, mpm_common, event, worker, prefork. Thread: main, at load.
 */
import { ReadingScope } from '../scope.js';
import { type DirectiveRow, SERVER_ONLY } from '../table.js';
import { firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

function mpmRow(name: string, usage: string, key = name): DirectiveRow {
  return {
    name,
    module: 'mpm',
    contexts: SERVER_ONLY,
    arity: 'take1',
    usage,
    apply(line, scope) {
      const value = atoi(firstWord(line).text);
      if (scope instanceof ReadingScope) scope.reading.mpm.set(key, value);
      if (key === 'MaxRequestWorkers') scope.settings.maxRequestWorkers = value;
      else scope.note('irrelevant', line, 'drover has threads of its own instead of httpd’s processes');
    },
  };
}

export const MPM_ROWS: readonly DirectiveRow[] = [
  mpmRow('StartServers', 'Number of child processes launched at server startup'),
  mpmRow('ServerLimit', 'Maximum number of child processes for this run of Apache'),
  mpmRow('ThreadsPerChild', 'Number of threads each child creates'),
  mpmRow(
    'ThreadLimit',
    'Maximum number of worker threads per child process for this run of Apache - Upper limit for ThreadsPerChild',
  ),
  mpmRow('MaxRequestWorkers', 'Maximum number of threads alive at the same time'),
  mpmRow('MaxClients', 'Deprecated name of MaxRequestWorkers', 'MaxRequestWorkers'),
];
