/**
 * A process that has closed all it had ends by itself when its loop has nothing left. Should something keep it (a socket
 * or timer that nobody closed), that is a fault, and nobody would ever see which: so what it is goes to the log, and the
 * process ends. In a process that ends as it should, nothing of this happens. Supervisor and edge process.
 */
import type { Ms } from '../settings.js';

/** Sockets that are closing take a moment of their own. */
const LINGER: Ms = 2000;

/** say  is told what keeps the process, before it ends with the exit code that it has */
export function endSoon(say: (text: string) => void): void {
  setTimeout(() => {
    say(`all is closed, and the process still has: ${process.getActiveResourcesInfo().join(' ')}`);
    process.exit();
  }, LINGER).unref();
}
