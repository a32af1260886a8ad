/**
 * A supervisor over stub workers, as a program: `node process-stub.js settings.json [threads [worker [wait]]]`, wait: ms
 * before there is a spare. A new reading of the "configuration" is the JSON file read again; a file that is no JSON is a
 * broken configuration.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROCESS_NAME } from '../../edge/process/pidfile.js';
import type { Settings } from '../../edge/settings.js';
import { Supervisor } from '../../edge/supervisor.js';

const [, , file = '', threads = '2', worker = 'process-stub-serve.js', wait] = process.argv;

function read(): { settings: Settings } | { problem: string } {
  try {
    return { settings: JSON.parse(readFileSync(file, 'utf8')) as Settings };
  } catch (error) {
    return { problem: `AH00526: Syntax error on line 1 of ${file}:\n${String(error)}` };
  }
}

const first = read();
if ('problem' in first) throw new Error(first.problem);
process.title = PROCESS_NAME;
const supervisor = new Supervisor({
  settings: first.settings,
  reread: read,
  product: 'drover/0.0.0',
  commandLine: 'stub',
  threads: Number(threads),
  spareWait: wait === undefined ? undefined : Number(wait),
  serveFile: join(import.meta.dirname, worker),
  onServing: () => process.stdout.write('serving\n'),
});
try {
  await supervisor.run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
