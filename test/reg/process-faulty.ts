/** The real supervisor over the real configuration, with workers that can be made to throw: `-f FILE`. */
import { join } from 'node:path';
import { parseArguments } from '../../edge/arguments.js';
import { loadConfiguration } from '../../edge/load.js';
import { PROCESS_NAME } from '../../edge/process/pidfile.js';
import { Supervisor } from '../../edge/supervisor.js';

const args = parseArguments(process.argv.slice(2), process.cwd());
const loaded = loadConfiguration(args);
if ('problem' in loaded) throw new Error(loaded.problem);
process.title = PROCESS_NAME;
await new Supervisor({
  settings: loaded.settings,
  reread: () => loadConfiguration(args),
  product: 'drover/0.0.0',
  commandLine: 'faulty',
  threads: 2,
  serveFile: join(import.meta.dirname, 'process-faulty-serve.js'),
}).run();
