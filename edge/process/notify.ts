/**
 * Tells systemd how the service stands (Type=notify): READY, RELOADING, STOPPING and a STATUS line for `systemctl status`.
 * Node.js cannot open unix datagram sockets, so the small program systemd-notify sends it; that is a few
 * calls in the life of a service, and one every twenty seconds for its watchdog. Without NOTIFY_SOCKET nothing is done. A message that cannot be sent never
 * disturbs serving. Supervisor process and -k commands.
 *
 * Source: sd_notify(3).
 */
import { spawn } from 'node:child_process';

export type ServiceState = 'ready' | 'reloading' | 'stopping' | 'degraded' | 'alive';

export type Notify = (state: ServiceState, status: string) => void;

/** Makes the sender; `onProblem` hears once when systemd-notify cannot be run. */
export function notifierOf(env: NodeJS.ProcessEnv, onProblem: (message: string) => void): Notify {
  if (env['NOTIFY_SOCKET'] === undefined || env['NOTIFY_SOCKET'] === '') return () => {};
  let isBroken = false;
  let last: Promise<void> = Promise.resolve();
  return (state, status) => {
    // One after the other: READY must not overtake RELOADING.
    last = last
      .then(() => (isBroken ? undefined : send(notifyWords(state, status, process.pid))))
      .catch((error: unknown) => {
        isBroken = true;
        onProblem(`systemd-notify: ${error instanceof Error ? error.message : String(error)}`);
      });
  };
}

/**
 * How often WATCHDOG must be said: a third of WatchdogSec, so that two may be late.
 * returns  undefined when nobody listens for it
 */
export function watchdogInterval(env: NodeJS.ProcessEnv): number | undefined {
  const usec = Number(env['WATCHDOG_USEC']);
  return Number.isFinite(usec) && usec > 0 ? usec / 3000 : undefined;
}

/**
 * From the command that a service manager runs to reload: said before that command ends, so that the manager knows of a
 * reload under way when it does, and waits for the READY that the supervisor says after it. The supervisor's own word may
 * come too late for that. What cannot be said makes the manager wait for less.
 */
export function announceReload(env: NodeJS.ProcessEnv): Promise<void> {
  if (!env['NOTIFY_SOCKET']) return Promise.resolve();
  return send(notifyWords('reloading', 'reading the configuration', 0)).catch(() => {});
}

/** The assignments of one message. RELOADING must carry the clock, for `systemctl reload` to wait for the READY after it. */
export function notifyWords(state: ServiceState, status: string, pid: number): string[] {
  if (state === 'alive') return ['WATCHDOG=1'];
  const words = [`STATUS=${status.replace(/[\r\n]+/g, ' ')}`];
  if (state === 'ready') words.unshift('READY=1', `MAINPID=${pid}`);
  if (state === 'reloading') {
    words.unshift('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }
  if (state === 'stopping') words.unshift('STOPPING=1');
  return words;
}

function send(words: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', words, { stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  });
}
