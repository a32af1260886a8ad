/**
 * Checks of the whole, after every line by itself was sound: what httpd says at start or when it opens its logs, and what
 * it never says.
 *
 * Thread: whichever reads the configuration.
 */
import type { Settings } from '../settings.js';
import { ConfError } from './error.js';

/**
 * errors  faults are added here
 * warn    a line of the error log
 */
export function checkSettings(
  settings: Settings,
  errors: ConfError[],
  warn: (module: string, text: string) => void,
  program: string,
): void {
  if (settings.listens.length === 0) {
    const text = 'no listening sockets available, shutting down';
    errors.push(new ConfError(text, { file: settings.file, line: 0, column: 0 }, { family: 'bare' }));
  }
  void warn;
  void program;
}
