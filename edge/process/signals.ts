/**
 * Unix signals as httpd uses them, given names. Node.js keeps SIGUSR1 for its debugger until somebody listens to it, and
 * a terminal's Ctrl-C reaches every process of its group: so the supervisor listens to all of them from its first
 * moment, and an edge process deliberately ignores those that the supervisor relays over the channel.
 *
 * Source: httpd 2.4 manual, "Stopping and Restarting Apache HTTP Server".
 */
import type { Verb } from '../arguments.js';

/** What a signal asks the supervisor for. */
export type Wish = 'stop' | 'drain' | 'graceful-stop' | 'restart' | 'graceful' | 'upgrade';

/** httpd differs: SIGTERM lets requests in flight finish first, which is what service managers expect; SIGINT cuts. */
export const WISHES: Readonly<Partial<Record<NodeJS.Signals, Wish>>> = {
  SIGTERM: 'drain',
  SIGINT: 'stop',
  SIGWINCH: 'graceful-stop',
  SIGHUP: 'restart',
  SIGUSR1: 'graceful',
  SIGUSR2: 'upgrade',
};

/** What -k sends to the running supervisor. `-k stop` cuts requests as httpd's does, hence SIGINT. */
export const SIGNAL_OF_VERB: Readonly<Record<Exclude<Verb, 'start'>, NodeJS.Signals>> = {
  stop: 'SIGINT',
  'graceful-stop': 'SIGWINCH',
  restart: 'SIGHUP',
  graceful: 'SIGUSR1',
  upgrade: 'SIGUSR2',
};

/**
 * Calls back for every signal of the table, until the end of the process: one that came while it goes would end it by that
 * signal, or start Node's debugger.
 */
export function listenToSignals(onWish: (wish: Wish, signal: NodeJS.Signals) => void): void {
  const listener = (signal: NodeJS.Signals): void => {
    const wish = WISHES[signal];
    if (wish !== undefined) onWish(wish, signal);
  };
  for (const signal of Object.keys(WISHES) as NodeJS.Signals[]) process.on(signal, listener);
}

/** In an edge process: nothing but SIGTERM counts, the rest comes from the supervisor. */
export function ignoreSignals(onTerminate: () => void): void {
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const) {
    process.on(signal, () => {});
  }
  process.on('SIGTERM', onTerminate);
}
