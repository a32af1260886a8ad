/**
 * Starting: in the foreground this process becomes the supervisor; otherwise a copy of this command goes on without a
 * terminal (daemon.ts) and this one waits to hear whether it serves. Foreground is -D FOREGROUND, -D NO_DETACH, -X, or a
 * service manager that wants to be notified. Command line.
 *
 * Source: httpd 2.4 manual, "Starting Apache"; messages of a failed start as printed by 2.4.71.
 */
import type { Arguments } from '../arguments.js';
import { messageOf } from '../errors.js';
import { type Loaded, loadConfiguration } from '../load.js';
import type { Settings } from '../settings.js';
import { PRODUCT } from '../show.js';
import { Supervisor } from '../supervisor.js';
import { detach, isDetachedCopy, reportToStarter } from './daemon.js';
import { endSoon } from './linger.js';
import { PROCESS_NAME, runningPid } from './pidfile.js';
import { firstBusy, osErrorText } from './port-probe.js';
import { spareWait } from './spare.js';
import { inheritedEstate, inheritedSockets, isTakeover } from './takeover.js';
import { threadCount } from './threads.js';

/** Returns the exit code: once it serves in the background, or at the end of service in the foreground. */
export async function start(args: Arguments, loaded: Loaded, onServing?: () => void): Promise<number> {
  const { settings, env } = loaded;
  const pid = isTakeover() ? undefined : runningPid(settings.pidFile);
  if (pid !== undefined) {
    process.stdout.write(`drover (pid ${pid}) already running\n`);
    return 0;
  }
  try {
    const threads = threadCount(env, args.isSingle);
    if (!isForeground(args, env)) return await detach(errorLogFile(settings));
    const taken = [...settings.listens, ...settings.healthAddresses];
    const busy = isTakeover() ? undefined : await firstBusy(taken);
    if (busy !== undefined) throw new Error(busy);
    await supervise(args, settings, threads, onServing);
    return 0;
  } catch (error) {
    const text = startFailure(error, settings);
    if (isDetachedCopy()) await reportToStarter({ type: 'failed', message: text });
    else process.stderr.write(text);
    return 1;
  }
}

function isForeground(args: Arguments, env: NodeJS.ProcessEnv): boolean {
  const isAsked = ['FOREGROUND', 'NO_DETACH', 'DEBUG'].some((name) => args.defines.includes(name));
  return isTakeover() || isAsked || args.isSingle || Boolean(env['NOTIFY_SOCKET']) || isDetachedCopy();
}

/** Serves until told to end. */
async function supervise(
  args: Arguments,
  settings: Settings,
  threads: number,
  onServing: () => void = () => {},
): Promise<void> {
  const commandLine = [PROCESS_NAME, ...process.argv.slice(2)].join(' ');
  process.title = PROCESS_NAME;
  if (isDetachedCopy()) process.chdir('/');
  const supervisor = new Supervisor({
    settings,
    reread: () => loadConfiguration(args),
    product: PRODUCT,
    commandLine,
    threads,
    spareWait: spareWait(process.env, args.isSingle),
    ...(isTakeover() ? { inherits: { sockets: inheritedSockets(), ...(await inheritedEstate()) } } : {}),
    onServing: () => {
      if (isDetachedCopy()) void reportToStarter({ type: 'serving' });
      onServing();
    },
  });
  await supervisor.run();
  endSoon((text) => process.stderr.write(`drover ${process.pid}: ${text}\n`));
}

function errorLogFile(settings: Settings): string | undefined {
  const target = settings.servers[0]?.errorLog;
  return target?.kind === 'file' ? target.path : undefined;
}

/** Why it did not start, in httpd's words where it has some. */
function startFailure(error: unknown, settings: Settings): string {
  const message = messageOf(error);
  if (message.includes('AH00072')) {
    return `${message}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n`;
  }
  const isOpenFailure = error instanceof Error && 'syscall' in error && error.syscall === 'open';
  if (!isOpenFailure) return `drover: ${message}\n`;
  const file = errorLogFile(settings) ?? '';
  return `${osErrorText(error)}: AH00091: drover: could not open error log file ${file}.\nAH00015: Unable to open logs\n`;
}
