/**
 * What a spare runs until it is needed: it loads all that an edge process and its first worker thread consist of, and waits.
 * It has no settings, opens no file and listens nowhere; the sockets that it inherits are the supervisor's. The
 * supervisor's `start` is heard by generation.ts, as in any other edge process, and from then on it is one. When it ends
 * before that, nobody misses it. Main thread of an edge process.
 *
 *   node spare-process.js threads [serve.js]
 */
import { checkUwsBuild, uwsBinary } from '../engine/uws/uws-trust.js';
import { SPARE_NAME } from './pidfile.js';
import { isSpare, preparePool } from './thread-pool.js';

/** Its thread may be anywhere in loading the native server, and must not be ended there on its own. */
function leave(): void {
  if (isSpare()) process.kill(process.pid, 'SIGKILL');
}

process.once('disconnect', leave);
process.once('SIGTERM', leave);
process.title = SPARE_NAME;
const [, , threads, serveFile] = process.argv;
checkUwsBuild(uwsBinary());
preparePool(Number(threads), serveFile);
await import('./generation.js');
